// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import FaceKitTestSupport
import Foundation
import Testing

@Suite("mtcnn_demo over a socket")
struct MTCNNContractTests {
    private static let token = ["Authorization": "token"]

    private func with(
        blur: Float = 0,
        _ test: (WireClient) async throws -> Void
    ) async throws {
        var settings = MTCNNSettings()
        settings.tokens = ["token", "a second one"]
        settings.blurThreshold = blur
        try await LiveServer.with({ service, _ in MTCNNRoutes(service: service, settings: settings) }, test)
    }

    @Test("welcome and probes are text")
    func plain() async throws {
        try await with { client in
            let welcome = try await client.send("GET", "/")
            #expect((welcome.status, welcome.text) == (200, "Hello, face"))
            #expect(welcome.headers["content-type"] == "text/html; charset=UTF-8")
            let live = try await client.send("GET", "/livez")
            #expect(live.status == 200)
            #expect(live.text.hasSuffix(" live ^_^ "))
            #expect(Double(live.text.split(separator: " ")[0]) != nil)
            let ready = try await client.send("GET", "/readyz")
            #expect((ready.status, ready.text) == (200, " ready  ^_^"))
        }
    }

    @Test(
        "the token is compared as a whole, before the body is read",
        arguments: [
            (nil, 401, "Unauthorized"), ("", 401, "Unauthorized"), ("t", 403, "Forbidden"),
            ("tokens", 403, "Forbidden"),
            ("token", 400, "Upload failed, no files found ^_^"),
            ("a second one", 400, "Upload failed, no files found ^_^"),
            ("Bearer token", 400, "Upload failed, no files found ^_^"),
        ] as [(String?, Int, String)]
    )
    func token(sent: String?, status: Int, text: String) async throws {
        try await with { client in
            for path in ["/upload", "/uploads"] {
                let headers = sent.map { ["Authorization": $0] } ?? [:]
                let response = try await client.json("POST", path, "{}", headers: headers)
                #expect(response.status == status)
                #expect(response.text == text)
                #expect(response.headers["content-type"] == "text/html; charset=UTF-8")
            }
        }
    }

