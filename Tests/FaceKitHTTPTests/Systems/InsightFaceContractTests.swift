// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitHTTP
import Foundation
import Testing

@Suite("InsightFace-REST over a socket")
struct InsightFaceContractTests {
    private func with(_ test: (WireClient) async throws -> Void) async throws {
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service) }, test)
    }

    private func extraction(_ pictures: [[UInt8]], more: String = "") -> String {
        let data = pictures.map { "\"\(Data($0).base64EncodedString())\"" }.joined(separator: ",")
        return "{\"images\":{\"data\":[\(data)]}\(more)}"
    }

    @Test("GET / greets in text")
    func greeting() async throws {
        try await with { client in
            let response = try await client.send("GET", "/")
            #expect(response.status == 200)
            #expect(response.text == "Hello, This is InsightFace!")
            #expect(response.headers["content-type"] == "text/html; charset=utf-8")
        }
    }

    @Test("extract gives a list of faces for each picture, in order, whatever the content type")
    func extract() async throws {
        let body = extraction([
            try Stub.png(.init(x: 20, y: 30), .init(x: 100, y: 100, side: 50, person: .bob, green: 200)),
            try Stub.empty(), Array("no picture".utf8), try Stub.png(of: .bob),
        ])
        try await with { client in
            let response = try await client.send("POST", "/extract", body: Array(body.utf8))
            #expect(response.status == 200)
            #expect(response.headers["content-type"] == "application/json")
            let pictures = try #require(response.json as? [[[String: Any]]])
            #expect(pictures.map(\.count) == [2, 0, 0, 1])
            let first = pictures[0][0]
            #expect(Set(first.keys) == ["vec", "det", "prob", "bbox"])
            #expect(first["bbox"] as? [Int] == [20, 30, 60, 70])
            #expect(first["det"] as? Int == 0)
            #expect(pictures[0][1]["det"] as? Int == 1)
            #expect(pictures[0][1]["bbox"] as? [Int] == [100, 100, 150, 150])
            let probability = try #require(first["prob"] as? Double)
            #expect((0...1).contains(probability))
            let vector = try #require(first["vec"] as? [Double])
            #expect(abs(vector.map { $0 * $0 }.reduce(0, +) - 1) < 1e-5)
            #expect(!response.text.contains("null"))
        }
    }

    @Test("data may be one string, a data URI, or empty")
    func forms() async throws {
        let picture = Data(try Stub.png(of: .anna)).base64EncodedString()
        try await with { client in
            let one = try await client.json("POST", "/extract", "{\"images\":{\"data\":\"\(picture)\"}}")
            #expect((one.json as? [[Any]])?.map(\.count) == [1])
            let uri = try await client.json(
                "POST",
                "/extract",
                "{\"images\":{\"data\":[\"data:image/png;base64,\(picture)\"]},\"max_size\":0}"
            )
            #expect((uri.json as? [[Any]])?.map(\.count) == [1])
            let none = try await client.json("POST", "/extract", "{\"images\":{\"data\":[]}}")
            #expect(none.status == 200)
            #expect(none.text == "[]")
        }
    }

    @Test(
        "errors are 400 with a reason",
        arguments: [
            "no json", "[]", "{}", "{\"images\":{}}", "{\"images\":{\"urls\":[\"http://example.org/a.jpg\"]}}",
            "{\"images\":{\"url\":\"/etc/passwd\"}}", "{\"images\":{\"data\":[1]}}",
            "{\"images\":{\"data\":[]},\"max_size\":-1}", "{\"images\":{\"data\":[]},\"max_size\":\"x\"}",
        ]
    )
    func errors(body: String) async throws {
        try await with { client in
            for path in ["/extract", "/detect"] {
                let response = try await client.json("POST", path, body)
                #expect(response.status == 400)
                #expect(response.object["error"] is String)
            }
        }
    }

    @Test("detect gives boxes without vectors")
    func detect() async throws {
        let body = extraction([try Stub.png(of: .anna)])
        try await with { client in
            let response = try await client.json("POST", "/detect", body)
            let faces = try #require(response.json as? [[[String: Any]]])
            #expect(Set(faces[0][0].keys) == ["det", "prob", "bbox"])
        }
    }

    @Test("ver gives similarities of targets with a face, and -1 for anything wrong")
    func verify() async throws {
        let anna = Data(try Stub.png(of: .anna)).base64EncodedString()
        let bob = Data(try Stub.png(of: .bob)).base64EncodedString()
        let empty = Data(try Stub.empty()).base64EncodedString()
        try await with { client in
            let response = try await client.json(
                "POST",
                "/ver",
                "{\"source\":{\"data\":\"\(anna)\"},\"target\":{\"data\":[\"\(anna)\",\"\(empty)\",\"\(bob)\"]}}"
            )
            let similarities = try #require(response.json as? [Double])
            #expect(similarities.count == 2)
            #expect(similarities[0] > 0.99)
            #expect(similarities[1] < 0.6)
            for wrong in ["nonsense", "{}", "{\"source\":{\"data\":\"\(empty)\"},\"target\":{\"data\":[\"\(anna)\"]}}"]
            {
                let response = try await client.json("POST", "/ver", wrong)
                #expect(response.status == 200)
                #expect(response.text == "-1")
                #expect(response.headers["content-type"]?.hasPrefix("text/html") == true)
            }
        }
    }

    @Test("wrong methods are 405 with Allow, unknown paths 404, both in JSON")
    func routing() async throws {
        try await with { client in
            let method = try await client.send("GET", "/extract")
            #expect(method.status == 405)
            #expect(method.headers["allow"] == "POST")
            #expect(method.object["error"] is String)
            let path = try await client.send("GET", "/nothing")
            #expect(path.status == 404)
            #expect(path.object["error"] as? String == "Not Found")
            #expect(path.headers["x-request-id"] != nil)
        }
    }

    @Test("a body beyond the limit is 413")
    func tooLarge() async throws {
        var settings = InsightFaceSettings()
        settings.bodyLimit = 1000
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service, settings: settings) }) { client in
            let body = [UInt8](repeating: 0x20, count: 5000)
            let response = try await client.send("POST", "/extract", body: body)
            #expect(response.status == 413)
            #expect(response.object["error"] is String)
        }
    }
}
