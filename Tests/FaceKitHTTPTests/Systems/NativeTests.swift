// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import FaceKitTestSupport
import Foundation
import HTTPTypes
import Testing

@Suite("Native API over a socket")
struct NativeTests {
    private func with(
        _ settings: NativeSettings = .init(),
        _ test: (WireClient) async throws -> Void
    ) async throws {
        try await LiveServer.with(
            { NativeRoutes(service: $0, settings: settings, galleries: $1, metrics: PrometheusMetrics()) },
            test
        )
    }

    private func code(_ response: WireResponse) -> String? {
        (response.object["error"] as? [String: String])?["code"]
    }

    @Test("the description and the routes have the same endpoints")
    func description() async throws {
        try await with { client in
            let document = try await client.send("GET", "/openapi.json").object
            #expect(document["openapi"] as? String == "3.1.0")
            let paths = try #require(document["paths"] as? [String: [String: Any]])
            var described: Set<String> = []
            for (path, operations) in paths {
                for method in operations.keys where method != "parameters" {
                    described.insert("\(method.uppercased()) \(path)")
                }
            }
            let pool = ComputePool(workers: 1, waiting: 1)
            let routes = NativeRoutes(
                service: FaceService(stages: Stub.stages, pool: pool),
                galleries: EmptyGalleryStore(),
                metrics: PrometheusMetrics()
            ).routes
            await pool.shutDown()
            #expect(described == Set(routes.all.map { "\($0.method.rawValue) \($0.pattern)" }))
            // Every reference leads somewhere.
            let schemas = (document["components"] as? [String: Any])?["schemas"] as? [String: Any] ?? [:]
            let text = try await client.send("GET", "/openapi.json").text
            for match in text.matches(of: /#\/components\/schemas\/(\w+)/) {
                #expect(schemas[String(match.1)] != nil)
            }
            let page = try await client.send("GET", "/docs")
            #expect(page.text.contains("/v1/detect"))
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
        }
    }

    @Test("detect, embed and analyze take forms and JSON, one picture or several")
    func faces() async throws {
        let picture = try Stub.png(.init(x: 20, y: 30), .init(x: 100, y: 100, person: .bob, green: 100))
        let base64 = Data(picture).base64EncodedString()
        try await with { client in
            let form = WireForm().file("picture", "a.png", picture).file("picture", "b.png", try Stub.empty())
            let detected = try await client.form("/v1/detect", form)
            let pictures = try #require(detected.object["pictures"] as? [[String: Any]])
            #expect(pictures.compactMap { $0["file"] as? String } == ["a.png", "b.png"])
            let faces = try #require(pictures[0]["faces"] as? [[String: Any]])
            #expect(faces.count == 2)
            #expect(faces[0]["box"] as? [Double] == [20, 30, 40, 40])
            #expect((faces[0]["landmarks"] as? [[Double]])?.count == 5)
            let limited = try await client.json("POST", "/v1/detect?limit=1", "{\"picture\":\"\(base64)\"}")
            #expect(((limited.object["pictures"] as? [[String: Any]])?[0]["faces"] as? [Any])?.count == 1)
            let sure = try await client.json(
                "POST",
                "/v1/detect",
                "{\"picture\":[\"\(base64)\"],\"min_confidence\":0.9}"
            )
            #expect(((sure.object["pictures"] as? [[String: Any]])?[0]["faces"] as? [Any])?.count == 1)
            let embedded = try await client.json("POST", "/v1/embed", "{\"picture\":\"\(base64)\"}")
            #expect(embedded.object["space"] as? String == Stub.space)
            let analyzed = try await client.json(
                "POST",
                "/v1/analyze",
                "{\"picture\":\"\(base64)\",\"attributes\":[\"age\",\"mask\"]}"
            )
            let face = ((analyzed.object["pictures"] as? [[String: Any]])?[0]["faces"] as? [[String: Any]])?[0]
            let attributes = face?["attributes"] as? [String: [String: Any]]
            #expect(attributes?["age"]?["low"] as? Int == 25)
            #expect(attributes?["mask"]?["value"] as? String == "correct")
        }
    }

