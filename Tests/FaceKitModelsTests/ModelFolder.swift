// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Crypto
import FaceKit
import FaceKitModels
import FaceKitTestSupport
import Foundation
import Synchronization

/// A folder for models that a test fills, and removes at its end.
struct ModelFolder: ~Copyable {
    let path = FileManager.default.temporaryDirectory.path + "/facekit-" + UUID().uuidString

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to relative: String) throws {
        let url = URL(fileURLWithPath: path + "/" + relative)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func content(of relative: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path + "/" + relative).map { [UInt8]($0) }
    }

    /// Every file in the folder, hidden ones too.
    var files: [String] {
        (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).filter { file in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path + "/" + file, isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }
}

/// Bytes that stand for weights.
enum Weights {
    static let small = bytes(300_000, seed: 1)

    static func bytes(_ count: Int, seed: UInt8) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ Int(seed)) }
    }

    static func sha256(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }

    /// The model "small".
    static func model(
        _ sources: [CatalogueModel.Source],
        knowsHash: Bool = true,
        license: ModelLicense = ModelLicense("MIT", use: .commercial)
    ) -> CatalogueModel {
        model("small", sources, knowsHash: knowsHash, license: license)
    }

    /// A model of one ONNX file.
    static func model(
        _ name: String,
        _ sources: [CatalogueModel.Source],
        content: [UInt8] = small,
        knowsHash: Bool = true,
        license: ModelLicense = ModelLicense("MIT", use: .commercial)
    ) -> CatalogueModel {
        CatalogueModel(
            name,
            aliases: ["\(name)-alias"],
            task: "embedding",
            folder: "recognition",
            summary: "a test",
            homepage: "https://example.org",
            license: license,
            files: [
                .init(
                    "\(name).onnx",
                    bytes: knowsHash ? content.count : nil,
                    sha256: knowsHash ? sha256(content) : nil,
                    sources: sources
                )
            ]
        )
    }

    /// The card that a mirror has of such a model.
    static func card(_ name: String = "small", content: [UInt8] = small, license: String = "MIT") -> [UInt8] {
        Array(
            """
            {"name": "\(name)", "task": "embedding", "file": "\(name).onnx", "bytes": \(content.count), "remark": "kept",
             "license": "\(license)", "sha256": "\(sha256(content))"}
            """.utf8
        )
    }
}

/// What an installer says meanwhile.
final class Events: Sendable {
    private let all = Mutex<[ModelInstaller.Event]>([])

    func add(_ event: ModelInstaller.Event) { all.withLock { $0.append(event) } }

    var detours: [String] {
        all.withLock { $0.compactMap { if case .detour(let text) = $0 { text } else { nil } } }
    }

    var isWaiting: Bool {
        all.withLock { $0.contains { if case .waiting = $0 { true } else { false } } }
    }
}

extension ModelInstaller {
    /// An installer that is quick to give up and asks nothing of the machine's environment.
    init(
        _ folder: borrowing ModelFolder,
        _ models: [CatalogueModel],
        packs: [CataloguePack] = [],
        change: (inout Configuration) throws -> Void = { _ in }
    ) rethrows {
        var configuration = Configuration()
        configuration.environment = [:]
        configuration.limits.pause = .milliseconds(5)
        configuration.limits.readTimeout = .milliseconds(400)
        configuration.limits.attempts = 3
        try change(&configuration)
        self.init(
            folder: folder.path,
            catalogue: ModelCatalogue(models: models, packs: packs),
            configuration: configuration
        )
    }
}
