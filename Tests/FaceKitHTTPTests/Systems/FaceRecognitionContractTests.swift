// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import FaceKitStore
import FaceKitTestSupport
import Foundation
import Testing

@Suite("FaceRecognition over a socket")
struct FaceRecognitionContractTests {
    private func with(
        _ settings: FaceRecognitionSettings = .init(),
        _ test: (WireClient) async throws -> Void
    ) async throws {
        try await LiveServer.with(
            { FaceRecognitionRoutes(service: $0, galleries: $1, settings: settings) },
            test
        )
    }

    private func detect(_ client: WireClient, _ picture: [UInt8]) async throws -> [String: Any] {
        try await client.form("/detect", WireForm().file("image_file", "a.png", picture)).object
    }

    private func token(_ client: WireClient, _ person: Stub.Person) async throws -> String {
        let faces = try await detect(client, try Stub.png(of: person))["faces"] as? [[String: Any]]
        return try #require(faces?.first?["face_token"] as? String)
    }

    /// The status is 200 and the body is exactly the error.
    private func expect(_ response: WireResponse, _ code: String, _ message: String) {
        #expect(response.status == 200)
        #expect(response.text == "{\"sucess\":false,\"error_code\":\"\(code)\",\"error_msg\":\"\(message)\"}")
    }

    @Test("detect gives a token and whole-number corners for each face, the largest first")
    func detect() async throws {
        try await with { client in
            let body = try await detect(
                client,
                try Stub.png(.init(x: 20, y: 30), .init(x: 100, y: 60, side: 70, person: .bob))
            )
            #expect(body["sucess"] as? Bool == true)
            #expect(body["success"] == nil)
            #expect(body["face_num"] as? Int == 2)
            let faces = try #require(body["faces"] as? [[String: Any]])
            #expect(Set(faces[0].keys) == ["face_token", "face_name", "top_left", "bottom_right"])
            #expect(faces[0]["top_left"] as? [Int] == [100, 60])
            #expect(faces[0]["bottom_right"] as? [Int] == [170, 130])
            #expect(faces[1]["top_left"] as? [Int] == [20, 30])
            let tokens = faces.compactMap { $0["face_token"] as? String }
            #expect(Set(tokens).count == 2)
            #expect(tokens.allSatisfy { $0.wholeMatch(of: /[A-Za-z0-9]{24}/) != nil })
            #expect((faces[0]["face_name"] as? String)?.wholeMatch(of: /[0-9a-f-]{36}\.jpg/) != nil)
        }
    }

    @Test("a picture without faces has an empty list")
    func noFaces() async throws {
        try await with { client in
            let response = try await client.form("/detect", WireForm().file("image_file", "a.png", try Stub.empty()))
            #expect(response.text == "{\"sucess\":true,\"face_num\":0,\"faces\":[]}")
        }
    }

    @Test("what detect refuses")
    func detectErrors() async throws {
        let picture = try Stub.png(of: .anna)
        let tiny = try Stub.png(width: 40, height: 100)
        try await with { client in
            expect(try await client.form("/detect", WireForm().field("x", "y")), "1005", "UPLOAD_ERROR")
            expect(try await client.json("POST", "/detect", "{}"), "1005", "UPLOAD_ERROR")
            for name in ["", "a.gif", "noending"] {
                let form = WireForm().file("image_file", name, picture)
                expect(try await client.form("/detect", form), "1005", "UPLOAD_ERROR")
            }
            for (name, bytes) in [
                ("a.png", Array("broken".utf8)), ("a.JPEG", tiny), ("a.jpg", [UInt8](repeating: 1, count: 2_200_000)),
            ] {
                let form = WireForm().file("image_file", name, bytes)
                expect(try await client.form("/detect", form), "1004", "FIlE_ERROR")
            }
        }
    }

    @Test("tokens go into the face set, are found, renamed and taken out")
    func faceSet() async throws {
        try await with { client in
            let anna = try await token(client, .anna)
            let bob = try await token(client, .bob)
            let added = try await client.send("GET", "/addface?face_token=\(anna)&face_name=anna%20b")
            #expect(
                added.text
                    == "{\"sucess\":true,\"face_token\":\"\(anna)\",\"face_neme\":\"anna b\",\"face_name\":\"anna b\"}"
            )
            #expect(
                try await client.send("GET", "/addface?face_token=\(bob)").object["face_neme"] as? String == "unknown"
            )
            let again = try await client.send("GET", "/addface?face_token=\(anna)&face_name=eve")
            #expect(again.object["face_neme"] as? String == "eve")

