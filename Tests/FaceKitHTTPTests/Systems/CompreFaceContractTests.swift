// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import FaceKitTestSupport
import Foundation
import Testing

/// A server with one service of each type, and the calls that tests make.
struct CompreFaceFixture {
    /// What the scale of the stages' space gives two equal embeddings: it comes close to 1.
    static let sameFace = 0.99999

    static let recognition = "00000000-0000-0000-0000-000000000002"
    static let detection = "00000000-0000-0000-0000-000000000003"
    static let verification = "00000000-0000-0000-0000-000000000004"
    static let current = "00000000-0000-0000-0000-000000000005"

    let client: WireClient

    static func with(
        _ settings: CompreFaceSettings = .init(),
        _ test: (CompreFaceFixture) async throws -> Void
    ) async throws {
        func service(_ key: String, _ type: ServiceType, version: String? = nil) -> Service {
            Service(name: "s", type: type, apiKey: APIKey(key)!, settings: .init(answerVersion: version))
        }
        let directory = FixedServiceDirectory([
            service(recognition, .recognition), service(detection, .detection), service(verification, .verification),
            service(current, .detection, version: "1.2"),
        ])
        try await LiveServer.with(
            { CompreFaceRoutes(service: $0, directory: directory, galleries: $1, settings: settings) },
            at: "/api/v1"
        ) { try await test(CompreFaceFixture(client: $0)) }
    }

    func send(_ method: String, _ path: String, key: String? = recognition) async throws -> WireResponse {
        try await client.send(method, "/api/v1\(path)", headers: key.map { ["X-Api-Key": $0] } ?? [:])
    }

    func json(_ method: String, _ path: String, _ body: String, key: String? = recognition) async throws -> WireResponse
    {
        try await client.json(method, "/api/v1\(path)", body, headers: key.map { ["x-api-key": $0] } ?? [:])
    }

    func form(_ path: String, _ form: WireForm, key: String? = recognition, headers: [String: String] = [:])
        async throws -> WireResponse
    {
        try await client.form(
            "/api/v1\(path)",
            form,
            headers: headers.merging(key.map { ["x-api-key": $0] } ?? [:]) { own, _ in own }
        )
    }

    func file(_ path: String, _ picture: [UInt8], name: String = "a.png", key: String? = recognition) async throws
        -> WireResponse
    {
        try await form(path, WireForm().file("file", name, picture, type: nil), key: key)
    }

    /// Adds an example and returns its id.
    func add(_ subject: String, _ person: Stub.Person) async throws -> String {
        let response = try await file("/recognition/faces?subject=\(subject)", try Stub.png(of: person))
        return try #require(response.object["image_id"] as? String)
    }

    /// The answer is exactly this error.
    static func expect(_ response: WireResponse, _ status: Int, _ code: Int, _ message: String) {
        #expect(response.status == status)
        #expect(response.object["message"] as? String == message)
        #expect(response.object["code"] as? Int == code)
        #expect(response.object.count == 2)
        #expect(response.headers["content-type"] == "application/json")
        #expect(response.headers["access-control-allow-origin"] == "*")
    }

    static func expectBare(_ response: WireResponse, _ status: Int) {
        #expect(response.status == status)
        #expect(response.body.isEmpty)
    }
}

@Suite("CompreFace: keys, transport and errors")
struct CompreFaceTransportTests {
    private typealias Fixture = CompreFaceFixture

    @Test("keys are checked first, in this order")
    func keys() async throws {
        try await Fixture.with { server in
            for (path, title, wrong) in [
                ("/recognition/recognize", "Recognition", Fixture.detection),
                ("/detection/detect", "Detection", Fixture.verification),
                ("/verification/verify", "Verification", Fixture.recognition),
                ("/recognition/nothing", "Recognition", Fixture.detection),
            ] {
                let missing = try await server.send("POST", path, key: nil)
                Fixture.expect(missing, 400, 20, "Missing header: x-api-key")
                for malformed in ["short", String(repeating: "x", count: 36), Fixture.recognition + "0"] {
                    let response = try await server.send("POST", path, key: malformed)
                    Fixture.expect(response, 400, 26, "Service API key should be UUID")
                }
                let unknown = "11111111-2222-3333-4444-555555555555"
                for key in [unknown, wrong] {
                    let response = try await server.send("POST", path, key: key)
                    Fixture.expect(response, 404, 10, "\(title) service with API Key \(key) not found")
                }
            }
        }
    }

    @Test("wrong methods and unknown paths are 404 with code 0")
    func routing() async throws {
        try await Fixture.with { server in
            let method = try await server.send("GET", "/recognition/recognize")
            Fixture.expect(method, 404, 0, "Request method 'GET' not supported")
            let path = try await server.send("GET", "/recognition/nothing")
            #expect(path.status == 404)
            #expect(path.object["code"] as? Int == 0)
        }
    }

