// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import FaceKitStore
import FaceKitTestSupport
import Foundation
import Testing

@Suite("CompreFace: another embedder, and the migration to it")
struct CompreFaceMigrationTests {
    private typealias Fixture = CompreFaceFixture

    /// Lets pass while it is open.
    private final class Gate: Sendable {
        private let condition = NSCondition()
        nonisolated(unsafe) private var isOpen = true

        func set(open: Bool) {
            condition.withLock {
                isOpen = open
                condition.broadcast()
            }
        }

        func pass() { condition.withLock { while !isOpen { condition.wait() } } }
    }

    /// The stub's vectors in another space.
    private struct OtherEmbedder: Embedder {
        let space = "other@1"
        let gate: Gate

        func embed(_ faces: [AlignedFace]) throws -> [Embedding] {
            gate.pass()
            return try StubEmbedder().embed(faces).map { try Embedding(space: space, normalizing: $0.vector) }
        }
    }

    /// One server after the other over the same collections.
    private struct World {
        let galleries = MemoryGalleryStore()
        let directory = FixedServiceDirectory([
            Service(name: "r", type: .recognition, apiKey: APIKey(CompreFaceFixture.recognition)!)
        ])

        func serve(
            _ embedder: any Embedder,
            keepsPictures: Bool = true,
            _ test: (CompreFaceFixture) async throws -> Void
        ) async throws {
            var settings = CompreFaceSettings()
            settings.allowsMigration = true
            settings.keepsPictures = keepsPictures
            let pool = ComputePool(workers: 2, waiting: 64)
            let service = FaceService(stages: Stub.makeStages(embedder: embedder), pool: pool)
            let system = CompreFaceRoutes(
                service: service,
                directory: directory,
                galleries: galleries,
                settings: settings
            )
            try await LiveServer.with([Mount(system, at: "/api/v1")], pool: pool) {
                try await test(CompreFaceFixture(client: $0))
            }
        }
    }

    private func isInconsistent(_ server: CompreFaceFixture) async throws -> Bool {
        let status = try await server.send("GET", "/consistence/status", key: nil)
        return try #require(status.object["dbIsInconsistent"] as? Bool)
    }

    private func subjects(_ response: WireResponse) -> [String]? {
        let subjects = (response.object["result"] as? [[String: Any]])?.first?["subjects"] as? [[String: Any]]
        return subjects?.compactMap { $0["subject"] as? String }
    }

    @Test("examples of another embedder are told of, match nothing, and are migrated while nothing can be written")
    func migration() async throws {
        let world = World()
        var id = ""
        try await world.serve(StubEmbedder()) { server in
            id = try await server.add("anna", .anna)
            _ = try await server.add("bob", .bob)
            #expect(try await !isInconsistent(server))
        }
        let gate = Gate()
        try await world.serve(OtherEmbedder(gate: gate)) { server in
            #expect(try await isInconsistent(server))
            let anna = try Stub.png(of: .anna)
            #expect(subjects(try await server.file("/recognition/recognize", anna)) == [])
            let stale = try await server.file("/recognition/faces/\(id)/verify", anna)
            Fixture.expect(stale, 400, 0, "Something went wrong, please try again")

            gate.set(open: false)
            defer { gate.set(open: true) }
            let started = try await server.send("POST", "/migrate", key: nil)
            #expect((started.status, started.text) == (200, "Migration started"))
            #expect(started.headers["content-type"]?.hasPrefix("text/plain") == true)
            let again = try await server.send("POST", "/migrate", key: nil)
            Fixture.expect(again, 400, 27, "Migration already executing")
            for refused in [
                try await server.json("POST", "/recognition/subjects", "{\"subject\":\"x\"}"),
                try await server.json("PUT", "/recognition/subjects/anna", "{\"subject\":\"x\"}"),
                try await server.send("DELETE", "/recognition/subjects/anna"),
                try await server.send("DELETE", "/recognition/subjects"),
                try await server.file("/recognition/faces?subject=x", anna),
                try await server.send("DELETE", "/recognition/faces/\(id)"),
                try await server.send("DELETE", "/recognition/faces"),
                try await server.json("POST", "/recognition/faces/delete", "[\"\(id)\"]"),
            ] {
                Fixture.expect(refused, 405, 32, "Write operations during migration aren't allowed")
            }
            #expect(
                try await server.send("GET", "/recognition/subjects").text == "{\"subjects\":[\"anna\",\"bob\"]}"
            )

            gate.set(open: true)
            var tries = 0
            while try await isInconsistent(server), tries < 1000 {
                try await Task.sleep(for: .milliseconds(5))
                tries += 1
            }
            #expect(try await !isInconsistent(server))
            #expect(subjects(try await server.file("/recognition/recognize", anna)) == ["anna"])
            let verified = try await server.file("/recognition/faces/\(id)/verify", anna)
            let first = (verified.object["result"] as? [[String: Any]])?.first
            #expect(first?["similarity"] as? Double == Fixture.sameFace)
            let added = try await server.json("POST", "/recognition/subjects", "{\"subject\":\"x\"}")
            #expect(added.status == 201)
        }
    }

    @Test("what has no picture cannot be migrated, and stays as it is")
    func noPictures() async throws {
        let world = World()
        try await world.serve(StubEmbedder(), keepsPictures: false) { _ = try await $0.add("anna", .anna) }
        try await world.serve(OtherEmbedder(gate: Gate())) { server in
            // The second one starts once the first has ended.
            for _ in 0..<2 {
                var response = try await server.send("POST", "/migrate", key: nil)
                while response.status != 200 { response = try await server.send("POST", "/migrate", key: nil) }
            }
            #expect(try await isInconsistent(server))
            #expect(try await server.send("GET", "/recognition/faces").object["total_elements"] as? Int == 1)
        }
        try await world.serve(StubEmbedder()) { server in
            let found = try await server.file("/recognition/recognize", try Stub.png(of: .anna))
            #expect(subjects(found) == ["anna"])
        }
    }
}