    @Test("an attribute without a model is refused, a detector without one is the server's fault")
    func missingModels() async throws {
        let base64 = Data(try Stub.png(of: .anna)).base64EncodedString()
        func send(_ stages: LackingStages, _ more: String = "") async throws -> (status: Int, code: String?) {
            var answer: (Int, String?) = (0, nil)
            try await LiveServer.with({ service, _ in NativeRoutes(service: service) }, stages: stages) { client in
                let response = try await client.json("POST", "/v1/analyze", "{\"picture\":\"\(base64)\"\(more)}")
                answer = (response.status, (response.object["error"] as? [String: Any])?["code"] as? String)
            }
            return answer
        }
        let lacking = LackingStages(missing: [.landmarks106])
        #expect(try await send(lacking, ",\"attributes\":[\"age\",\"landmarks106\"]") == (422, "modelNotFound"))
        #expect(try await send(lacking) == (200, nil))
        #expect(try await send(LackingStages(hasDetector: false)) == (503, "modelNotFound"))
    }

    @Test("compare and fuse take two pictures")
    func pairs() async throws {
        let (anna, bob) = (try Stub.png(of: .anna), try Stub.png(of: .bob))
        try await with { client in
            for (second, decision) in [(anna, "match"), (bob, "no match")] {
                let form = WireForm().file("first", "a.png", anna).file("second", "b.png", second)
                let compared = try await client.form("/v1/compare", form)
                #expect(compared.object["decision"] as? String == decision)
                #expect(compared.object["threshold"] as? Double == 0.5)
            }
            let fused = try await client.form(
                "/v1/fuse",
                WireForm().file("source", "a.png", anna).file("target", "b.png", bob).field("weight", "1")
            )
            #expect(fused.headers["content-type"] == "image/png")
            #expect(try Image(decoding: fused.body).pixels[0] == 100)
            #expect(SyntheticMark.isPresent(in: fused.body))
            let empty = WireForm().file("first", "a.png", anna).file("second", "b.png", try Stub.empty())
            let refused = try await client.form("/v1/compare", empty)
            #expect((refused.status, code(refused)) == (422, "noFace"))
        }
    }