    @Test("pages of other origins are let in")
    func sharing() async throws {
        try await Fixture.with { server in
            for path in ["/recognition/recognize", "/detection/detect", "/recognition/faces/x/verify"] {
                let response = try await server.send("OPTIONS", path, key: nil)
                #expect(response.status == 204)
                #expect(response.headers["access-control-allow-origin"] == "*")
                #expect(response.headers["access-control-allow-methods"] == "GET, POST, OPTIONS, PUT, DELETE")
                #expect(
                    response.headers["access-control-allow-headers"]
                        == "DNT,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,x-api-key"
                )
                #expect(response.headers["access-control-max-age"] == "1728000")
            }
        }
    }

    @Test("content types", arguments: ["/recognition/recognize", "/detection/detect", "/verification/verify"])
    func contentTypes(path: String) async throws {
        let key = ["r": Fixture.recognition, "d": Fixture.detection, "v": Fixture.verification][
            String(path.dropFirst().first!)
        ]
        try await Fixture.with { server in
            let text = try await server.client.send(
                "POST",
                "/api/v1\(path)",
                headers: ["x-api-key": key!, "Content-Type": "text/plain"],
                body: [1, 2, 3]
            )
            Fixture.expectBare(text, 415)
            Fixture.expectBare(try await server.json("POST", path, "{broken", key: key), 400)
        }
    }

    @Test("pictures: endings, sizes, alphabets")
    func pictures() async throws {
        let picture = try Stub.png(of: .anna)
        let path = "/recognition/recognize"
        try await Fixture.with { server in
            for ending in ["tif", "TIFF", "jpg", "jpeg", "png", "BMP", "ico", "gif", "webp"] {
                #expect(try await server.file(path, picture, name: "a.\(ending)").status == 200)
            }
            for name in ["a.txt", "noending", "a.jpg.exe"] {
                let response = try await server.file(path, picture, name: name)
                Fixture.expect(response, 400, 21, "File [\(name)] has an unavailable extension")
            }
            let undecodable = try await server.file(path, Array("broken".utf8))
            Fixture.expect(undecodable, 400, 28, "No face is found in the given image")
            let large = try await server.file(path, [UInt8](repeating: 0, count: 5 << 20 | 1))
            Fixture.expect(large, 400, 0, "Something went wrong, please try again")
            let larger = try await server.file(path, [UInt8](repeating: 0, count: 10 << 20))
            #expect(larger.status == 413)
            #expect(larger.headers["content-type"] == "text/html")
            for file in ["data:image/png;base64,AAAA", "ä", "a*b"] {
                let response = try await server.json("POST", path, "{\"file\":\"\(file)\"}")
                Fixture.expect(response, 400, 21, "Provided value is not Base64")
            }
            let base64 = Data(picture).base64EncodedString()
            #expect(try await server.json("POST", path, "{\"file\":\"\(base64)\",\"x\":1}").status == 200)
            let urlSafe = base64.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            #expect(try await server.json("POST", path, "{\"file\":\"\(urlSafe)\"}").status == 200)
            let example = try await server.json("POST", "/recognition/faces?subject=a", "{\"file\":\"\(urlSafe)-\"}")
            Fixture.expect(example, 400, 0, "Something went wrong, please try again")
        }
    }

    @Test("parts and fields that are missing")
    func missing() async throws {
        try await Fixture.with { server in
            let empty = WireForm().field("limit", "1")
            for path in ["/recognition/recognize", "/recognition/faces?subject=a"] {
                Fixture.expect(try await server.form(path, empty), 400, 34, "Required part file is missing")
                let response = try await server.json("POST", path, "{}")
                Fixture.expect(response, 400, 5, "Field content cannot be empty")
            }
            let verify = "/verification/verify"
            Fixture.expect(
                try await server.form(verify, empty, key: Fixture.verification),
                400,
                34,
                "Required part source_image is missing"
            )
            let source = WireForm().file("source_image", "a.png", try Stub.png(of: .anna))
            Fixture.expect(
                try await server.form(verify, source, key: Fixture.verification),
                400,
                34,
                "Required part target_image is missing"
            )
            Fixture.expect(
                try await server.json("POST", verify, "{}", key: Fixture.verification),
                400,
                5,
                "Field sourceImageBase64 cannot be empty"
            )
            Fixture.expect(
                try await server.json("POST", verify, "{\"source_image\":\"AAAA\"}", key: Fixture.verification),
                400,
                5,
                "Field targetImageBase64 cannot be empty"
            )
        }
    }

    @Test(
        "parameters of the wrong type or range",
        arguments: [
            ("limit=abc", nil), ("limit=1.5", nil), ("det_prob_threshold=x", nil), ("status=maybe", nil),
            ("prediction_count=x", nil), ("detect_faces=2", nil),
            ("limit=-1", "Limit should be equal or greater than 0; "),
            ("prediction_count=0", "prediction_count should be equal or greater than 1; "),
            (
                "limit=-1&prediction_count=0",
                "Limit should be equal or greater than 0; prediction_count should be equal or greater than 1; "
            ),
        ] as [(String, String?)]
    )
    func parameters(query: String, message: String?) async throws {
        let picture = try Stub.png(of: .anna)
        try await Fixture.with { server in
            var form = WireForm()
            for item in query.split(separator: "&") {
                let parts = item.split(separator: "=")
                form = form.field(String(parts[0]), String(parts[1]))
            }
            // In the query string and as fields of the form alike.
            for response in [
                try await server.file("/recognition/recognize?\(query)", picture),
                try await server.form("/recognition/recognize", form.file("file", "a.png", picture)),
            ] {
                if let message {
                    Fixture.expect(response, 400, 26, message)
                } else {
                    Fixture.expectBare(response, 400)
                }
            }
        }
    }

    @Test("a threshold that no probability exceeds finds no face", arguments: ["-0.1", "1.1", "1.0", "0.999"])
    func threshold(value: String) async throws {
        try await Fixture.with { server in
            let response = try await server.file(
                "/recognition/recognize?det_prob_threshold=\(value)",
                try Stub.png(of: .anna)
            )
            Fixture.expect(response, 400, 28, "No face is found in the given image")
        }
    }

    @Test("odd queries of clients are understood", arguments: ["?", "?&limit=0&status=True", "/?limit=1"])
    func oddQueries(query: String) async throws {
        let picture = try Stub.png(of: .anna)
        try await Fixture.with { server in
            let response = try await server.file("/recognition/recognize\(query)", picture)
            #expect(response.status == 200)
        }
    }

    @Test("endpoints without a key")
    func open() async throws {
        try await Fixture.with { server in
            #expect(
                try await server.send("GET", "/config", key: nil).text
                    == "{\"clientMaxFileSize\":5242880,\"clientMaxBodySize\":10485760}"
            )
            #expect(
                try await server.send("GET", "/consistence/status", key: nil).text
                    == "{\"demoFaceCollectionIsInconsistent\":false,\"dbIsInconsistent\":false,\"saveImagesToDB\":true,"
                    + "\"status\":\"OK\"}"
            )
            let id = try await server.add("anna", .anna)
            let picture = try await server.send("GET", "/static/\(Fixture.recognition)/images/\(id)", key: nil)
            #expect(picture.body == (try Stub.png(of: .anna)))
            #expect(picture.headers["content-type"] == "application/octet-stream")
            for path in [
                "/static/\(Fixture.detection)/images/\(id)", "/static/x/images/\(id)",
                "/static/\(Fixture.recognition)/images/\(UUID())",
            ] {
                Fixture.expectBare(try await server.send("GET", path, key: nil), 200)
            }
            #expect(try await server.send("POST", "/migrate", key: nil).status == 403)
        }
    }

    @Test("migration starts where it is allowed")
    func migration() async throws {
        var settings = CompreFaceSettings()
        settings.allowsMigration = true
        try await Fixture.with(settings) { server in
            let response = try await server.send("POST", "/migrate", key: nil)
            #expect((response.status, response.text) == (200, "Migration started"))
        }
    }
}

