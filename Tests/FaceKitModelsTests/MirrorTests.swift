// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitModels
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct MirrorTests {
    /// A mirror folder and, over it, a server.
    private static func server(_ path: String) throws -> LocalServer {
        try LocalServer { request, _ in
            guard request.path.hasPrefix("/models/"),
                let data = FileManager.default.contents(atPath: path + request.path.dropFirst("/models".count))
            else { return .absent }
            return .file([UInt8](data), to: request)
        }
    }

    private static func error(_ body: () async throws -> Void) async -> FaceError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? FaceError
        }
    }

    @Test(arguments: ["recognition/", ""])
    func aFolderIsCopiedWithItsCardAsItIs(subfolder: String) async throws {
        let folder = try ModelFolder()
        let mirror = try ModelFolder()
        try mirror.write(Weights.small, to: subfolder + "small.onnx")
        try mirror.write(Weights.card(), to: subfolder + "small.json")
        let path = mirror.path
        let installer = ModelInstaller(folder, []) { $0.mirror = .folder(path) }
        let installation = try await installer.install(["small"])[0]
        #expect(installation.source == path + "/\(subfolder)small.onnx" && !installation.wasInstalled)
        #expect(folder.files == [subfolder + "small.json", subfolder + "small.onnx"])
        #expect(folder.content(of: subfolder + "small.json") == Weights.card())
        #expect(try await installer.install(["small"])[0].wasInstalled)
    }

    @Test func anAddressIsFetchedFromWithTheSamePaths() async throws {
        let folder = try ModelFolder()
        let mirror = try ModelFolder()
        try mirror.write(Weights.small, to: "detection/small.onnx")
        try mirror.write(Weights.card(), to: "detection/small.json")
        let server = try Self.server(mirror.path)
        defer { server.stop() }
        let installer = try ModelInstaller(folder, []) { $0.mirror = try ModelMirror(server.address + "/models/") }
        let installation = try await installer.install(["small"])[0]
        #expect(installation.source == server.address + "/models/detection/small.onnx")
        #expect(folder.content(of: "detection/small.json") == Weights.card())
        #expect(folder.content(of: "detection/small.onnx") == Weights.small)
        #expect(folder.files.count == 2)
    }

    @Test func aMirrorComesBeforeThePublisherAndLacksWhatItLacks() async throws {
        let folder = try ModelFolder()
        let mirror = try ModelFolder()
        let own = Weights.bytes(500, seed: 3)
        try mirror.write(own, to: "recognition/small.onnx")
        try mirror.write(Weights.card(content: own), to: "recognition/small.json")
        let publisher = try LocalServer { request, _ in .file(Weights.small, to: request) }
        defer { publisher.stop() }
        let models = ["small", "other"].map { Weights.model($0, [.address(publisher.address + "/\($0)")]) }
        let path = mirror.path
        let installer = ModelInstaller(folder, models) { $0.mirror = .folder(path) }
        let installations = try await installer.install(["small", "other"])
        #expect(folder.content(of: "recognition/small.onnx") == own)
        #expect(installations[1].source == publisher.address + "/other")
        #expect(publisher.requests.map(\.path) == ["/other"])
    }

    @Test func aNewerModelOfTheMirrorReplacesTheOldOne() async throws {
        let folder = try ModelFolder()
        let mirror = try ModelFolder()
        let path = mirror.path
        let installer = ModelInstaller(folder, []) { $0.mirror = .folder(path) }
        for seed in [UInt8(1), 2] {
            let content = Weights.bytes(1000, seed: seed)
            try mirror.write(content, to: "pose/small.onnx")
            try mirror.write(Weights.card(content: content), to: "pose/small.json")
            #expect(try await !installer.install(["small"])[0].wasInstalled)
            #expect(folder.content(of: "pose/small.onnx") == content)
        }
        try ModelStore(folders: [folder.path]).model(named: "small").verify()
    }

    @Test func aDamagedFileOfTheMirrorIsRefused() async throws {
        let folder = try ModelFolder()
        let mirror = try ModelFolder()
        try mirror.write(Weights.bytes(300_000, seed: 5), to: "small.onnx")
        try mirror.write(Weights.card(), to: "small.json")
        let server = try Self.server(mirror.path)
        defer { server.stop() }
        for text in [mirror.path, server.address + "/models"] {
            let installer = try ModelInstaller(folder, []) { $0.mirror = try ModelMirror(text) }
            let error = await Self.error { _ = try await installer.install(["small"]) }
            #expect(error?.code == .downloadFailed && error?.message.contains(Weights.sha256(Weights.small)) == true)
            #expect(folder.files.isEmpty)
        }
    }

    @Test func aCardWithoutItsFileIsNamed() async throws {
        let folder = try ModelFolder()
        let mirror = try ModelFolder()
        try mirror.write(Weights.card(), to: "small.json")
        let path = mirror.path
        let installer = ModelInstaller(folder, []) { $0.mirror = .folder(path) }
        let error = await Self.error { _ = try await installer.install(["small"]) }
        #expect(error?.code == .downloadFailed && error?.message.contains("small.onnx") == true)
    }

    @Test func theLicenceOnTheMirrorsCardCounts() async throws {
        let folder = try ModelFolder()
        let mirror = try ModelFolder()
        try mirror.write(Weights.small, to: "small.onnx")
        try mirror.write(Weights.card(license: "CC BY-NC-SA 4.0"), to: "small.json")
        let path = mirror.path
        let installer = ModelInstaller(folder, []) { configuration in
            configuration.mirror = .folder(path)
            configuration.licensePolicy = .commercial
        }
        #expect(await Self.error { _ = try await installer.install(["small"]) }?.code == .licenseRefused)
        #expect(folder.files.isEmpty)
    }

    @Test func aMirrorThatDoesNotAnswerIsADetour() async throws {
        let folder = try ModelFolder()
        let mirror = try LocalServer { _, _ in .absent }
        mirror.stop()
        let publisher = try LocalServer { request, _ in .file(Weights.small, to: request) }
        defer { publisher.stop() }
        let events = Events()
        let installer = try ModelInstaller(folder, [Weights.model([.address(publisher.address + "/small")])]) {
            $0.mirror = try ModelMirror(mirror.address)
        }
        #expect(try await installer.install(["small"]) { events.add($0) }[0].source == publisher.address + "/small")
        #expect(events.detours.count == 1 && events.detours[0].contains(mirror.address))
    }

    @Test func whatIsNoMirrorIsSaid() async throws {
        let folder = try ModelFolder()
        for text in ["ftp://example.org", "https://", "http:///models"] {
            #expect(throws: FaceError.self) { try ModelMirror(text) }
        }
        let installer = ModelInstaller(folder, []) { $0.mirror = .folder("/nowhere/at/all") }
        let error = await Self.error { _ = try await installer.install(["small"]) }
        #expect(error?.message.contains("/nowhere/at/all") == true)
    }
}