            let probe = try await token(client, .anna)
            let found = try await client.send("GET", "/search?face_token=\(probe)&threshold=0.65")
            #expect(found.object["sucess"] as? Bool == true)
            #expect(found.object["face_token"] as? String == probe)
            #expect(found.object["threshold"] as? String == "0.65")
            #expect(found.object["threshlod"] as? String == "0.65")
            let results = try #require(found.object["cmp_result"] as? [[String: Any]])
            #expect(results.count == 1)
            #expect(Set(results[0].keys) == ["face_token", "distant", "face_name"])
            #expect(results[0]["face_token"] as? String == anna)
            #expect(results[0]["face_name"] as? String == "eve")
            #expect(try #require(results[0]["distant"] as? Double) < 0.01)

            // The searched token itself is left out; all others are within 2, by rising distance.
            let all = try await client.send("GET", "/search?face_token=\(anna)&threshold=2.0")
            let others = try #require(all.object["cmp_result"] as? [[String: Any]])
            #expect(others.compactMap { $0["face_token"] as? String } == [bob])

            let removed = try await client.send("GET", "/removeface?face_token=\(anna)")
            #expect(removed.text == "{\"sucess\":true,\"face_token\":\"\(anna)\"}")
            expect(try await client.send("GET", "/removeface?face_token=\(anna)"), "1006", "FACE_TOKEN_ERROR")
            // The temporary entry is still there.
            let still = try await client.send("GET", "/search?face_token=\(anna)&threshold=0.65")
            #expect((still.object["cmp_result"] as? [Any])?.isEmpty == true)
        }
    }

    @Test("search by picture uses the largest face and gives a token that can be used")
    func searchPicture() async throws {
        try await with { client in
            let anna = try await token(client, .anna)
            _ = try await client.send("GET", "/addface?face_token=\(anna)&face_name=anna")
            let picture = try Stub.png(
                .init(x: 10, y: 10, side: 30, person: .bob),
                .init(x: 90, y: 90, side: 60, person: .anna)
            )
            let form = WireForm().file("image_file", "a.png", picture).field("threshold", "0.65")
            let found = try await client.form("/search", form)
            #expect((found.object["cmp_result"] as? [[String: Any]])?.first?["face_name"] as? String == "anna")
            let token = try #require(found.object["face_token"] as? String)
            let again = try await client.send("GET", "/search?face_token=\(token)&threshold=0.65")
            #expect(again.object["sucess"] as? Bool == true)
        }
    }

    @Test("what search refuses")
    func searchErrors() async throws {
        let picture = try Stub.png(of: .anna)
        try await with { client in
            for query in ["", "?face_token=x", "?threshold=1", "?face_token=&threshold=1"] {
                expect(try await client.send("GET", "/search\(query)"), "1002", "MISSING_ARGUMENTS")
            }
            for threshold in ["abc", "-1", "nan", "inf"] {
                let path = "/search?face_token=x&threshold=\(threshold)"
                expect(try await client.send("GET", path), "1001", "BAD_ARGUMENTS")
            }
            expect(
                try await client.send("GET", "/search?face_token=unknown&threshold=0.5"),
                "1006",
                "FACE_TOKEN_ERROR"
            )
            let file = WireForm().file("image_file", "a.png", picture)
            expect(try await client.form("/search", file), "1005", "UPLOAD_ERROR")
            expect(try await client.form("/search", WireForm().field("threshold", "1")), "1005", "UPLOAD_ERROR")
            expect(try await client.form("/search", file.field("threshold", "")), "1002", "MISSING_ARGUMENTS")
            expect(try await client.form("/search", file.field("threshold", "x")), "1001", "BAD_ARGUMENTS")
            let gif = WireForm().file("image_file", "a.gif", picture).field("threshold", "1")
            expect(try await client.form("/search", gif), "1004", "FIlE_ERROR")
            let empty = WireForm().file("image_file", "a.png", try Stub.empty()).field("threshold", "1")
            expect(try await client.form("/search", empty), "1007", "FACE_INFO_ERROR")
        }
    }

    @Test("what addface and removeface refuse")
    func setErrors() async throws {
        try await with { client in
            expect(try await client.send("GET", "/addface"), "1002", "MISSING_ARGUMENTS")
            expect(try await client.send("GET", "/removeface"), "1002", "MISSING_ARGUMENTS")
            expect(try await client.send("GET", "/addface?face_token=x"), "1006", "FACE_TOKEN_ERROR")
            expect(try await client.send("GET", "/removeface?face_token=x"), "1006", "FACE_TOKEN_ERROR")
            let long = String(repeating: "n", count: 256)
            expect(
                try await client.send("GET", "/addface?face_token=x&face_name=\(long)"),
                "1001",
                "BAD_ARGUMENTS"
            )
        }
    }

    @Test("uploads are stored, shown, and nothing outside their folder is")
    func stored() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        var settings = FaceRecognitionSettings()
        settings.uploadFolder = folder.appendingPathComponent("uploads").path
        settings.cropFolder = folder.appendingPathComponent("crops").path
        settings.keptFiles = 2
        try await with(settings) { client in
            for _ in 0..<3 { _ = try await token(client, .anna) }
            let uploads = try FileManager.default.contentsOfDirectory(atPath: settings.uploadFolder ?? "")
            let crops = try FileManager.default.contentsOfDirectory(atPath: settings.cropFolder ?? "")
            #expect((uploads.count, crops.count) == (2, 2))
            let shown = try await client.send("GET", "/show_photo/\(uploads[0])")
            #expect(shown.headers["content-type"] == "image/png")
            #expect(shown.body == (try Stub.png(of: .anna)))
            let attachment = try await client.send("GET", "/download/\(uploads[0])")
            #expect(attachment.headers["content-disposition"]?.hasPrefix("attachment") == true)
            for name in ["nothing.png", "..%2Fcrops%2F\(crops[0])", "%2e%2e", "..%5C\(uploads[0])"] {
                #expect(try await client.send("GET", "/download/\(name)").status == 404)
            }
            #expect(try await client.send("GET", "/upload").headers["content-type"]?.hasPrefix("text/html") == true)
        }
    }

    @Test("temporary faces are bounded")
    func bounded() async throws {
        var settings = FaceRecognitionSettings()
        settings.temporaryFaces = 2
        try await with(settings) { client in
            let first = try await token(client, .anna)
            for _ in 0..<2 { _ = try await token(client, .bob) }
            expect(
                try await client.send("GET", "/search?face_token=\(first)&threshold=1"),
                "1006",
                "FACE_TOKEN_ERROR"
            )
        }
    }

    @Test("results come by rising distance, and the threshold as it was sent")
    func order() async throws {
        try await with { client in
            for person in [Stub.Person.bob, .carl, .anna] {
                let token = try await token(client, person)
                _ = try await client.send("GET", "/addface?face_token=\(token)&face_name=\(person)")
            }
            let form = WireForm().file("image_file", "a.PNG", try Stub.png(of: .anna)).field("threshold", " 2.0e0")
            let found = try await client.form("/search", form)
            #expect(found.object["threshold"] as? String == " 2.0e0")
            #expect(found.object["threshlod"] as? String == " 2.0e0")
            let results = try #require(found.object["cmp_result"] as? [[String: Any]])
            #expect(results.compactMap { $0["face_name"] as? String } == ["anna", "carl", "bob"])
            let distances = results.compactMap { $0["distant"] as? Double }
            #expect(distances == distances.sorted() && distances.allSatisfy { (0...2).contains($0) })
        }
    }

    @Test("the distance of a map is that of the document, a native one the embedder's")
    func distances() async throws {
        for (distance, expected) in [(FaceRecognitionSettings.Distance.mapped, 0.65), (.native, 1)] {
            var settings = FaceRecognitionSettings()
            settings.distance = distance
            // The stub's operating point is a cosine of 0.5, a distance of 1; anna and carl are about that far apart.
            let (anna, carl) = ([250.0, 10, 1], [200.0, 200, 1])
            let product = zip(anna, carl).map { $0 * $1 }.reduce(0, +)
            let lengths = [anna, carl].map { $0.map { $0 * $0 }.reduce(0, +).squareRoot() }
            let own = (2 - 2 * product / (lengths[0] * lengths[1])).squareRoot()
            try await with(settings) { client in
                let carl = try await token(client, .carl)
                _ = try await client.send("GET", "/addface?face_token=\(carl)")
                let anna = try await token(client, .anna)
                let found = try await client.send("GET", "/search?face_token=\(anna)&threshold=2")
                let results = try #require(found.object["cmp_result"] as? [[String: Any]])
                let measured = try #require(results.first?["distant"] as? Double)
                #expect(abs(measured - own * expected) < 1e-3)
            }
        }
    }

    @Test("the face set is there after a restart, temporary faces are not")
    func restart() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appendingPathComponent("galleries.sqlite").path
        func serve(_ test: (WireClient) async throws -> Void) async throws {
            let pool = ComputePool(workers: 1, waiting: 4)
            let system = FaceRecognitionRoutes(
                service: FaceService(stages: Stub.stages, pool: pool),
                galleries: try await SQLiteGalleryStore(path: path)
            )
            try await LiveServer.with([Mount(system)], pool: pool, test)
        }
        var (kept, lost) = ("", "")
        try await serve { client in
            kept = try await token(client, .anna)
            lost = try await token(client, .bob)
            _ = try await client.send("GET", "/addface?face_token=\(kept)&face_name=anna")
        }
        try await serve { client in
            let found = try await client.send("GET", "/search?face_token=\(kept)&threshold=0.65")
            #expect(found.object["sucess"] as? Bool == true)
            expect(
                try await client.send("GET", "/search?face_token=\(lost)&threshold=0.65"),
                "1006",
                "FACE_TOKEN_ERROR"
            )
            let probe = try await token(client, .anna)
            let again = try await client.send("GET", "/search?face_token=\(probe)&threshold=0.65")
            let names = (again.object["cmp_result"] as? [[String: Any]])?.compactMap { $0["face_name"] as? String }
            #expect(names == ["anna"])
        }
    }

    @Test("pictures of 48 to 4096 pixels a side", arguments: [(47, 60), (60, 47), (4097, 60), (60, 4097)])
    func sides(width: Int, height: Int) async throws {
        try await with { client in
            let outside = WireForm().file("image_file", "a.png", try Stub.png(width: width, height: height))
            expect(try await client.form("/detect", outside), "1004", "FIlE_ERROR")
            let (inside, across) = (min(max(width, 48), 4096), min(max(height, 48), 4096))
            let form = WireForm().file("image_file", "a.png", try Stub.png(width: inside, height: across))
            #expect(try await client.form("/detect", form).object["sucess"] as? Bool == true)
        }
    }

    @Test("what nobody foresaw is 1003, without details")
    func failure() async throws {
        try await LiveServer.with(
            { FaceRecognitionRoutes(service: $0, galleries: $1) },
            stages: Stub.makeStages(embedder: FailingEmbedder())
        ) { client in
            let form = WireForm().file("image_file", "a.png", try Stub.png(of: .anna))
            expect(try await client.form("/detect", form), "1003", "INTERNAL_ERROR")
        }
    }

    @Test("wrong methods are 405")
    func routing() async throws {
        try await with { client in
            let answer = try await client.send("GET", "/detect")
            #expect(answer.status == 405)
            #expect(try await client.send("POST", "/addface").status == 405)
            #expect(try await client.send("GET", "/nothing").status == 404)
            #expect(try await client.send("POST", "/detect/", headers: ["Content-Type": "text/plain"]).status == 200)
        }
    }

    @Test("the distance scale keeps order and puts the reference at the operating point")
    func scale() {
        let scale = DistanceScale(own: 1.1, reference: 0.65)
        #expect(scale.applied(to: 0) == 0)
        #expect(abs(scale.applied(to: 1.1) - 0.65) < 1e-6)
        #expect(abs(scale.applied(to: 2) - 2) < 1e-6)
        let mapped = stride(from: Float(0), through: 2, by: 0.01).map(scale.applied(to:))
        #expect(zip(mapped, mapped.dropFirst()).allSatisfy { $0 < $1 })
        for distance in stride(from: Float(0), through: 2, by: 0.1) {
            #expect(abs(scale.inverse(of: scale.applied(to: distance)) - distance) < 1e-5)
        }
    }
}