@Suite("CompreFace: what is not there or fails")
struct CompreFaceFailureTests {
    private typealias Fixture = CompreFaceFixture

    private func with(_ stages: any StageLibrary, _ test: (CompreFaceFixture) async throws -> Void) async throws {
        let directory = FixedServiceDirectory([
            Service(name: "r", type: .recognition, apiKey: APIKey(Fixture.recognition)!),
            Service(name: "d", type: .detection, apiKey: APIKey(Fixture.detection)!),
        ])
        try await LiveServer.with(
            { CompreFaceRoutes(service: $0, directory: directory, galleries: $1) },
            at: "/api/v1",
            stages: stages
        ) { try await test(Fixture(client: $0)) }
    }

    @Test("a model that is not installed is 500 with code 41, the model and the command")
    func missingModel() async throws {
        try await with(LackingStages(hasDetector: false)) { server in
            let response = try await server.file("/recognition/recognize", try Stub.png(of: .anna))
            Fixture.expect(
                response,
                500,
                41,
                "Error during synchronization between servers: the model x is not installed (searched /models): get it"
                    + " with \"facekit models pull x\""
            )
        }
    }

    @Test("what nobody foresaw is 500 with code 41 and the request's id, without details")
    func failure() async throws {
        try await with(Stub.makeStages(embedder: FailingEmbedder())) { server in
            let response = try await server.file("/recognition/recognize", try Stub.png(of: .anna))
            let id = try #require(response.headers["x-request-id"])
            Fixture.expect(
                response,
                500,
                41,
                "Error during synchronization between servers: internal error \(id)"
            )
        }
    }

    @Test("106 landmarks are passed over without a model for them, another plugin is not")
    func landmarks() async throws {
        try await with(LackingStages(missing: [.landmarks106, .mask])) { server in
            let picture = try Stub.png(of: .anna)
            let path = "/detection/detect?face_plugins="
            let plain = try await server.file(path + "landmarks2d106,landmarks", picture, key: Fixture.detection)
            let face = try #require((plain.object["result"] as? [[String: Any]])?.first)
            #expect((face["landmarks"] as? [[Int]])?.count == 5)
            let mask = try await server.file(path + "mask", picture, key: Fixture.detection)
            #expect((mask.status, mask.object["code"] as? Int) == (500, 41))
        }
    }
}

@Suite("CompreFace: the inner service")
struct CompreFaceCoreTests {
    @Test("state, coefficients and the plugins that there are")
    func core() async throws {
        let make: (FaceService, MemoryGalleryStore) -> any FaceSystem = { service, galleries in
            CompreFaceCore(
                CompreFaceRoutes(service: service, directory: FixedServiceDirectory([]), galleries: galleries)
            )
        }
        try await LiveServer.with(make, at: "/core", stages: LackingStages(missing: [.landmarks106, .mask])) { client in
            #expect(try await client.send("GET", "/core/healthcheck").text == "{\"status\":\"OK\"}")
            let status = try await client.send("GET", "/core/status").object
            #expect(status["status"] as? String == "OK")
            #expect(status["calculator_version"] as? String == "stub")
            let coefficients = try #require(status["similarity_coefficients"] as? [Double])
            // The stub's threshold is a cosine of 0.5, a distance of 1.
            #expect(coefficients == [1, 6])
            let plugins = try #require(status["available_plugins"] as? [String: String])
            #expect(Set(plugins.keys) == ["landmarks", "gender", "age", "pose", "calculator", "detector"])
            #expect(try await client.send("GET", "/core/nothing").status == 404)
        }
    }
}