@Suite("CompreFace: subjects and examples")
struct CompreFaceCollectionTests {
    private typealias Fixture = CompreFaceFixture

    @Test("subjects are added, listed, renamed, merged and deleted")
    func subjects() async throws {
        try await Fixture.with { server in
            let added = try await server.json("POST", "/recognition/subjects", "{\"subject\":\"Anna\"}")
            #expect((added.status, added.text) == (201, "{\"subject\":\"Anna\"}"))
            for name in ["Anna", "ANNA"] {
                let again = try await server.json("POST", "/recognition/subjects", "{\"subject\":\"\(name)\"}")
                Fixture.expect(again, 400, 43, "Subject already exists")
            }
            _ = try await server.json("POST", "/recognition/subjects/", "{\"subject\":\"bob\"}")
            for path in ["/recognition/subjects", "/recognition/subjects/"] {
                #expect(try await server.send("GET", path).text == "{\"subjects\":[\"Anna\",\"bob\"]}")
            }
            func rename(_ old: String, _ new: String) async throws -> WireResponse {
                try await server.json(
                    "PUT",
                    "/recognition/subjects/\(old)",
                    "{\"subject\":\"\(new)\",\"api_endpoint\":\"x\"}"
                )
            }
            #expect(try await rename("Anna", "Anna").text == "{\"updated\":false}")
            #expect(try await rename("Anna", "anna").text == "{\"updated\":true}")
            Fixture.expect(try await rename("carl", "dora"), 404, 42, "Subject carl not found")
            let id = try await server.add("bob", .bob)
            #expect(try await rename("bob", "ANNA").text == "{\"updated\":true}")
            #expect(try await server.send("GET", "/recognition/subjects").text == "{\"subjects\":[\"anna\"]}")
            let faces = try await server.send("GET", "/recognition/faces").object["faces"] as? [[String: String]]
            #expect(faces == [["image_id": id, "subject": "anna"]])
            let deleted = try await server.send("DELETE", "/recognition/subjects/ANNA")
            #expect((deleted.status, deleted.text) == (200, "{\"subject\":\"anna\"}"))
            let unknown = try await server.send("DELETE", "/recognition/subjects/anna")
            Fixture.expect(unknown, 404, 42, "Subject anna not found")
            for name in ["x", "y", "z"] {
                _ = try await server.json("POST", "/recognition/subjects", "{\"subject\":\"\(name)\"}")
            }
            #expect(try await server.send("DELETE", "/recognition/subjects").text == "{\"deleted\":3}")
        }
    }

