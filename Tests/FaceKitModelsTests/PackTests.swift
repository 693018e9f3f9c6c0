// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitModels
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct PackTests {
    private static let text = Array(String(repeating: "The quick brown fox. ", count: 2000).utf8)

    private static let first = Weights.bytes(5000, seed: 1)

    private static func entries(_ change: (inout [ZipFile.Entry]) -> Void = { _ in }) -> [UInt8] {
        var entries = [
            ZipFile.Entry(name: "../../outside.onnx", content: [1]),
            ZipFile.Entry(name: "/tmp/facekit-absolute.onnx", content: [1]),
            ZipFile.Entry(name: "pack/", content: []),
            ZipFile.Entry(name: "pack/first.onnx", content: first),
            ZipFile.Entry(name: "pack/second.onnx", content: text, packed: Deflated.text),
        ]
        change(&entries)
        return ZipFile.bytes(entries)
    }

    private static func models(_ pack: String = "pack") -> [CatalogueModel] {
        [
            Weights.model("first", [.member("first.onnx", pack: pack)], content: first),
            Weights.model("second", [.member("second.onnx", pack: pack)], content: text),
        ]
    }

    private static func pack(_ server: LocalServer, _ archive: [UInt8]) -> CataloguePack {
        CataloguePack(
            "pack",
            summary: "a test",
            address: server.address + "/pack.zip",
            bytes: archive.count,
            sha256: Weights.sha256(archive)
        )
    }

    private static func error(_ body: () async throws -> Void) async -> FaceError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? FaceError
        }
    }

    @Test func aPackIsFetchedOnceAndItsModelsLand() async throws {
        let folder = try ModelFolder()
        let archive = Self.entries()
        let server = try LocalServer { request, number in
            var answer = LocalServer.Answer.file(archive, tag: "\"1\"", to: request)
            if number == 0 { answer.cutAfter = 3000 }
            return answer
        }
        defer { server.stop() }
        let installer = try ModelInstaller(folder, Self.models(), packs: [Self.pack(server, archive)])
        let installations = try await installer.install(["pack"])
        #expect(installations.map(\.name) == ["first", "second"])
        #expect(folder.content(of: "recognition/first.onnx") == Self.first)
        #expect(folder.content(of: "recognition/second.onnx") == Self.text)
        #expect(
            folder.files == [
                "recognition/first.json", "recognition/first.onnx", "recognition/second.json",
                "recognition/second.onnx",
            ]
        )
        #expect(server.requests.count == 2)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/../../outside.onnx"))
        #expect(!FileManager.default.fileExists(atPath: "/tmp/facekit-absolute.onnx"))
        #expect(try await installer.install(["pack", "first"]).allSatisfy(\.wasInstalled))
        #expect(server.requests.count == 2)
    }

    @Test func oneModelOfAPackLandsAlone() async throws {
        let folder = try ModelFolder()
        let archive = Self.entries()
        let server = try LocalServer { request, _ in .file(archive, to: request) }
        defer { server.stop() }
        let installer = try ModelInstaller(folder, Self.models(), packs: [Self.pack(server, archive)])
        _ = try await installer.install(["second"])
        #expect(folder.files == ["recognition/second.json", "recognition/second.onnx"])
    }

    @Test func aMirrorHoldsPacksInAFolder() async throws {
        let folder = try ModelFolder()
        let mirror = try ModelFolder()
        let archive = Self.entries()
        try mirror.write(archive, to: "packs/pack.zip")
        let publisher = try LocalServer { _, _ in .absent }
        defer { publisher.stop() }
        let path = mirror.path
        let installer = ModelInstaller(folder, Self.models(), packs: [Self.pack(publisher, archive)]) {
            $0.mirror = .folder(path)
        }
        #expect(try await installer.install(["pack"])[1].source == path + "/packs/pack.zip")
        #expect(publisher.requests.isEmpty)
        #expect(mirror.files == ["packs/pack.zip"])
    }

    @Test(arguments: [
        "missing", "twice", "checksum", "content", "cut", "endless", "method",
    ])
    func aPackThatIsNotWhatItShouldBeIsRefused(fault: String) async throws {
        let folder = try ModelFolder()
        let archive = Self.entries { entries in
            switch fault {
            case "missing": entries.remove(at: 4)
            case "twice": entries.append(.init(name: "other/second.onnx", content: [2]))
            case "checksum": entries[4].checksum = 7
            case "content": entries[4] = .init(name: "second.onnx", content: Array(Self.text.reversed()))
            case "cut": entries[4].packed = Array(Deflated.text.dropLast(30))
            case "endless": entries[4].content = Array(Self.text.dropLast(100))
            default: entries[4].packed = [0xFF, 0xFF, 0xFF]
            }
        }
        let server = try LocalServer { request, _ in .file(archive, to: request) }
        defer { server.stop() }
        let installer = try ModelInstaller(folder, Self.models(), packs: [Self.pack(server, archive)])
        let error = await Self.error { _ = try await installer.install(["second"]) }
        #expect(error?.code == .downloadFailed)
        #expect(error?.message.contains("second.onnx") == true)
        #expect(folder.files.isEmpty)
    }

    @Test func whatIsNoArchiveIsSaid() async throws {
        let folder = try ModelFolder()
        let archive = Weights.bytes(1000, seed: 4)
        let server = try LocalServer { request, _ in .file(archive, to: request) }
        defer { server.stop() }
        let installer = try ModelInstaller(folder, Self.models(), packs: [Self.pack(server, archive)])
        let error = await Self.error { _ = try await installer.install(["first"]) }
        #expect(error?.code == .downloadFailed && error?.message.contains("zip") == true)
    }
}
