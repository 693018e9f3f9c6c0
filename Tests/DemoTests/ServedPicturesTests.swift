// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

/// The contracts over sockets with real networks and real people: what stubs cannot show, that the right pixels reach the
/// right network and that what comes out means what the contract says.
@Suite(
    .enabled(
        if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
        "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
    ),
    .serialized
)
struct ServedPicturesTests {
    private static let key = "00000000-0000-0000-0000-00000000000"

    /// The path of a person's picture, counted from 1.
    private func path(_ person: String, _ number: Int) throws -> String {
        let folder = try #require(EvaluationFolders.pictures).appendingPathComponent("lfw-dev/images/\(person)").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        return "\(folder)/\(try #require(names.dropFirst(number - 1).first))"
    }

    private func picture(_ person: String, _ number: Int) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(person, number))))
    }

    private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// Portraits of LFW are 250 pixels wide with the face in the middle.
    private func expectPortrait(x: Double, y: Double, width: Double, height: Double) {
        #expect(abs(x + width / 2 - 125) < 25 && abs(y + height / 2 - 125) < 25, "\(x) \(y) \(width) \(height)")
        #expect((60...160).contains(width) && (70...190).contains(height), "\(width)×\(height)")
    }

    private func number(_ value: Any?) throws -> Double { try #require(value as? Double) }

    @Test("the server starts within two seconds, is ready soon after, and ends well")
    func start() async throws {
        let server = try ServerProcess()
        #expect(server.startSeconds < 2)
        let main = try server.main
        #expect(try await main.send("GET", "/health/live").status == 200)
        var tries = 0
        while try await main.send("GET", "/health/ready").status != 200, tries < 200 {
            try await Task.sleep(for: .milliseconds(50))
            tries += 1
        }
        #expect(try await main.send("GET", "/health/ready").text == "{\"status\":\"ok\"}")
        #expect(try await main.send("GET", "/admin/status").text == "{\"status\":\"OK\"}")
        #expect(try await main.send("GET", "/core/status").object["status"] as? String == "OK")
        let page = try await main.send("GET", "/login", headers: ["Accept": "text/html"])
        #expect(page.status == 200 && page.headers["content-type"]?.hasPrefix("text/html") == true)
        #expect(server.stop() == 0)
    }

    @Test("CompreFace: recognition, verification and detection of people")
    func compreFace() async throws {
        let server = try ServerProcess(["accounts.demo_services=true"])
        let main = try server.main
        func send(_ path: String, _ form: WireForm, service: Int) async throws -> WireResponse {
            try await main.form("/api/v1\(path)", form, headers: ["x-api-key": Self.key + "\(service)"])
        }
        func file(_ bytes: [UInt8]) -> WireForm { WireForm().file("file", "a.jpg", bytes, type: nil) }

        let added = try await send("/recognition/faces?subject=amelia", file(try picture("Amelia_Vega", 1)), service: 2)
        #expect(added.status == 201)
        let known = try await send(
            "/recognition/recognize?face_plugins=landmarks,age,gender,pose,mask,calculator&status=true",
            file(try picture("Amelia_Vega", 2)),
            service: 2
        )
        let face = try #require((known.object["result"] as? [[String: Any]])?.first)
        let best = try #require((face["subjects"] as? [[String: Any]])?.first)
        #expect(best["subject"] as? String == "amelia")
        let similarity = try number(best["similarity"])
        #expect(similarity > 0.5)
        let box = try #require(face["box"] as? [String: Double])
        let (left, top) = (try number(box["x_min"]), try number(box["y_min"]))
        expectPortrait(x: left, y: top, width: try number(box["x_max"]) - left, height: try number(box["y_max"]) - top)
        let points = try #require(face["landmarks"] as? [[Double]])
        // The eyes are above the nose and the mouth below, the viewer's left first.
        #expect(points.count == 5)
        #expect(points[0][0] < points[1][0] && points[3][0] < points[4][0])
        #expect(points[0][1] < points[2][1] && points[2][1] < points[3][1])
        #expect(face["gender"] as? String == "female")
        let age = try #require(face["age"] as? [Int])
        #expect(age.count == 2 && age[0] < 40 && age[1] > 14)
        #expect((face["mask"] as? [String: Any])?["value"] as? String == "without_mask")
        let pose = try #require(face["pose"] as? [String: Double])
        #expect(pose.values.allSatisfy { abs($0) < 45 })
        let vector = try #require(face["embedding"] as? [Double])
        #expect(vector.count == 256 && abs(vector.map { $0 * $0 }.reduce(0, +) - 1) < 1e-4)
        #expect(Set(try #require(known.object["plugins_versions"] as? [String: String]).keys).contains("calculator"))

        let stranger = try await send("/recognition/recognize", file(try picture("Andy_Roddick", 1)), service: 2)
        let other = ((stranger.object["result"] as? [[String: Any]])?.first?["subjects"] as? [[String: Any]])?.first
        let strangeness = try number(other?["similarity"])
        #expect(strangeness < 0.5)

        let detected = try await send("/detection/detect", file(try picture("Andy_Roddick", 2)), service: 3)
        #expect((detected.object["result"] as? [Any])?.isEmpty == false)
        func verify(_ person: String, _ number: Int) async throws -> Double? {
            let form = WireForm().file("source_image", "a.jpg", try picture("Andy_Roddick", 1))
                .file("target_image", "b.jpg", try picture(person, number))
            let response = try await send("/verification/verify?limit=1", form, service: 4)
            let result = (response.object["result"] as? [[String: Any]])?.first
            return (result?["face_matches"] as? [[String: Any]])?.first?["similarity"] as? Double
        }
        #expect(try #require(try await verify("Andy_Roddick", 2)) > 0.5)
        #expect(try #require(try await verify("Amelia_Vega", 2)) < 0.5)
        #expect(try #require(try await verify("Andy_Roddick", 1)) == 1)
    }

    @Test("InsightFace-REST: extraction and comparison of people")
    func insightFace() async throws {
        let server = try ServerProcess()
        let client = try server["InsightFace-REST"]
        let (one, two) = (base64(try picture("Amelia_Vega", 1)), base64(try picture("Amelia_Vega", 2)))
        let other = base64(try picture("Andy_Roddick", 1))
        let extracted = try await client.json("POST", "/extract", "{\"images\":{\"data\":[\"\(one)\",\"\(other)\"]}}")
        let pictures = try #require(extracted.json as? [[[String: Any]]])
        #expect(pictures.count == 2)
        for faces in pictures {
            let face = try #require(faces.first)
            let box = try #require(face["bbox"] as? [Double])
            expectPortrait(x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1])
            let probability = try number(face["prob"])
            #expect(probability > 0.9)
            let vector = try #require(face["vec"] as? [Double])
            #expect(abs(vector.map { $0 * $0 }.reduce(0, +) - 1) < 1e-4)
        }
        let compared = try await client.json(
            "POST",
            "/ver",
            "{\"source\":{\"data\":\"\(one)\"},\"target\":{\"data\":[\"\(two)\",\"\(other)\"]}}"
        )
        // The bounds of the original's own tests.
        let similarities = try #require(compared.json as? [Double])
        #expect(similarities.count == 2 && similarities[0] > 0.7 && similarities[1] < 0.6)
    }

    @Test("mtcnn_demo: faces are kept or dropped for a reason, and cut out where they are")
    func mtcnn() async throws {
        // Portraits of LFW are small; what is sharp enough here is judged by the same measure.
        let server = try ServerProcess(["mtcnn.blur_threshold=20"])
        let client = try server["mtcnn_demo"]
        let form = WireForm().file("image", "a.jpg", try picture("Amelia_Vega", 1))
            .file("image", "b.jpg", try picture("Andy_Roddick", 1))
        let response = try await client.form("/uploads", form, headers: ["Authorization": "token"])
        let pictures = try #require(response.json as? [[String: Any]])
        #expect(pictures.count == 2)
        var kept = 0
        for picture in pictures {
            let total = try #require(picture["face_total"] as? Int)
            let dropped = ["confidence", "blur", "hopenet"].compactMap {
                picture["face_\($0)_neglect_total_resp"] as? Int
            }
            let faces = try #require(picture["resp"] as? [[String: Any]])
            #expect(total >= 1 && total == faces.count + dropped.reduce(0, +))
            kept += faces.count
            for face in faces {
                let (confidence, blur) = (try number(face["face_confidence"]), try number(face["face_blur"]))
                #expect(confidence >= 0.995 && blur >= 20)
                let pose = try #require(face["face_pose"] as? [String: Double])
                let (yaw, pitch) = (try number(pose["yaw"]), try number(pose["pitch"]))
                #expect(abs(yaw) <= 45 && abs(pitch) <= 20)
                let box = try #require(face["face_coordinate"] as? [Double])
                expectPortrait(x: box[0], y: box[1], width: box[2], height: box[3])
                let points = try #require(face["facie5points"] as? [String: [Double]])
                let (left, right) = (try #require(points["left_eye"]), try #require(points["right_eye"]))
                #expect(left[0] < right[0] && left[0] > box[0] && right[0] < box[0] + box[2])
                let text = try #require(face["face_align_images_b64"] as? String)
                let aligned = try Image(decoding: [UInt8](try #require(Data(base64Encoded: text))))
                #expect((aligned.width, aligned.height) == (112, 112))
            }
        }
        #expect(kept >= 1)
    }

    @Test("FaceRecognition: the document's threshold finds the person and nobody else")
    func faceRecognition() async throws {
        let server = try ServerProcess()
        let client = try server["FaceRecognition"]
        func token(_ person: String, _ number: Int) async throws -> String {
            let form = WireForm().file("image_file", "a.jpg", try picture(person, number))
            let faces = try await client.form("/detect", form).object["faces"] as? [[String: Any]]
            return try #require(faces?.first?["face_token"] as? String)
        }
        for person in ["Amelia_Vega", "Andy_Roddick"] {
            let token = try await token(person, 1)
            _ = try await client.send("GET", "/addface?face_token=\(token)&face_name=\(person)")
        }
        for person in ["Amelia_Vega", "Andy_Roddick"] {
            let form = WireForm().file("image_file", "b.jpg", try picture(person, 2)).field("threshold", "0.65")
            let found = try await client.form("/search", form).object["cmp_result"] as? [[String: Any]]
            #expect(found?.compactMap { $0["face_name"] as? String } == [person])
        }
    }

    @Test("Face_fusion_rest: the nearest person of a gallery, and a picture fused with it")
    func faceFusion() async throws {
        let gallery = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: gallery) }
        try FileManager.default.createDirectory(atPath: gallery, withIntermediateDirectories: true)
        for person in ["Amelia_Vega", "Andy_Roddick"] {
            try Data(try picture(person, 1)).write(to: URL(fileURLWithPath: "\(gallery)/\(person).jpg"))
        }
        let server = try ServerProcess(["fusion.gallery_dir=\(gallery)"])
        let client = try server["Face_fusion_rest"]
        #expect(try await client.send("GET", "/rest/init_compare_image").text == "{\"status\":true}")
        let input = try picture("Andy_Roddick", 2)
        func run(_ operation: String) async throws -> [UInt8] {
            let body = "{\"user_Id\":\"u\",\"inputImage\":\"\(base64(input))\"}"
            let response = try await client.json("POST", "/\(operation)", body)
            #expect(response.status == 200, "\(response.text.prefix(200))")
            let text = try #require(response.object["outputImage"] as? String)
            return [UInt8](try #require(Data(base64Encoded: text)))
        }
        #expect(try await run("recognize") == (try picture("Andy_Roddick", 1)))
        let target = try Image(decoding: input)
        let fused = try await run("fusion")
        let image = try Image(decoding: fused)
        #expect((image.width, image.height) == (target.width, target.height))
        #expect(SyntheticMark.isPresent(in: fused))
        // The face changed, the corner of the picture did not.
        func difference(_ x: Int, _ y: Int) -> Double {
            var sum = 0
            for row in y..<y + 20 {
                for column in x..<x + 20 {
                    for channel in 0..<3 {
                        let index = 3 * (row * target.width + column) + channel
                        sum += abs(Int(image.pixels[index]) - Int(target.pixels[index]))
                    }
                }
            }
            return Double(sum) / 1200
        }
        #expect(difference(0, 0) < 4)
        #expect(difference(115, 125) > 4)
        let detected = try Image(decoding: try await run("detect"))
        let green = stride(from: 0, to: detected.pixels.count, by: 3).count {
            detected.pixels[$0] < 90 && detected.pixels[$0 + 1] > 180 && detected.pixels[$0 + 2] < 90
        }
        #expect(green > 200)
    }

    @Test("the native API: the same boxes as the command, the same similarity as the other systems")
    func native() async throws {
        let server = try ServerProcess()
        let main = try server.main
        let command = try FaceKitProcess(["detect", path("Amelia_Vega", 1), "--json"]).json()
        let expected = try #require(
            ((command["pictures"] as? [[String: Any]])?.first?["faces"] as? [[String: Any]])?.first?["box"] as? [Double]
        )
        let form = WireForm().file("picture", "a.jpg", try picture("Amelia_Vega", 1))
        let detected = try await main.form("/v1/detect", form)
        let found = try #require(
            ((detected.object["pictures"] as? [[String: Any]])?.first?["faces"] as? [[String: Any]])?.first?["box"]
                as? [Double]
        )
        #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 0.02 })

        func compare(_ person: String, _ number: Int) async throws -> [String: Any] {
            try await main.form(
                "/v1/compare",
                WireForm().file("first", "a.jpg", try picture("Amelia_Vega", 1))
                    .file("second", "b.jpg", try picture(person, number))
            ).object
        }
        let same = try await compare("Amelia_Vega", 2)
        #expect(same["decision"] as? String == "match")
        let rate = try number(same["false_match_rate"])
        #expect(rate <= 1e-3)
        #expect(try await compare("Andy_Roddick", 1)["decision"] as? String == "no match")

        for (person, subject) in [("Amelia_Vega", "amelia"), ("Andy_Roddick", "andy")] {
            let form = WireForm().field("subject", subject).file("picture", "a.jpg", try picture(person, 1))
            #expect(try await main.form("/v1/faces", form).status == 201)
        }
        let search = WireForm().file("picture", "b.jpg", try picture("Andy_Roddick", 2))
        let faces = try #require(try await main.form("/v1/search", search).object["faces"] as? [[String: Any]])
        let candidates = try #require(faces.first?["candidates"] as? [[String: Any]])
        #expect(candidates.compactMap { $0["subject"] as? String } == ["andy"])

        let fused = try await main.form(
            "/v1/fuse",
            WireForm().file("source", "a.jpg", try picture("Amelia_Vega", 1))
                .file("target", "b.jpg", try picture("Andy_Roddick", 1))
        )
        #expect(fused.status == 200 && SyntheticMark.isPresent(in: fused.body))
        let analyzed = try await main.form(
            "/v1/analyze",
            WireForm().file("picture", "a.jpg", try picture("Amelia_Vega", 1)).field("attributes", "age,gender,quality")
        )
        let attributes =
            ((analyzed.object["pictures"] as? [[String: Any]])?.first?["faces"] as? [[String: Any]])?.first?[
                "attributes"
            ]
            as? [String: Any]
        #expect((attributes?["gender"] as? [String: Any])?["value"] as? String == "female")
        let metrics = try await main.send("GET", "/metrics").text
        for stage in ["decode", "detector", "calculator", "fusion", "age"] {
            #expect(metrics.contains("facekit_stage_duration_seconds_count{stage=\"\(stage)\"}"), "\(stage)")
        }
    }
}