    @Test("names are checked")
    func names() async throws {
        try await Fixture.with { server in
            let special = #"The name cannot contain the following special characters: ';', '/', '\'"#
            for (body, code, message) in [
                ("{}", 26, "Subject name cannot be empty"),
                ("{\"subject\":\"  \"}", 26, "Subject name cannot be empty"),
                ("{\"subject\":null}", 26, "Subject name cannot be empty"),
                (
                    "{\"subject\":\"\(String(repeating: "n", count: 51))\"}", 26,
                    "Subject name size must be between 1 and 50"
                ),
                ("{\"subject\":\"a;b\"}", 36, special), ("{\"subject\":\"a/b\"}", 36, special),
                ("{\"subject\":\"a\\\\b\"}", 36, special),
            ] {
                Fixture.expect(try await server.json("POST", "/recognition/subjects", body), 400, code, message)
                Fixture.expect(try await server.json("PUT", "/recognition/subjects/x", body), 400, code, message)
            }
            for body in ["{broken", "[]", "{\"subject\":{}}"] {
                Fixture.expectBare(try await server.json("POST", "/recognition/subjects", body), 400)
            }
            let unicode = try await server.json("POST", "/recognition/subjects", "{\"subject\":\"Zoë 王\"}")
            #expect(unicode.object["subject"] as? String == "Zoë 王")
            let deleted = try await server.send("DELETE", "/recognition/subjects/Zo%C3%AB%20%E7%8E%8B")
            #expect(deleted.object["subject"] as? String == "Zoë 王")
            Fixture.expectBare(try await server.send("DELETE", "/recognition/subjects/a%2Fb"), 400)
        }
    }