    @Test("upload: every key, their types, and the numbers")
    func upload() async throws {
        let picture = try Stub.png(
            .init(x: 20, y: 30, green: 255),
            .init(x: 100, y: 20, side: 60, person: .bob, green: 255),
            .init(x: 100, y: 120, person: .carl, green: 100)
        )
        try await with { client in
            let form = WireForm().file("image", "people.png", picture).file("image", "other.png", try Stub.empty())
            let response = try await client.form("/upload", form, headers: Self.token)
            #expect(response.status == 200)
            #expect(response.headers["content-type"] == "application/json")
            let body = response.object
            #expect((body["image_id"] as? String)?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
            #expect(body["face_total"] as? Int == 3)
            #expect(body["face_total_resp"] as? Int == 3)
            // One is unsure, one is turned by 60 degrees.
            #expect(body["face_efficient_total_resp"] as? Int == 1)
            #expect(body["face_confidence_neglect_total_resp"] as? Int == 1)
            #expect(body["face_blur_neglect_total_resp"] as? Int == 0)
            #expect(body["face_hopenet_neglect_total_resp"] as? Int == 1)
            #expect((body["mark_image_face_b64"] as? String)?.hasPrefix("/9j/") == true)
            let faces = try #require(body["resp"] as? [[String: Any]])
            try #require(faces.count == 1)
            let face = faces[0]
            #expect((face["face_id"] as? String)?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
            #expect(face["face_coordinate"] as? [Int] == [20, 30, 40, 40])
            #expect(face["face_pose"] as? [String: Double] == ["pitch": -3.5, "yaw": 12.5, "roll": 0.75])
            #expect(face["face_confidence"] as? Double == 1)
            #expect(face["face_blur"] is Double)
            let points = try #require(face["facie5points"] as? [String: [Int]])
            #expect(Set(points.keys) == ["left_eye", "right_eye", "nose", "mouth_left", "mouth_right"])
            // Left is the viewer's.
            #expect(points["left_eye"] == [32, 46])
            #expect(points["right_eye"] == [48, 46])
            #expect((face["face_native_image_b64"] as? String)?.hasPrefix("/9j/") == true)
            for (key, width, height) in [("face_native_images_b64", 100, 100), ("face_align_images_b64", 112, 112)] {
                let text = try #require(face[key] as? String)
                #expect(text.hasPrefix("iVBOR"))
                let image = try Image(decoding: [UInt8](try #require(Data(base64Encoded: text))))
                #expect((image.width, image.height) == (width, height))
            }
        }
    }

    @Test("a picture without faces is a success with the picture unchanged")
    func noFaces() async throws {
        try await with { client in
            let response = try await client.form(
                "/upload",
                WireForm().file("image", "empty.png", try Stub.empty()),
                headers: Self.token
            )
            #expect(response.status == 200)
            #expect(response.object["face_total"] as? Int == 0)
            #expect((response.object["resp"] as? [Any])?.isEmpty == true)
            #expect((response.object["mark_image_face_b64"] as? String)?.hasPrefix("/9j/") == true)
        }
    }

    @Test("blurred faces are dropped before poses are looked at")
    func blur() async throws {
        try await with(blur: 1e6) { client in
            let response = try await client.form(
                "/upload",
                WireForm().file("image", "a.png", try Stub.png(.init(x: 20, y: 20, side: 60, green: 255))),
                headers: Self.token
            )
            #expect(response.object["face_blur_neglect_total_resp"] as? Int == 1)
            #expect(response.object["face_hopenet_neglect_total_resp"] as? Int == 0)
            #expect(response.object["face_efficient_total_resp"] as? Int == 0)
        }
    }

    @Test("uploads: one object for each picture that can be decoded, in order")
    func uploads() async throws {
        try await with { client in
            let form = WireForm().file("image", "a.png", try Stub.png(of: .anna))
                .file("image", "broken.png", Array("broken".utf8))
                .file("other", "b.png", try Stub.png(of: .bob))
                .file("image", "c.png", try Stub.empty())
            let response = try await client.form("/uploads", form, headers: Self.token)
            #expect(response.status == 200)
            let pictures = try #require(response.json as? [[String: Any]])
            #expect(pictures.compactMap { $0["face_total"] as? Int } == [1, 0])
            let none = try await client.form(
                "/uploads",
                WireForm().file("image", "x.png", [1, 2, 3]),
                headers: Self.token
            )
            #expect((none.status, none.text) == (200, "[]"))
        }
    }

    @Test("errors are text")
    func errors() async throws {
        try await with { client in
            let broken = try await client.form(
                "/upload",
                WireForm().file("image", "bad.jpg", Array("broken".utf8)),
                headers: Self.token
            )
            #expect(broken.status == 400)
            #expect(broken.text == "File bad.jpg uploaded successfully, parsing failed, image incomplete ^_^")
            let missing = try await client.form(
                "/upload",
                WireForm().file("picture", "a.png", try Stub.empty()),
                headers: Self.token
            )
            #expect((missing.status, missing.text) == (400, "Upload failed, no files found ^_^"))
            #expect(try await client.send("GET", "/upload", headers: Self.token).status == 405)
            #expect(try await client.send("GET", "/token").status == 404)
            #expect(try await client.send("GET", "/nothing").status == 404)
        }
    }

    @Test("the variants' base64 endpoint works")
    func base64() async throws {
        try await with { client in
            let picture = Data(try Stub.png(of: .anna)).base64EncodedString()
            let body = "{\"image_b64\":\"\(picture)\"}"
            let response = try await client.json("POST", "/b64_detect_face", body, headers: Self.token)
            #expect(response.object["face_total"] as? Int == 1)
            #expect(try await client.json("POST", "/b64_detect_face", body).status == 401)
        }
    }

    /// Has one picture, at one address.
    private struct StubFetcher: PictureFetcher {
        let picture: [UInt8]

        func fetch(_ address: String, limit: Int) throws(PictureFetcherFault) -> [UInt8] {
            guard address.hasPrefix("http://pictures/") else { throw .refused }
            guard address.hasSuffix("/anna.png") else { throw .failed }
            return picture
        }
    }

    @Test("pictures by their address, where hosts are named")
    func addresses() async throws {
        var settings = MTCNNSettings()
        settings.tokens = ["token"]
        let fetcher = StubFetcher(picture: try Stub.png(of: .anna))
        try await LiveServer.with(
            { service, _ in MTCNNRoutes(service: service, settings: settings, fetcher: fetcher) }
        ) { client in
            let path = "/url_detect_face?image_url=http%3A%2F%2F"
            let good = try await client.send("GET", path + "pictures%2Fanna.png", headers: Self.token)
            #expect(good.object["face_total"] as? Int == 1)
            let gone = try await client.send("GET", path + "pictures%2Fbob.png", headers: Self.token)
            #expect(
                (gone.status, gone.text)
                    == (400, "File bob.png uploaded successfully, parsing failed, image incomplete ^_^")
            )
            for refused in [path + "169.254.169.254%2Fanna.png", "/url_detect_face"] {
                let response = try await client.send("GET", refused, headers: Self.token)
                #expect((response.status, response.text) == (400, "Upload failed, no files found ^_^"))
            }
            #expect(try await client.send("GET", path + "pictures%2Fanna.png").status == 401)
        }
        try await with { client in
            let response = try await client.send("GET", "/url_detect_face?image_url=x", headers: Self.token)
            #expect(response.status == 404)
        }
    }

    @Test("the token is told only where that is switched on")
    func servedToken() async throws {
        var settings = MTCNNSettings()
        (settings.tokens, settings.servesToken) = (["token"], true)
        try await LiveServer.with({ service, _ in MTCNNRoutes(service: service, settings: settings) }) { client in
            let response = try await client.send("GET", "/token")
            #expect(response.object["token"] as? String == "token")
        }
    }

    @Test("crops and marked pictures are written where that is switched on")
    func objectification() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var settings = MTCNNSettings()
        (settings.tokens, settings.blurThreshold, settings.objectificationFolder) = (["token"], 0, folder)
        try await LiveServer.with({ service, _ in MTCNNRoutes(service: service, settings: settings) }) { client in
            let form = WireForm().file("image", "a.png", try Stub.png(.init(x: 20, y: 30, green: 255)))
            #expect(try await client.form("/upload", form, headers: Self.token).status == 200)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == 5)
        #expect(names.contains { $0.wholeMatch(of: /[0-9a-f]{5}_1\.00000_native_image_\.jpg/) != nil })
        #expect(names.contains { $0.wholeMatch(of: /[0-9a-f]{5}_native_images_\.jpg/) != nil })
        #expect(names.contains { $0.wholeMatch(of: /[0-9a-f]{5}_\d+\.jpg/) != nil })
        #expect(names.contains { $0.wholeMatch(of: /[0-9a-f]{5}p_-3\.50_y_12\.50_r_0\.75_\d+_\.jpg/) != nil })
        for name in names {
            let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
            #expect(ImageFormat(recognizing: bytes) == .jpeg)
        }
    }

    @Test("a failure of ours is 500 with the file's name, which a browser does not take for HTML")
    func failure() async throws {
        var settings = MTCNNSettings()
        settings.tokens = ["token"]
        try await LiveServer.with(
            { service, _ in MTCNNRoutes(service: service, settings: settings) },
            stages: LackingStages(hasDetector: false)
        ) { client in
            let form = WireForm().file("image", "<b>.png", try Stub.png(of: .anna))
            for path in ["/upload", "/uploads"] {
                let response = try await client.form(path, form, headers: Self.token)
                #expect(response.status == 500)
                #expect(
                    response.text
                        == "File &lt;b&gt;.png uploaded successfully, parsing failed for unknown reason ^_^"
                )
            }
            #expect(try await client.send("GET", "/readyz").status == 503)
        }
    }

    @Test("a body beyond the limit is 413")
    func tooLarge() async throws {
        var settings = MTCNNSettings()
        (settings.tokens, settings.bodyLimit) = (["token"], 1000)
        try await LiveServer.with({ service, _ in MTCNNRoutes(service: service, settings: settings) }) { client in
            let form = WireForm().file("image", "a.png", [UInt8](repeating: 0, count: 5000))
            let response = try await client.form("/upload", form, headers: Self.token)
            #expect(response.status == 413)
        }
    }

    @Test("without a pose model the server is not ready")
    func notReady() async throws {
        let pool = ComputePool(workers: 1, waiting: 1)
        let stages = FixedStages(
            detector: StubDetector(),
            recognizer: Recognizer(name: "stub", aligner: StubAligner(), embedder: StubEmbedder(), inputSize: (8, 8))
        )
        let system = MTCNNRoutes(service: FaceService(stages: stages, pool: pool))
        try await LiveServer.with([Mount(system)], pool: pool) { client in
            let response = try await client.send("GET", "/readyz")
            #expect((response.status, response.text) == (503, "Service Unavailable"))
        }
    }
}