    @Test("subjects and faces are enrolled, searched, listed and deleted")
    func gallery() async throws {
        try await with { client in
            func enroll(_ subject: String, _ picture: [UInt8]) async throws -> WireResponse {
                try await client.form(
                    "/v1/faces",
                    WireForm().field("subject", subject).file("picture", "a.png", picture)
                )
            }
            let anna = try await enroll("anna", try Stub.png(of: .anna))
            #expect(anna.status == 201)
            let id = try #require(anna.object["id"] as? String)
            let enrolled = try #require(anna.object["enrolled"] as? String)
            #expect(enrolled.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(enrolled)")
            _ = try await enroll("bob", try Stub.png(of: .bob))
            #expect(code(try await enroll("bob", try Stub.empty())) == "noFace")
            #expect(
                code(try await enroll("bob", try Stub.png(.init(x: 1, y: 1), .init(x: 99, y: 9)))) == "severalFaces"
            )
            let found = try await client.form(
                "/v1/search",
                WireForm().file("picture", "a.png", try Stub.png(of: .anna))
            )
            let face = (found.object["faces"] as? [[String: Any]])?.first
            let candidate = (face?["candidates"] as? [[String: Any]])?.first
            #expect(candidate?["subject"] as? String == "anna")
            #expect(candidate?["face"] as? String == id)
            let all = try await client.form(
                "/v1/search?limit=5&threshold=-1",
                WireForm().file("picture", "a.png", try Stub.png(of: .anna))
            )
            #expect((((all.object["faces"] as? [[String: Any]])?.first)?["candidates"] as? [Any])?.count == 2)
            #expect(try await client.send("GET", "/v1/faces/\(id)/picture").body == (try Stub.png(of: .anna)))
            #expect(try await client.send("GET", "/v1/faces?subject=anna").object["total"] as? Int == 1)
            let renamed = try await client.json("PUT", "/v1/subjects/anna", "{\"name\":\"Zoë\"}")
            #expect(renamed.object["name"] as? String == "Zoë")
            #expect(try await client.send("GET", "/v1/subjects/Zo%C3%AB").object["faces"] as? Int == 1)
            #expect(code(try await client.json("POST", "/v1/subjects", "{\"name\":\"bob\"}")) == "duplicateSubject")
            #expect(try await client.json("POST", "/v1/subjects", "{\"name\":\"carl\"}").status == 201)
            let page = try await client.send("GET", "/v1/subjects?offset=1&limit=1").object
            #expect((page["subjects"] as? [[String: Any]])?.first?["name"] as? String == "bob")
            #expect(page["total"] as? Int == 3)
            #expect(try await client.send("DELETE", "/v1/faces/\(id)").status == 200)
            #expect(try await client.send("GET", "/v1/faces/\(id)").status == 404)
            #expect(try await client.send("DELETE", "/v1/subjects/bob").status == 200)
            #expect(try await client.send("DELETE", "/v1/subjects/bob").status == 404)
            let info = try await client.send("GET", "/v1/gallery").object
            #expect(info["subjects"] as? Int == 2)
            #expect(info["faces"] as? Int == 0)
        }
    }

    @Test("errors have a code, a message and the request's id")
    func errors() async throws {
        try await with { client in
            for (response, status, expected) in [
                (try await client.json("POST", "/v1/detect", "{}"), 422, "invalidRequest"),
                (try await client.json("POST", "/v1/detect", "{"), 400, "malformed"),
                (try await client.send("POST", "/v1/detect", body: [1]), 415, "unsupportedMediaType"),
                (
                    try await client.json("POST", "/v1/detect", "{\"picture\":\"bm8gcGljdHVyZQ==\"}"), 415,
                    "unsupportedImageFormat"
                ),
                (try await client.json("POST", "/v1/detect?limit=x", "{\"picture\":\"AA==\"}"), 422, "invalidRequest"),
                (try await client.send("GET", "/v1/faces/nonsense"), 422, "invalidRequest"),
                (try await client.send("GET", "/v1/subjects?limit=0"), 422, "invalidRequest"),
                (
                    try await client.send("GET", "/v1/subjects/\(String(repeating: "n", count: 251))"), 422,
                    "invalidRequest"
                ),
                (try await client.send("GET", "/v1/nothing"), 404, "notFound"),
                (try await client.send("PATCH", "/v1/detect"), 405, "methodNotAllowed"),
            ] {
                #expect(response.status == status)
                #expect(code(response) == expected)
                #expect(
                    (response.object["error"] as? [String: String])?["request_id"] == response.headers["x-request-id"]
                )
            }
        }
    }

    @Test("keys guard /v1 where they are configured, and nothing else")
    func keys() async throws {
        var settings = NativeSettings()
        settings.keys = ["one", "two"]
        try await with(settings) { client in
            let refused = try await client.send("GET", "/v1/gallery")
            #expect(code(refused) == "unauthorized")
            #expect(try await client.send("GET", "/v1/gallery", headers: ["X-API-Key": "on"]).status == 401)
            #expect(try await client.send("GET", "/v1/gallery", headers: ["X-API-Key": "two"]).status == 200)
            #expect(try await client.send("GET", "/health/live").status == 200)
        }
    }

    @Test("health and metrics")
    func operation() async throws {
        let metrics = PrometheusMetrics()
        let pool = ComputePool(workers: 1, waiting: 1, metrics: ServerMetrics(factory: metrics))
        let service = FaceService(stages: Stub.stages, pool: pool, metrics: ServerMetrics(factory: metrics))
        let system = NativeRoutes(service: service, metrics: metrics, isReady: { false })
        try await LiveServer.with([Mount(system)], pool: pool) { client in
            #expect(try await client.send("GET", "/health/live").text == "{\"status\":\"ok\"}")
            #expect(try await client.send("GET", "/health/ready").status == 503)
            _ = try await client.form("/v1/detect", WireForm().file("picture", "a.png", try Stub.png(of: .anna)))
            let text = try await client.send("GET", "/metrics").text
            for name in [
                "facekit_faces_total 1\n", "facekit_stage_duration_seconds_count{stage=\"detector\"} 1\n",
                "facekit_queue_wait_seconds_count 1\n", "process_resident_memory_bytes",
                "# TYPE facekit_queue_length gauge",
            ] {
                #expect(text.contains(name), "\(name)")
            }
        }
    }
}

/// A store that is never asked.
private struct EmptyGalleryStore: GalleryStore {
    func galleryNames() -> [String] { [] }
    func gallery(named name: String) -> (any Gallery)? { nil }
    func openGallery(named name: String, configuration: GalleryConfiguration) throws -> any Gallery {
        throw FaceError(.galleryNotFound, "there is no gallery")
    }
    func deleteGallery(named name: String) -> Bool { false }
}