    @Test("examples are added under the name as sent, and listed in pages")
    func examples() async throws {
        try await Fixture.with { server in
            let added = try await server.file("/recognition/faces/?subject=anna", try Stub.png(of: .anna))
            #expect(added.status == 201)
            #expect(Set(added.object.keys) == ["image_id", "subject"])
            #expect((added.object["image_id"] as? String)?.wholeMatch(of: /[0-9a-f-]{36}/) != nil)
            let again = try await server.file("/recognition/faces?subject=ANNA", try Stub.png(of: .anna))
            #expect(again.object["subject"] as? String == "ANNA")
            let base64 = Data(try Stub.png(of: .bob)).base64EncodedString()
            let json = try await server.json("POST", "/recognition/faces?subject=bob", "{\"file\":\"\(base64)\"}")
            #expect(json.status == 201)
            let inForm = WireForm().field("subject", "bob").file("file", "a.png", try Stub.png(of: .bob))
            #expect(try await server.form("/recognition/faces", inForm).status == 201)
            #expect(try await server.send("GET", "/recognition/subjects").text == "{\"subjects\":[\"anna\",\"bob\"]}")
            let page = try await server.send("GET", "/recognition/faces?page=1&size=3").object
            #expect((page["faces"] as? [Any])?.count == 1)
            #expect(page["page_number"] as? Int == 1)
            #expect(page["page_size"] as? Int == 3)
            #expect(page["total_pages"] as? Int == 2)
            #expect(page["total_elements"] as? Int == 4)
            for query in ["", "?page=-1&size=0", "?page=x&size=y"] {
                let page = try await server.send("GET", "/recognition/faces\(query)").object
                #expect(page["page_number"] as? Int == 0)
                #expect(page["page_size"] as? Int == 20)
            }
            #expect(try await server.send("GET", "/recognition/faces?size=5000").object["page_size"] as? Int == 2000)
            // The order is that of creation, whatever a client asks for: the original's names of what can be sorted by are
            // those of its own tables.
            let first = try await server.send("GET", "/recognition/faces")
            #expect(
                (first.object["faces"] as? [[String: String]])?.map { $0["subject"]?.lowercased() } == [
                    "anna", "anna", "bob", "bob",
                ]
            )
            for sort in ["subject,desc", "id", "nothing,up", ""] {
                let sorted = try await server.send("GET", "/recognition/faces?sort=\(sort)")
                #expect((sorted.status, sorted.text) == (200, first.text))
            }
            let bob = try await server.send("GET", "/recognition/faces?subject=bob").object
            #expect(bob["total_elements"] as? Int == 2)
            for name in ["Bob", "nobody"] {
                let none = try await server.send("GET", "/recognition/faces?subject=\(name)")
                #expect(
                    none.text
                        == "{\"faces\":[],\"page_number\":0,\"page_size\":20,\"total_pages\":0,\"total_elements\":0}"
                )
            }
        }
    }

    @Test("what adding an example refuses")
    func exampleErrors() async throws {
        let picture = try Stub.png(of: .anna)
        try await Fixture.with { server in
            Fixture.expect(
                try await server.file("/recognition/faces", picture),
                400,
                33,
                "Required parameter subject is missing"
            )
            for subject in ["", "%20"] {
                Fixture.expect(
                    try await server.file("/recognition/faces?subject=\(subject)", picture),
                    400,
                    26,
                    "Subject name is empty; "
                )
            }
            Fixture.expect(
                try await server.file(
                    "/recognition/faces?subject=a",
                    try Stub.png(.init(x: 1, y: 1), .init(x: 99, y: 99))
                ),
                400,
                31,
                "More than one face in the source image"
            )
            Fixture.expect(
                try await server.file("/recognition/faces?subject=a", try Stub.empty()),
                400,
                28,
                "No face is found in the given image"
            )
            let text = try await server.client.send(
                "POST",
                "/api/v1/recognition/faces?subject=a",
                headers: ["x-api-key": Fixture.recognition, "Content-Type": "text/plain"],
                body: [1]
            )
            Fixture.expect(text, 400, 0, "Something went wrong, please try again")
            // A faulty client's query is taken as it is.
            let odd = try await server.file("/recognition/faces?subject=x?det_prob_threshold=0.8", picture)
            #expect(odd.object["subject"] as? String == "x?det_prob_threshold=0.8")
        }
    }

    @Test("examples are shown and deleted by id, by list, by subject and all together")
    func deletion() async throws {
        try await Fixture.with { server in
            let (one, two) = (try await server.add("anna", .anna), try await server.add("anna", .anna))
            let picture = try await server.send("GET", "/recognition/faces/\(one)/img")
            #expect(picture.body == (try Stub.png(of: .anna)))
            #expect(picture.headers["content-type"] == "application/octet-stream")
            #expect(picture.headers["cache-control"] == "public, max-age=31536000")
            let none = UUID().uuidString.lowercased()
            Fixture.expectBare(try await server.send("GET", "/recognition/faces/\(none)/img"), 200)
            Fixture.expectBare(try await server.send("GET", "/recognition/faces/x/img"), 400)
            let deleted = try await server.send("DELETE", "/recognition/faces/\(one)")
            #expect(deleted.text == "{\"image_id\":\"\(one)\",\"subject\":\"anna\"}")
            let unknown = try await server.send("DELETE", "/recognition/faces/\(one)")
            Fixture.expect(unknown, 404, 44, "Image \(one) not found")
            Fixture.expectBare(try await server.send("DELETE", "/recognition/faces/nonsense"), 400)
            let list = try await server.json("POST", "/recognition/faces/delete", "[\"\(two)\",\"\(none)\"]")
            #expect((list.status, list.text) == (200, "[{\"image_id\":\"\(two)\",\"subject\":\"anna\"}]"))
            Fixture.expectBare(try await server.json("POST", "/recognition/faces/delete", "[\"x\"]"), 400)
            Fixture.expectBare(try await server.json("POST", "/recognition/faces/delete", "{}"), 400)
            // The last example's subject stays.
            #expect(try await server.send("GET", "/recognition/subjects").text == "{\"subjects\":[\"anna\"]}")
            for (subject, person) in [("bob", Stub.Person.bob), ("bob", .bob), ("carl", .carl)] {
                _ = try await server.add(subject, person)
            }
            #expect(try await server.send("DELETE", "/recognition/faces?subject=bob").text == "{\"deleted\":2}")
            #expect(try await server.send("DELETE", "/recognition/faces?subject=bob").text == "{\"deleted\":0}")
            #expect(try await server.send("GET", "/recognition/subjects").text == "{\"subjects\":[\"anna\",\"carl\"]}")
            let blank = try await server.send("DELETE", "/recognition/faces?subject=")
            Fixture.expect(blank, 400, 26, "Subject name is empty; ")
            #expect(try await server.send("DELETE", "/recognition/faces").text == "{\"deleted\":1}")
            #expect(try await server.send("GET", "/recognition/subjects").text == "{\"subjects\":[]}")
        }
    }

    @Test("without save_images_to_db no picture is kept")
    func noPictures() async throws {
        var settings = CompreFaceSettings()
        settings.keepsPictures = false
        try await Fixture.with(settings) { server in
            let id = try await server.add("anna", .anna)
            Fixture.expectBare(try await server.send("GET", "/recognition/faces/\(id)/img"), 200)
            let status = try await server.send("GET", "/consistence/status", key: nil)
            #expect(status.object["saveImagesToDB"] as? Bool == false)
        }
    }
}

