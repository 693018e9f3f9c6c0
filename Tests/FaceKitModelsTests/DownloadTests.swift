// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitModels
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct DownloadTests {
    private static func installed(
        _ folder: borrowing ModelFolder,
        _ server: LocalServer,
        knowsHash: Bool = true,
        change: (inout ModelInstaller.Configuration) -> Void = { _ in }
    ) async throws -> ModelInstaller.Installation {
        let model = Weights.model([.address(server.address + "/small")], knowsHash: knowsHash)
        return try await ModelInstaller(folder, [model], change: change).install(["small"])[0]
    }

    private static func error(_ body: () async throws -> Void) async -> FaceError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? FaceError
        }
    }

    @Test func aModelLandsWithItsCardAndNothingElse() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, _ in .file(Weights.small, tag: "\"1\"", to: request) }
        defer { server.stop() }
        let installation = try await Self.installed(folder, server)
        #expect(installation.path == folder.path + "/recognition/small.onnx")
        #expect(!installation.wasInstalled && installation.isVerified)
        #expect(installation.source == server.address + "/small")
        #expect(folder.content(of: "recognition/small.onnx") == Weights.small)
        #expect(folder.files == ["recognition/small.json", "recognition/small.onnx"])
        let file = try ModelStore(folders: [folder.path]).model(named: "small")
        #expect(file.card.license == "MIT" && file.card.sha256 == Weights.sha256(Weights.small))
        #expect(file.card.origin == .init(addresses: [server.address + "/small"], isVerified: true))
        try file.verify()

        let again = try await Self.installed(folder, server)
        #expect(again.wasInstalled && again.path == installation.path)
        #expect(server.requests.count == 1)
    }

    @Test func aDownloadThatIsCutGoesOnWhereItStopped() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, number in
            var answer = LocalServer.Answer.file(Weights.small, tag: "\"1\"", to: request)
            if number < 3 { answer.cutAfter = 70_000 }
            return answer
        }
        defer { server.stop() }
        _ = try await Self.installed(folder, server)
        #expect(folder.content(of: "recognition/small.onnx") == Weights.small)
        // What was under way when the connection broke may be lost, so the places are not exact.
        let ranges = server.requests.map { $0.headers["range"] }
        #expect(ranges.count >= 4 && ranges[0] == nil && ranges[1...].allSatisfy { $0 != nil })
        #expect(server.requests[1...].allSatisfy { $0.headers["if-range"] == "\"1\"" })
    }

    @Test func aServerThatKnowsNoRangesIsAskedForTheWhole() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { _, number in
            .init(body: Weights.small, cutAfter: number < 1 ? 100_000 : nil)
        }
        defer { server.stop() }
        _ = try await Self.installed(folder, server)
        #expect(folder.content(of: "recognition/small.onnx") == Weights.small)
        #expect(server.requests.count == 2)
    }

    @Test func aLaterDownloadGoesOnWhereAnEarlierOneStopped() async throws {
        let folder = try ModelFolder()
        let isWhole = LockedFlag()
        let server = try LocalServer { request, _ in
            var answer = LocalServer.Answer.file(Weights.small, tag: "\"1\"", to: request)
            if !isWhole.value { answer.cutAfter = 100_000 }
            return answer
        }
        defer { server.stop() }
        let error = await Self.error { _ = try await Self.installed(folder, server) { $0.limits.attempts = 1 } }
        #expect(error?.code == .downloadFailed)
        #expect(folder.files.contains(".downloads/recognition-small.onnx.part"))
        #expect(!folder.files.contains("recognition/small.onnx"))
        isWhole.value = true
        _ = try await Self.installed(folder, server)
        #expect(server.requests.last?.headers["range"] != nil)
        #expect(folder.content(of: "recognition/small.onnx") == Weights.small)
        #expect(folder.files == ["recognition/small.json", "recognition/small.onnx"])
    }

    @Test(arguments: [true, false])
    func anotherVersionStartsOver(knowsHash: Bool) async throws {
        let folder = try ModelFolder()
        let old = Weights.bytes(300_000, seed: 9)
        let isNew = LockedFlag()
        let server = try LocalServer { request, _ in
            var answer = LocalServer.Answer.file(
                isNew.value ? Weights.small : old,
                tag: isNew.value ? "\"2\"" : "\"1\"",
                to: request
            )
            if !isNew.value { answer.cutAfter = 100_000 }
            return answer
        }
        defer { server.stop() }
        func pull() async throws {
            _ = try await Self.installed(folder, server, knowsHash: knowsHash) { configuration in
                configuration.acceptsUnverified = true
                configuration.limits.attempts = 1
            }
        }
        #expect(await Self.error(pull)?.code == .downloadFailed)
        isNew.value = true
        try await pull()
        #expect(folder.content(of: "recognition/small.onnx") == Weights.small)
    }

    @Test func aPartialFileThatWasTamperedWithIsFetchedAnew() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, _ in .file(Weights.small, tag: "\"1\"", to: request) }
        defer { server.stop() }
        try folder.write([UInt8](repeating: 7, count: 50_000), to: ".downloads/recognition-small.onnx.part")
        try folder.write(
            Array("{\"address\": \"\(server.address)/small\", \"validator\": \"\\\"1\\\"\"}".utf8),
            to: ".downloads/recognition-small.onnx.part.json"
        )
        _ = try await Self.installed(folder, server)
        #expect(folder.content(of: "recognition/small.onnx") == Weights.small)
        #expect(server.requests.map { $0.headers["range"] } == ["bytes=50000-", nil])
    }

    @Test func whatHasAnotherHashIsThrownAway() async throws {
        let folder = try ModelFolder()
        let other = Weights.bytes(300_000, seed: 2)
        let server = try LocalServer { request, _ in .file(other, to: request) }
        defer { server.stop() }
        let error = await Self.error { _ = try await Self.installed(folder, server) }
        #expect(error?.code == .downloadFailed)
        #expect(error?.message.contains(Weights.sha256(other)) == true)
        #expect(error?.message.contains(Weights.sha256(Weights.small)) == true)
        #expect(folder.files.isEmpty)
        #expect(server.requests.count == 1)
    }

    @Test func anotherLengthIsRefusedBeforeTheBytesCome() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { _, _ in .init(body: [1, 2, 3], statedLength: 1 << 40, pause: .seconds(5)) }
        defer { server.stop() }
        let error = await Self.error { _ = try await Self.installed(folder, server) }
        #expect(error?.message.contains("\(1 << 40) bytes") == true && error?.message.contains("300000") == true)
    }

    @Test func moreThanIsExpectedIsCutOff() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { _, _ in .init(body: Weights.small, statedLength: -1) }
        defer { server.stop() }
        let error = await Self.error {
            _ = try await Self.installed(folder, server, knowsHash: false) { configuration in
                configuration.acceptsUnverified = true
                configuration.limits.maximumBytes = 1000
            }
        }
        #expect(error?.message.contains("more than 1000 bytes") == true)
        #expect(folder.files.isEmpty)
    }

    @Test(arguments: [404, 403, 410])
    func anAnswerThatSaysNoIsNotAskedTwice(status: Int) async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { _, _ in .init(status: status) }
        defer { server.stop() }
        let error = await Self.error { _ = try await Self.installed(folder, server) }
        #expect(error?.code == .downloadFailed)
        #expect(error?.message.contains("\(server.address)/small: it answers \(status)") == true)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [500, 503, 429])
    func anAnswerThatMayChangeIsAskedAgain(status: Int) async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, number in
            number < 2 ? .init(status: status, headers: ["Retry-After": "0"]) : .file(Weights.small, to: request)
        }
        defer { server.stop() }
        _ = try await Self.installed(folder, server)
        #expect(server.requests.count == 3)
    }

    @Test func aRedirectIsFollowedAndKeepsTheRange() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, number in
            guard request.path == "/elsewhere" else { return .init(status: 302, headers: ["Location": "/elsewhere"]) }
            var answer = LocalServer.Answer.file(Weights.small, tag: "\"1\"", to: request)
            if number == 1 { answer.cutAfter = 100_000 }
            return answer
        }
        defer { server.stop() }
        _ = try await Self.installed(folder, server)
        #expect(folder.content(of: "recognition/small.onnx") == Weights.small)
        #expect(server.requests.map(\.path) == ["/small", "/elsewhere", "/small", "/elsewhere"])
        #expect(server.requests[3].headers["range"] != nil)
    }

    @Test func redirectsThatNeverEndAreAnError() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, number in .init(status: 301, headers: ["Location": "/\(number)"]) }
        defer { server.stop() }
        let error = await Self.error { _ = try await Self.installed(folder, server) }
        #expect(error?.message.contains("redirects more than 10 times") == true)
    }

    @Test func aServerThatFallsSilentIsGivenUp() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { _, _ in .init(body: Weights.small, pause: .seconds(3)) }
        defer { server.stop() }
        let clock = ContinuousClock()
        let start = clock.now
        let error = await Self.error {
            _ = try await Self.installed(folder, server) { configuration in
                configuration.limits.readTimeout = .milliseconds(200)
                configuration.limits.attempts = 2
            }
        }
        #expect(error?.message.contains("it sent nothing for too long") == true)
        #expect(clock.now - start < .seconds(2.5))
    }

    @Test func aServerThatIsNotThereIsNamedWithItsReason() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { _, _ in .absent }
        server.stop()
        let error = await Self.error { _ = try await Self.installed(folder, server) }
        #expect(error?.code == .downloadFailed)
        #expect(error?.message.contains("\(server.address)/small: Connection refused") == true)
    }

    @Test func aSecondAddressIsTriedAndSaid() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, _ in
            request.path == "/second" ? .file(Weights.small, to: request) : .absent
        }
        defer { server.stop() }
        let events = Events()
        let model = Weights.model([.address(server.address + "/first"), .address(server.address + "/second")])
        let installation = try await ModelInstaller(folder, [model]).install(["small-alias"]) { events.add($0) }[0]
        #expect(installation.name == "small" && installation.source == server.address + "/second")
        #expect(events.detours == ["\(server.address)/first: it answers 404"])
    }

    @Test func twoPullsOfOneModelFetchItOnce() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, _ in
            var answer = LocalServer.Answer.file(Weights.small, to: request)
            answer.pause = .milliseconds(200)
            return answer
        }
        defer { server.stop() }
        let events = Events()
        let model = Weights.model([.address(server.address + "/small")])
        let installer = try ModelInstaller(folder, [model])
        try await withThrowingTaskGroup(of: [ModelInstaller.Installation].self) { group in
            for _ in 0..<3 { group.addTask { try await installer.install(["small"]) { events.add($0) } } }
            for try await installations in group { #expect(installations.count == 1) }
        }
        #expect(server.requests.count == 1)
        #expect(events.isWaiting)
        #expect(folder.files == ["recognition/small.json", "recognition/small.onnx"])
    }

    @Test func aCancelledDownloadEndsAndKeepsWhatCame() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, _ in
            var answer = LocalServer.Answer.file(Weights.small, tag: "\"1\"", to: request)
            answer.pause = .seconds(20)
            return answer
        }
        defer { server.stop() }
        let model = Weights.model([.address(server.address + "/small")])
        let installer = ModelInstaller(folder, [model]) { $0.limits.readTimeout = .seconds(20) }
        let task = Task { try await installer.install(["small"]) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func aModelWithoutAPublishedHashNeedsConsentAndSaysSo() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, _ in .file(Weights.small, to: request) }
        defer { server.stop() }
        let error = await Self.error { _ = try await Self.installed(folder, server, knowsHash: false) }
        #expect(error?.code == .unverifiedModel && error?.message.contains("--unverified") == true)
        #expect(server.requests.isEmpty)
        let installation = try await Self.installed(folder, server, knowsHash: false) { $0.acceptsUnverified = true }
        #expect(!installation.isVerified)
        let file = try ModelStore(folders: [folder.path]).model(named: "small")
        #expect(file.card.sha256 == Weights.sha256(Weights.small) && file.card.bytes == Weights.small.count)
        #expect(file.card.origin?.isVerified == false)
    }

    @Test func theLicencePolicyIsAskedBeforeTheNetwork() async throws {
        let folder = try ModelFolder()
        let server = try LocalServer { request, _ in .file(Weights.small, to: request) }
        defer { server.stop() }
        let address = CatalogueModel.Source.address(server.address + "/small")
        for license in [
            ModelLicense("non-commercial research only", use: .research), ModelLicense("not stated", use: .unclear),
        ] {
            let installer = ModelInstaller(folder, [Weights.model([address], license: license)]) {
                $0.licensePolicy = .commercial
            }
            let error = await Self.error { _ = try await installer.install(["small"]) }
            #expect(error?.code == .licenseRefused && error?.message.contains(license.text) == true)
        }
        #expect(server.requests.isEmpty)
    }

    @Test func aFolderThatCannotBeMadeIsNamed() async throws {
        let folder = try ModelFolder()
        try folder.write([], to: "file")
        let server = try LocalServer { request, _ in .file(Weights.small, to: request) }
        defer { server.stop() }
        var configuration = ModelInstaller.Configuration()
        configuration.environment = [:]
        let installer = ModelInstaller(
            folder: folder.path + "/file/models",
            catalogue: ModelCatalogue(models: [Weights.model([.address(server.address + "/small")])]),
            configuration: configuration
        )
        let error = await Self.error { _ = try await installer.install(["small"]) }
        #expect(error?.code == .fileUnwritable && error?.message.contains(folder.path + "/file/models") == true)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "the system has no /dev/full"))
    func aFullDiskIsAnErrorWithTheSystemsReason() throws {
        var file = try PartialFile(at: "/dev/full", keepingContent: false)
        var thrown: FaceError?
        do throws(FaceError) { try file.append([1, 2, 3] as [UInt8]) } catch { thrown = error }
        #expect(thrown?.code == .fileUnwritable)
        #expect(thrown.map { "\($0)" }?.contains("No space left on device") == true)
        #expect(file.count == 0)
    }

    @Test(arguments: ["../small", "", "a/b"])
    func aNameThatLeavesTheFolderIsRefused(name: String) async throws {
        let folder = try ModelFolder()
        let error = await Self.error { _ = try await ModelInstaller(folder, []).install([name]) }
        #expect(error?.code == .modelNotFound)
    }

    @Test func aModelInAForeignFormatSaysWhatToDo() async throws {
        let folder = try ModelFolder()
        var model = Weights.model([])
        model.files = []
        model.obstacle = .init(format: "a stone tablet", conversion: "read it aloud", instead: ["other"])
        let error = await Self.error { _ = try await ModelInstaller(folder, [model]).install(["small"]) }
        #expect(error?.code == .unsupportedModel)
        for part in ["a stone tablet", "read it aloud", "facekit models pull other", "https://example.org"] {
            #expect(error?.message.contains(part) == true)
        }
    }

    @Test func anUnknownNameIsSaidToBeUnknown() async throws {
        let folder = try ModelFolder()
        let error = await Self.error { _ = try await ModelInstaller(folder, []).install(["nobody"]) }
        #expect(error?.code == .modelNotFound && error?.message.contains("facekit models list") == true)
    }
}
