// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitTestSupport
import Foundation
import Testing

@testable import FaceKitHTTP

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

    @Test("later versions' answers where they are asked for")
    func later() async throws {
        let picture = try Stub.png(.init(x: 20, y: 30), .init(x: 100, y: 100, side: 50, person: .bob, green: 200))
        let options =
            ",\"api_ver\":\"2\",\"max_size\":[640,640],\"return_landmarks\":true,\"extract_ga\":true,"
            + "\"detect_masks\":true,\"return_face_data\":true"
        try await with { client in
            let body = extraction([picture, Array("no picture".utf8)], more: options)
            let response = try await client.json("POST", "/extract", body)
            #expect(response.status == 200)
            #expect((response.object["took"] as? [String: Double])?["total_ms"] ?? 0 > 0)
            let data = try #require(response.object["data"] as? [[String: Any]])
            #expect(data.compactMap { $0["status"] as? String } == ["ok", "failed"])
            let faces = try #require(data[0]["faces"] as? [[String: Any]])
            #expect(faces.compactMap { $0["num_det"] as? Int } == [0, 1])
            // The largest first.
            let face = faces[0]
            #expect(face["bbox"] as? [Int] == [100, 100, 150, 150])
            #expect(face["size"] as? Int == 50)
            #expect((face["vec"] as? [Double])?.count == 4)
            #expect(face["norm"] as? Double == 2)
            #expect((face["landmarks"] as? [[Int]])?.count == 5)
            #expect((face["facedata"] as? String)?.hasPrefix("/9j/") == true)
            #expect((face["gender"] as? Int, face["age"] as? Int) == (0, 28))
            #expect(face["mask"] as? Bool == true)
            #expect(face["mask_probs"] as? [String: Double] == ["mask": 0.25, "no_mask": 0.75])
            #expect((data[1]["faces"] as? [Any])?.isEmpty == true)

            func told(_ more: String) async throws -> [[String: Any]] {
                let body = extraction([picture], more: ",\"api_ver\":\"2\"" + more)
                let response = try await client.json("POST", "/extract", body)
                return try #require((response.object["data"] as? [[String: Any]])?.first?["faces"] as? [[String: Any]])
            }
            #expect(try await told(",\"limit_faces\":1").count == 1)
            #expect(try await told(",\"threshold\":0.95").count == 1)
            #expect(try await told(",\"min_face_size\":45").count == 1)
            #expect(try await told(",\"extract_embedding\":false")[0]["vec"] == nil)
            let whole = try await told(",\"embed_only\":true")
            #expect(whole.count == 1 && whole[0]["bbox"] as? [Int] == [0, 0, 200, 200])
            for wrong in [
                "\"api_ver\":\"3\"", "\"api_ver\":\"2\",\"msgpack\":1", "\"api_ver\":\"2\",\"threshold\":\"x\"",
                "\"api_ver\":\"2\",\"limit_faces\":-1", "\"max_size\":[1,2,3]", "\"max_size\":[-1,2]",
            ] {
                let response = try await client.json("POST", "/extract", extraction([picture], more: "," + wrong))
                #expect(response.status == 400, "\(wrong)")
            }
        }
    }

    @Test("later versions speak MessagePack, with pictures as bytes")
    func messagePack() async throws {
        let picture = try Stub.png(of: .anna)
        try await with { client in
            let asked = try await client.json(
                "POST",
                "/extract",
                extraction([picture], more: ",\"api_ver\":\"2\",\"msgpack\":true")
            )
            #expect(asked.headers["content-type"] == "application/x-msgpack")
            let face = try MessagePack.value(in: asked.body)["data"]?.elements?.first?["faces"]?.elements?.first
            #expect(face?["vec"]?.elements?.count == 4)
            #expect(face?["bbox"]?.elements?.compactMap(\.int) == [60, 50, 100, 90])

            // {"images": {"data": [bytes]}, "api_ver": "2"}
            var body: [UInt8] =
                [0x82, 0xA6] + Array("images".utf8) + [0x81, 0xA4] + Array("data".utf8) + [0x91, 0xC5]
            body += [UInt8(picture.count >> 8), UInt8(picture.count & 0xFF)] + picture
            body += [0xA7] + Array("api_ver".utf8) + [0xA1] + Array("2".utf8)
            let headers = ["Content-Type": "application/msgpack"]
            let sent = try await client.send("POST", "/extract", headers: headers, body: body)
            #expect(sent.headers["content-type"] == "application/x-msgpack")
            let answer = try MessagePack.value(in: sent.body)
            #expect(answer["data"]?.elements?.first?["status"]?.text == "ok")
            #expect(answer["data"]?.elements?.first?["faces"]?.elements?.count == 1)
            let broken = try await client.send("POST", "/extract", headers: headers, body: [0x92, 0x01])
            #expect(broken.status == 400 && broken.object["error"] is String)
        }
    }

    @Test("max_size bounds the longer side of what is searched, never that of the answer")
    func maximumSize() async throws {
        let picture = try Stub.png(
            .init(x: 100, y: 100, side: 30),
            .init(x: 600, y: 300, side: 100, person: .bob),
            width: 1280,
            height: 600
        )
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service) }, stages: SettingsStages()) {
            client in
            // MTCNN's smallest face is 20 pixels of what it searches.
            for (more, widths) in [
                ("", [100]), (",\"max_size\":640", [100]), (",\"max_size\":0", [30, 100]),
                (",\"max_size\":1000", [30, 100]), (",\"max_size\":200", []),
            ] {
                let response = try await client.json("POST", "/extract", extraction([picture], more: more))
                let faces = try #require((response.json as? [[[String: Any]]])?.first)
                let boxes = faces.compactMap { $0["bbox"] as? [Int] }
                #expect(boxes.map { $0[2] - $0[0] }.sorted() == widths, "max_size \(more)")
            }
        }
    }

    @Test("ver looks again, less strictly, at the last picture when none has a face")
    func secondChance() async throws {
        let anna = Data(try Stub.png(of: .anna)).base64EncodedString()
        // Confidence 0.5, where MTCNN wants 0.7.
        let faint = Data(try Stub.png(.init(x: 60, y: 50, green: 0))).base64EncodedString()
        let empty = Data(try Stub.empty()).base64EncodedString()
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service) }, stages: SettingsStages()) {
            client in
            for (targets, count) in [([empty, faint], 1), ([faint, empty], 0), ([faint, anna], 1), ([faint], 1)] {
                let list = targets.map { "\"\($0)\"" }.joined(separator: ",")
                let body = "{\"source\":{\"data\":\"\(anna)\"},\"target\":{\"data\":[\(list)]}}"
                let response = try await client.json("POST", "/ver", body)
                let similarities = try #require(response.json as? [Double])
                #expect(similarities.count == count && similarities.allSatisfy { $0 > 0.7 })
            }
        }
    }

    @Test("the later answers may be the default")
    func laterByDefault() async throws {
        var settings = InsightFaceSettings()
        settings.answerVersion = .later
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service, settings: settings) }) { client in
            let body = extraction([try Stub.png(of: .anna)])
            #expect(try await client.json("POST", "/extract", body).object["data"] is [Any])
            let first = try await client.json("POST", "/extract", extraction([], more: ",\"api_ver\":\"1\""))
            #expect(first.text == "[]")
        }
    }

    @Test("ver takes the first of several sources, and the face in the middle rather than a larger one at the edge")
    func mainFace() async throws {
        let picture = Data(
            try Stub.png(
                .init(x: 0, y: 0, side: 44, person: .bob),
                .init(x: 80, y: 80, side: 40, person: .anna)
            )
        ).base64EncodedString()
        let (anna, bob) = (
            Data(try Stub.png(of: .anna)).base64EncodedString(), Data(try Stub.png(of: .bob)).base64EncodedString()
        )
        try await with { client in
            let response = try await client.json(
                "POST",
                "/ver",
                "{\"source\":{\"data\":[\"\(anna)\",\"\(bob)\"]},\"target\":{\"data\":\"\(picture)\"}}"
            )
            let similarities = try #require(response.json as? [Double])
            #expect(similarities.count == 1 && similarities[0] > 0.99)
        }
    }

    @Test("a failure of ours is 500 in JSON for extract, -1 for ver")
    func failure() async throws {
        try await LiveServer.with(
            { service, _ in InsightFaceRoutes(service: service) },
            stages: Stub.makeStages(embedder: FailingEmbedder())
        ) { client in
            let picture = try Stub.png(of: .anna)
            let failed = try await client.json("POST", "/extract", extraction([picture]))
            #expect((failed.status, failed.text) == (500, "{\"error\":\"Internal Server Error\"}"))
            let base64 = Data(picture).base64EncodedString()
            let ver = try await client.json(
                "POST",
                "/ver",
                "{\"source\":{\"data\":\"\(base64)\"},\"target\":{\"data\":\"\(base64)\"}}"
            )
            #expect((ver.status, ver.text) == (200, "-1"))
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