@Suite("CompreFace: recognition, detection, verification")
struct CompreFaceRecognitionTests {
    private typealias Fixture = CompreFaceFixture

    @Test("recognize: faces by size, candidates by similarity, examples ranked each for itself")
    func recognize() async throws {
        try await Fixture.with { server in
            let empty = try await server.file("/recognition/recognize", try Stub.png(of: .anna))
            #expect(
                empty.text
                    == "{\"result\":[{\"box\":{\"probability\":0.99804,\"x_max\":100,\"y_max\":90,\"x_min\":60,"
                    + "\"y_min\":50},\"subjects\":[]}]}"
            )
            for (subject, person) in [("anna", Stub.Person.anna), ("anna", .anna), ("bob", .bob)] {
                _ = try await server.add(subject, person)
            }
            let picture = try Stub.png(
                .init(x: 10, y: 10, side: 30, person: .anna),
                .init(x: 90, y: 90, side: 50, person: .bob)
            )
            let found = try await server.file("/recognition/recognize?prediction_count=2", picture)
            let result = try #require(found.object["result"] as? [[String: Any]])
            #expect(result.count == 2)
            let subjects = result.compactMap { $0["subjects"] as? [[String: Any]] }
            #expect(subjects[0].compactMap { $0["subject"] as? String } == ["bob", "anna"])
            #expect(subjects[1].compactMap { $0["subject"] as? String } == ["anna", "anna"])
            #expect(subjects[1][0]["similarity"] as? Double == Fixture.sameFace)
            #expect(found.text.contains("\"similarity\":\(Fixture.sameFace)}"))
            let low = try #require(subjects[0][1]["similarity"] as? Double)
            #expect(low < 0.5)
            #expect(low == (low * 1e5).rounded() / 1e5)
            let limited = try await server.file("/recognition/recognize?limit=1", picture)
            #expect((limited.object["result"] as? [Any])?.count == 1)
        }
    }

    @Test("with unique_subjects a subject is listed once")
    func uniqueSubjects() async throws {
        var settings = CompreFaceSettings()
        settings.listsSubjectsOnce = true
        try await Fixture.with(settings) { server in
            for (subject, person) in [("anna", Stub.Person.anna), ("anna", .anna), ("bob", .bob)] {
                _ = try await server.add(subject, person)
            }
            let found = try await server.file("/recognition/recognize?prediction_count=3", try Stub.png(of: .anna))
            let subjects = (found.object["result"] as? [[String: Any]])?.first?["subjects"] as? [[String: Any]]
            #expect(subjects?.compactMap { $0["subject"] as? String } == ["anna", "bob"])
        }
    }

    @Test("plugins in the guide's shape, and in that of version 1.2 by header and by service")
    func plugins() async throws {
        let plugins = "face_plugins=landmarks,%20gender&face_plugins=age,pose,mask,calculator,nonsense&status=true"
        let form = WireForm().file("file", "a.png", try Stub.png(.init(x: 20, y: 30)))
        try await Fixture.with { server in
            let path = "/detection/detect?\(plugins)"
            let guide = try await server.form(path, form, key: Fixture.detection)
            let face = try #require((guide.object["result"] as? [[String: Any]])?.first)
            #expect(face["age"] as? [Int] == [25, 32])
            #expect(face["gender"] as? String == "female")
            #expect(face["landmarks"] as? [[Int]] == [[32, 46], [48, 46], [40, 54], [34, 62], [46, 62]])
            #expect(face["pose"] as? [String: Double] == ["pitch": -3.5, "roll": 0.75, "yaw": 12.5])
            #expect((face["mask"] as? [String: Any])?["value"] as? String == "mask_worn_correctly")
            #expect((face["embedding"] as? [Double])?.count == 4)
            let box = try #require(face["box"] as? [String: Any])
            #expect(box["probability"] as? Double == Double(Float(0.5) + Float(254) / 510))
            let times = try #require(face["execution_time"] as? [String: Double])
            #expect(Set(times.keys) == ["age", "gender", "detector", "calculator", "pose", "mask"])
            #expect(times.values.allSatisfy { $0 == $0.rounded() })
            #expect(guide.text.contains(/"detector":\d+\.0/))
            let versions = try #require(guide.object["plugins_versions"] as? [String: String])
            #expect(Set(versions.keys) == ["age", "gender", "detector", "calculator", "pose", "mask"])
            #expect(versions["age"] == "agegender.AgeDetector")

            let byHeader = try await server.form(
                path,
                form,
                key: Fixture.detection,
                headers: ["X-CompreFace-Version": "1.2"]
            )
            let byService = try await server.form(path, form, key: Fixture.current)
            for response in [byHeader, byService] {
                let face = try #require((response.object["result"] as? [[String: Any]])?.first)
                let age = try #require(face["age"] as? [String: Double])
                #expect(age == ["probability": 0.75, "high": 32, "low": 25])
                let gender = try #require(face["gender"] as? [String: Any])
                #expect(gender["value"] as? String == "female")
                #expect(gender["probability"] as? Double == 0.5)
            }
            let plain = try await server.form("/detection/detect", form, key: Fixture.detection)
            let bare = try #require((plain.object["result"] as? [[String: Any]])?.first)
            #expect(Set(bare.keys) == ["box"])
            #expect(!plain.text.contains("null"))
        }
    }

    @Test("mask words of the code by configuration")
    func maskWords() async throws {
        var settings = CompreFaceSettings()
        settings.maskWords = .code
        try await Fixture.with(settings) { server in
            let response = try await server.file(
                "/detection/detect?face_plugins=mask",
                try Stub.png(of: .anna),
                key: Fixture.detection
            )
            let face = (response.object["result"] as? [[String: Any]])?.first
            #expect((face?["mask"] as? [String: Any])?["value"] as? String == "with_mask")
        }
    }

    @Test("detect_faces=false takes the whole picture, without pose and mask")
    func wholePicture() async throws {
        try await Fixture.with { server in
            let response = try await server.file(
                "/recognition/recognize?detect_faces=false&face_plugins=pose,mask,age",
                try Stub.empty()
            )
            let face = try #require((response.object["result"] as? [[String: Any]])?.first)
            let box = try #require(face["box"] as? [String: Double])
            #expect(box == ["probability": 1, "x_min": 0, "y_min": 0, "x_max": 200, "y_max": 200])
            #expect(face["age"] != nil)
            #expect(face["pose"] == nil)
            #expect(face["mask"] == nil)
        }
    }

    @Test("verify against an example: no face comes before an unknown id")
    func verifyExample() async throws {
        try await Fixture.with { server in
            let id = try await server.add("anna", .anna)
            let picture = try Stub.png(
                .init(x: 10, y: 10, side: 60, person: .bob),
                .init(x: 100, y: 100, person: .anna)
            )
            let found = try await server.file("/recognition/faces/\(id)/verify", picture)
            let result = try #require(found.object["result"] as? [[String: Any]])
            #expect(result.compactMap { $0["subject"] as? String } == ["anna", "anna"])
            let similarities = result.compactMap { $0["similarity"] as? Double }
            #expect(similarities[0] < 0.5)
            #expect(similarities[1] == Fixture.sameFace)
            let unknown = UUID().uuidString
            Fixture.expect(
                try await server.file("/recognition/faces/\(unknown)/verify", picture),
                404,
                44,
                "Image Id is incorrect"
            )
            Fixture.expect(
                try await server.file("/recognition/faces/\(unknown)/verify", try Stub.empty()),
                400,
                28,
                "No face is found in the given image"
            )
            Fixture.expectBare(try await server.file("/recognition/faces/nonsense/verify", picture), 400)
        }
    }

    @Test("verification of two pictures")
    func verify() async throws {
        let anna = try Stub.png(of: .anna)
        let both = try Stub.png(.init(x: 10, y: 10, side: 60, person: .bob), .init(x: 100, y: 100, person: .anna))
        func form(_ source: [UInt8], _ target: [UInt8]) -> WireForm {
            WireForm().file("source_image", "a.png", source).file("target_image", "b.jpg", target)
        }
        try await Fixture.with { server in
            let path = "/verification/verify"
            let found = try await server.form(
                "\(path)?status=true&prediction_count=7",
                form(anna, both),
                key: Fixture.verification
            )
            let result = try #require(found.object["result"] as? [[String: Any]])
            #expect(result.count == 1)
            #expect(Set(result[0].keys) == ["source_image_face", "face_matches", "plugins_versions"])
            #expect(found.object["plugins_versions"] == nil)
            let matches = try #require(result[0]["face_matches"] as? [[String: Any]])
            #expect(matches.count == 2)
            // Largest first, not most similar first.
            #expect(try #require(matches[0]["similarity"] as? Double) < 0.5)
            #expect(matches[1]["similarity"] as? Double == Fixture.sameFace)
            Fixture.expect(
                try await server.form(path, form(both, anna), key: Fixture.verification),
                400,
                31,
                "More than one face in the source image"
            )
            let limited = try await server.form("\(path)?limit=1", form(both, both), key: Fixture.verification)
            #expect(limited.status == 200)
            for (source, target) in [(try Stub.empty(), anna), (anna, try Stub.empty())] {
                Fixture.expect(
                    try await server.form(path, form(source, target), key: Fixture.verification),
                    400,
                    28,
                    "No face is found in the given image"
                )
            }
            let (one, other) = (Data(anna).base64EncodedString(), Data(both).base64EncodedString())
            let json = try await server.json(
                "POST",
                path,
                "{\"source_image\":\"\(one)\",\"target_image\":\"\(other)\"}",
                key: Fixture.verification
            )
            #expect(json.status == 200)
        }
    }

    @Test("embeddings are recognised and compared at any scale")
    func embeddings() async throws {
        try await Fixture.with { server in
            let id = try await server.add("anna", .anna)
            _ = try await server.add("bob", .bob)
            let path = "/recognition/embeddings/recognize"
            let found = try await server.json(
                "POST",
                "\(path)?prediction_count=2",
                "{\"embeddings\":[[2.5,0.1,0.01,0],[0,1,0,0]]}"
            )
            let result = try #require(found.object["result"] as? [[String: Any]])
            #expect(result.count == 2)
            #expect(result[0]["embedding"] as? [Double] == [2.5, 0.1, 0.01, 0])
            let similarities = result.compactMap { $0["similarities"] as? [[String: Any]] }
            #expect(similarities[0].compactMap { $0["subject"] as? String } == ["anna", "bob"])
            #expect(similarities[1].compactMap { $0["subject"] as? String } == ["bob", "anna"])
            for body in ["{}", "{\"embeddings\":[]}", "{\"embeddings\":null}"] {
                Fixture.expect(
                    try await server.json("POST", path, body),
                    400,
                    5,
                    "Field embeddings cannot be empty"
                )
            }
            for body in [
                "{\"embeddings\":[[1,2]]}", "{\"embeddings\":[[0,0,0,0]]}", "{\"embeddings\":[[1e999,0,0,0]]}",
            ] {
                Fixture.expect(
                    try await server.json("POST", path, body),
                    400,
                    0,
                    "Something went wrong, please try again"
                )
            }
            Fixture.expectBare(try await server.json("POST", path, "{\"embeddings\":\"x\"}"), 400)
            Fixture.expect(
                try await server.json("POST", "\(path)?prediction_count=0", "{\"embeddings\":[[1,0,0,0]]}"),
                400,
                26,
                "prediction_count should be equal or greater than 1; "
            )
            let verify = "/recognition/embeddings/faces/\(id)/verify"
            let verified = try await server.json("POST", verify, "{\"embeddings\":[[0,1,0,0],[1,0.04,0.004,0]]}")
            let ranked = try #require(verified.object["result"] as? [[String: Any]])
            #expect(ranked[0]["embedding"] as? [Double] == [1, 0.04, 0.004, 0])
            #expect(try #require(ranked[0]["similarity"] as? Double) > 0.99)
            Fixture.expect(
                try await server.json(
                    "POST",
                    "/recognition/embeddings/faces/\(UUID())/verify",
                    "{\"embeddings\":[[1,0,0,0]]}"
                ),
                404,
                44,
                "Image Id is incorrect"
            )
            let compare = "/verification/embeddings/verify"
            let compared = try await server.json(
                "POST",
                compare,
                "{\"source\":[1,0,0],\"targets\":[[0,1,0],[3,0,0]]}",
                key: Fixture.verification
            )
            let order = (compared.object["result"] as? [[String: Any]])?.compactMap { $0["embedding"] as? [Double] }
            #expect(order == [[3, 0, 0], [0, 1, 0]])
            for (body, field) in [("{\"targets\":[[1]]}", "source"), ("{\"source\":[1]}", "targets")] {
                Fixture.expect(
                    try await server.json("POST", compare, body, key: Fixture.verification),
                    400,
                    5,
                    "Field \(field) cannot be empty"
                )
            }
        }
    }
}
