// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import FaceKitStore
import FaceKitTestSupport
import Foundation
import Testing

@Suite("Face_fusion_rest over a socket")
struct FaceFusionContractTests {
    private func with(
        _ settings: FaceFusionSettings = .init(),
        _ test: (WireClient) async throws -> Void
    ) async throws {
        try await LiveServer.with(
            { FaceFusionRoutes(service: $0, galleries: $1, journal: MemoryFusionJournal(), settings: settings) },
            test
        )
    }

    /// Settings with a folder of gallery pictures, removed afterwards.
    private func withGallery(_ test: (WireClient, String) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: "\(root)/gallery", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: "\(root)/photos", withIntermediateDirectories: true)
        for (name, bytes) in [
            ("anna.png", try Stub.png(of: .anna)), ("bob.png", try Stub.png(of: .bob)), ("empty.png", try Stub.empty()),
            ("x_detect.png", try Stub.png(of: .carl)), ("note.txt", Array("text".utf8)),
        ] {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/gallery/\(name)"))
        }
        var settings = FaceFusionSettings()
        settings.galleryFolder = "\(root)/gallery"
        settings.imageRoot = "\(root)/photos"
        try await with(settings) { try await test($0, root) }
    }

    private func body(_ picture: [UInt8], prefix: String = "") -> String {
        "{\"user_Id\":\"ab12\",\"inputImage\":\"\(prefix)\(Data(picture).base64EncodedString())\"}"
    }

    @Test("checkUser tells whether the user was there before", arguments: ["/checkUser", "/rest/checkUser"])
    func checkUser(path: String) async throws {
        try await with { client in
            let first = try await client.json("POST", path, "{\"openId\":\"a\"}")
            #expect(first.text == "{\"status\":false}")
            #expect(try await client.json("POST", path, "{\"openId\":\"a\"}").text == "{\"status\":true}")
            #expect(try await client.json("POST", path, "{\"user_Id\":\"a\"}").text == "{\"status\":true}")
            let long = String(repeating: "x", count: 65)
            #expect(try await client.json("POST", path, "{\"openId\":\"\(long)\"}").status == 400)
        }
    }

    @Test("detect marks the faces in green, in the form of the input", arguments: ["/detect", "/rest/detect"])
    func detect(path: String) async throws {
        try await with { client in
            let bare = try await client.json("POST", path, body(try Stub.png(.init(x: 50, y: 60))))
            #expect(bare.status == 200)
            #expect(bare.headers["content-type"] == "application/json")
            #expect(Set(bare.object.keys) == ["user_Id", "type", "time", "outputImage"])
            #expect(bare.object["user_Id"] as? String == "ab12")
            #expect(bare.object["type"] as? String == "detect")
            let time = try #require(bare.object["time"] as? String)
            #expect(
                time.wholeMatch(of: /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/) != nil
            )
            let output = try #require((bare.object["outputImage"] as? String).flatMap { Data(base64Encoded: $0) })
            let marked = try Image(decoding: [UInt8](output))
            // The frame lies two pixels outside the face.
            let index = 3 * (80 * marked.width + 47)
            #expect(Array(marked.pixels[index..<index + 3]) == [0, 255, 0])

            let uri = try await client.json(
                "POST",
                path,
                body(try Stub.png(of: .anna), prefix: "data:image/png;base64,")
            )
            #expect((uri.object["outputImage"] as? String)?.hasPrefix("data:image/png;base64,iVBOR") == true)
        }
    }

    @Test("pictures as paths stay below the root, and the result lies beside them")
    func paths() async throws {
        try await withGallery { client, root in
            try FileManager.default.createDirectory(atPath: "\(root)/photos/me", withIntermediateDirectories: true)
            try Data(try Stub.png(of: .anna)).write(to: URL(fileURLWithPath: "\(root)/photos/me/anna.png"))
            try Data(try Stub.png(of: .anna)).write(to: URL(fileURLWithPath: "\(root)/secret.png"))
            try FileManager.default.createSymbolicLink(
                atPath: "\(root)/photos/link.png",
                withDestinationPath: "\(root)/secret.png"
            )
            func run(_ path: String) async throws -> WireResponse {
                try await client.json("POST", "/detect", "{\"user_Id\":\"u\",\"inputImage\":\"\(path)\"}")
            }
            let good = try await run("me/anna.png")
            #expect(good.object["outputImage"] as? String == "me/anna_detect.png")
            #expect(FileManager.default.fileExists(atPath: "\(root)/photos/me/anna_detect.png"))
            for path in ["../secret.png", "me/../../secret.png", "\(root)/secret.png", "link.png", "missing.png", ""] {
                let bad = try await run(path)
                #expect(bad.status == 500, "\(path)")
                #expect(bad.object["error"] is String)
                #expect(!bad.text.contains(root))
            }
        }
    }

    @Test("the gallery is built, recognised and fused with")
    func gallery() async throws {
        try await withGallery { client, _ in
            let before = try await client.json("POST", "/recognize", body(try Stub.png(of: .anna)))
            #expect(before.status == 500)
            #expect(before.object["error"] as? String == "the gallery is empty")
            for _ in 0..<2 {
                let built = try await client.send("GET", "/rest/init_compare_image")
                #expect((built.status, built.text) == (200, "{\"status\":true}"))
            }
            let found = try await client.json(
                "POST",
                "/rest/recognize",
                body(try Stub.png(.init(x: 9, y: 9, person: .bob)))
            )
            #expect(found.object["type"] as? String == "recognize")
            #expect(found.object["outputImage"] as? String == Data(try Stub.png(of: .bob)).base64EncodedString())
            for path in ["/fusion", "/rest/fusion", "/face_fusion", "/rest/face_fusion"] {
                let fused = try await client.json("POST", path, body(try Stub.png(of: .anna)))
                #expect(fused.status == 200)
                #expect(fused.object["type"] as? String == "fusion")
                let picture = try #require((fused.object["outputImage"] as? String).flatMap { Data(base64Encoded: $0) })
                // The stub writes the weight into the first pixel.
                #expect(try Image(decoding: [UInt8](picture)).pixels[0] == 75)
            }
            let several = try Stub.png(.init(x: 10, y: 10), .init(x: 100, y: 100))
            for path in ["/recognize", "/fusion"] {
                let refused = try await client.json("POST", path, body(several))
                #expect(refused.status == 500)
                #expect(refused.object["error"] as? String == "2 faces were found where one is wanted")
            }
        }
    }

    @Test("history has every successful call, oldest first, with both names of the time")
    func history() async throws {
        try await with { client in
            let none = try await client.json("POST", "/user/getHistory", "{\"openId\":\"ab12\"}")
            #expect(none.text == "{\"history\":[]}")
            _ = try await client.json("POST", "/detect", body(try Stub.png(of: .anna)))
            _ = try await client.json("POST", "/detect", body(try Stub.empty()))
            _ = try await client.json("POST", "/detect", body(try Stub.png(of: .bob)))
            let response = try await client.json("POST", "/rest/user/getHistory", "{\"openId\":\"ab12\"}")
            let entries = try #require(response.object["history"] as? [[String: Any]])
            #expect(entries.count == 2)
            for entry in entries {
                #expect(
                    Set(entry.keys) == ["user_Id", "history_id", "type", "time", "datetime", "outputImage"]
                )
                #expect(entry["history_id"] is Int)
                #expect(entry["time"] as? String == entry["datetime"] as? String)
            }
            let ids = entries.compactMap { $0["history_id"] as? Int }
            #expect(ids == ids.sorted())
        }
    }

    @Test("save inserts, replaces and refuses")
    func save() async throws {
        try await with { client in
            _ = try await client.json("POST", "/detect", body(try Stub.png(of: .anna)))
            func save(_ user: String, _ id: String, _ type: String = "fusion") async throws -> String {
                try await client.json(
                    "POST",
                    "/save",
                    "{\"user_Id\":\"\(user)\",\"history_id\":\(id),\"type\":\"\(type)\","
                        + "\"time\":\"Fri, 19 Apr 2019 20:12:21 GMT\",\"outputImage\":\"x\"}"
                ).text
            }
            #expect(try await save("ab12", "1") == "true")
            #expect(try await save("ab12", "\"1\"") == "true")
            #expect(try await save("other", "1") == "false")
            #expect(try await save("ab12", "1", "dance") == "false")
            #expect(try await save("ab12", "77") == "true")
            let entries =
                try await client.json("POST", "/user/getHistory", "{\"openId\":\"ab12\"}").object["history"]
                as? [[String: Any]]
            #expect(
                entries?.map { $0["time"] as? String } == [String](repeating: "Fri, 19 Apr 2019 20:12:21 GMT", count: 2)
            )
            #expect(
                try await client.json("POST", "/save", "{\"user_Id\":\"a\"}").text
                    == "{\"error\":\"Missing key: history_id\"}"
            )
        }
    }

    @Test("recognize and fusion of a path answer with a file name and with a path")
    func pathResults() async throws {
        try await withGallery { client, root in
            _ = try await client.send("GET", "/init_compare_image")
            try Data(try Stub.png(.init(x: 9, y: 9, person: .bob))).write(
                to: URL(fileURLWithPath: "\(root)/photos/me.png")
            )
            func run(_ operation: String) async throws -> String? {
                let body = "{\"user_Id\":\"u\",\"inputImage\":\"me.png\"}"
                return try await client.json("POST", "/\(operation)", body).object["outputImage"] as? String
            }
            #expect(try await run("recognize") == "bob.png")
            #expect(try await run("fusion") == "me_fusion.png")
            let fused = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(root)/photos/me_fusion.png")))
            #expect(try Image(decoding: fused).pixels[0] == 75)
            // What a computer made says so, wherever it is kept.
            #expect(SyntheticMark.isPresent(in: fused))
        }
    }

    @Test("the weight of the gallery's face is a setting")
    func weight() async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try Data(try Stub.png(of: .anna)).write(to: URL(fileURLWithPath: "\(root)/anna.png"))
        var settings = FaceFusionSettings()
        (settings.galleryFolder, settings.weight) = (root, 0.25)
        try await with(settings) { client in
            _ = try await client.send("GET", "/init_compare_image")
            let fused = try await client.json("POST", "/fusion", body(try Stub.png(of: .anna)))
            let picture = try #require((fused.object["outputImage"] as? String).flatMap { Data(base64Encoded: $0) })
            #expect(try Image(decoding: [UInt8](picture)).pixels[0] == 25)
        }
    }

    @Test("without a gallery folder there is no gallery; trailing slashes are let pass")
    func noGallery() async throws {
        try await with { client in
            let built = try await client.send("GET", "/rest/init_compare_image")
            #expect((built.status, built.text) == (500, "{\"error\":\"no gallery folder is configured\"}"))
            #expect(try await client.json("POST", "/checkUser/", "{\"openId\":\"a\"}").text == "{\"status\":false}")
            let missing = try await client.json("POST", "/checkUser", "{}")
            #expect((missing.status, missing.text) == (400, "{\"error\":\"Missing key: openId\"}"))
        }
    }

    @Test("a body beyond the limit is 413, what nobody foresaw 500, both in JSON")
    func limits() async throws {
        var settings = FaceFusionSettings()
        settings.bodyLimit = 1000
        try await with(settings) { client in
            let large = try await client.json("POST", "/detect", String(repeating: " ", count: 5000))
            #expect(large.status == 413)
            #expect(large.object["error"] is String)
        }
        try await LiveServer.with(
            { FaceFusionRoutes(service: $0, galleries: $1, journal: MemoryFusionJournal()) },
            stages: Stub.makeStages(embedder: FailingEmbedder())
        ) { client in
            let failed = try await client.json("POST", "/recognize", body(try Stub.png(of: .anna)))
            #expect((failed.status, failed.text) == (500, "{\"error\":\"Internal Server Error\"}"))
        }
    }

    @Test("errors are JSON")
    func errors() async throws {
        try await with { client in
            for path in ["/checkUser", "/detect", "/recognize", "/fusion", "/save", "/user/getHistory"] {
                let type = try await client.send(
                    "POST",
                    path,
                    headers: ["Content-Type": "text/plain"],
                    body: [123, 125]
                )
                #expect((type.status, type.text) == (405, "{\"error\":\"Request not contains any json data.\"}"))
                let text = try await client.json("POST", path, "{broken")
                #expect(text.status == 400)
                #expect(text.object["error"] is String)
                let method = try await client.send("GET", path)
                #expect(method.status == 405)
                #expect(method.headers["allow"] == "POST")
                #expect(method.object["error"] is String)
            }
            let key = try await client.json("POST", "/detect", "{\"user_Id\":\"x\"}")
            #expect((key.status, key.text) == (400, "{\"error\":\"Missing key: inputImage\"}"))
            let user = try await client.json("POST", "/detect", "{\"inputImage\":\"x\"}")
            #expect((user.status, user.text) == (400, "{\"error\":\"Missing key: user_Id\"}"))
            let plus = try await client.json(
                "POST",
                "/checkUser",
                "{\"openId\":\"q\"}",
                headers: ["Content-Type": "application/vnd.x+json"]
            )
            #expect(plus.status == 200)
            let unreadable = try await client.json("POST", "/detect", body(Array("no picture at all".utf8)))
            #expect(unreadable.status == 500)
            let noFace = try await client.json("POST", "/detect", body(try Stub.empty()))
            #expect((noFace.status, noFace.text) == (500, "{\"error\":\"no face was found\"}"))
            let path = try await client.send("GET", "/nothing")
            #expect((path.status, path.text) == (404, "{\"error\":\"Not Found\"}"))
            #expect(try await client.send("GET", "/rest/hello").text == "{\"hello\":\"world\"}")
        }
    }
}
