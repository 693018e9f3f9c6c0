// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitHTTP
import Testing

@Suite("Multipart forms")
struct MultipartParserTests {
    private struct Part: Equatable {
        var name: String
        var fileName: String?
        var content: String
    }

    /// Parses a body in pieces of the given size.
    private func parse(_ body: String, boundary: String = "b", pieces: Int = .max) throws -> [Part] {
        var parser = try MultipartParser(boundary: boundary)
        var parts: [Part] = []
        let bytes = Array(body.utf8)
        var start = 0
        while start < bytes.count {
            let end = min(start + min(pieces, bytes.count), bytes.count)
            try parser.consume(bytes[start..<end]) { event in
                switch event {
                case .head(let head): parts.append(Part(name: head.name, fileName: head.fileName, content: ""))
                case .content(let bytes): parts[parts.count - 1].content += String(decoding: bytes, as: UTF8.self)
                case .partEnd: break
                }
            }
            start = end
        }
        try parser.finish()
        return parts
    }

    static let body =
        "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--bogus\r\n-\r\n--b \t\r\n"
        + "content-disposition:form-data;name=\"f\"; filename=\"x;y.png\"\r\nContent-Type: image/png\r\n\r\n\r\n--b\r\n\r\n"
        + "no head\r\n--b\r\nContent-Disposition: form-data; name=e\r\n\r\n\r\n--b--\r\nepilogue --b"

    @Test("a body is the same in pieces of any size", arguments: [1, 2, 3, 5, 7, 11, 64, 1000])
    func pieces(size: Int) throws {
        let parts = try parse(Self.body, pieces: size)
        #expect(
            parts == [
                Part(name: "a", fileName: nil, content: "one\r\n--bogus\r\n-"),
                Part(name: "f", fileName: "x;y.png", content: ""),
                Part(name: "", fileName: nil, content: "no head"),
                Part(name: "e", fileName: nil, content: ""),
            ]
        )
    }

    @Test("a form may have no part")
    func empty() throws {
        #expect(try parse("--b--\r\n").isEmpty)
        #expect(try parse("--b--").isEmpty)
    }

    @Test(
        "file names as clients send them",
        arguments: [
            (#"form-data; name="f"; filename="plain.png""#, "plain.png"),
            (#"form-data; name="f"; filename="with \"quotes\".png""#, #"with "quotes".png"#),
            (#"form-data; name="f"; filename="C:\pictures\new.png""#, #"C:\pictures\new.png"#),
            (#"form-data; name="f"; filename="/C:/Users/x/a b.png""#, "/C:/Users/x/a b.png"),
            (#"form-data; name="f"; filename="Zoë 王.png""#, "Zoë 王.png"),
            (#"form-data; name="f"; filename=token.png"#, "token.png"),
            (#"form-data; name="f"; filename*=UTF-8''Zo%C3%AB.png"#, "Zoë.png"),
            (#"form-data; name="f"; filename="x.png"; filename*=utf-8'en'y%20z.png"#, "y z.png"),
            (#"form-data; name="f"; filename="""#, ""),
        ]
    )
    func fileNames(disposition: String, name: String) throws {
        let parts = try parse("--b\r\nContent-Disposition: \(disposition)\r\n\r\nx\r\n--b--")
        #expect(parts == [Part(name: "f", fileName: name, content: "x")])
    }

    @Test(
        "what is no form is refused",
        arguments: [
            "", "--b", "--b\r\n", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx", "--bx\r\n",
            "--b\r\nno colon\r\n\r\nx\r\n--b--",
        ]
    )
    func faults(body: String) {
        #expect(throws: MultipartParser.Fault.self) { try parse(body) }
    }

    @Test("boundaries have 1 to 70 characters")
    func boundaries() {
        #expect(throws: MultipartParser.Fault.self) { _ = try MultipartParser(boundary: "").isComplete }
        #expect(throws: MultipartParser.Fault.self) {
            _ = try MultipartParser(boundary: String(repeating: "x", count: 71)).isComplete
        }
    }

    @Test("a head that does not end is refused, not kept")
    func longHead() {
        let body = "--b\r\nX: " + String(repeating: "x", count: 20_000)
        #expect(throws: MultipartParser.Fault.self) { try parse(body, pieces: 100) }
    }

    @Test("limits: long fields and too many parts are refused, long files are noted, others forgotten")
    func limits() throws {
        func collect(_ parts: [(String, String?, Int)], _ limits: MultipartForm.Limits) throws -> MultipartForm {
            var collector = MultipartForm.Collector(limits: limits)
            for (name, file, length) in parts {
                var head = MultipartHead(lines: [])
                (head.name, head.fileName) = (name, file)
                try collector.handle(.head(head))
                try collector.handle(.content([UInt8](repeating: 1, count: length)[...]))
                try collector.handle(.partEnd)
            }
            return collector.form
        }
        let limits = MultipartForm.Limits(body: 1000, file: 10, field: 5, parts: 3, fileNames: ["f"], filesPerName: 1)
        let form = try collect([("f", "a", 11), ("f", "b", 3), ("g", "c", 3)], limits)
        #expect(form.files.map(\.isTooLarge) == [true])
        #expect(form.files[0].bytes.isEmpty)
        #expect(throws: RequestBodyError.self) { try collect([("x", nil, 6)], limits) }
        #expect(throws: RequestBodyError.self) {
            try collect([("x", nil, 1), ("x", nil, 1), ("x", nil, 1), ("x", nil, 1)], limits)
        }
    }
}

@Suite("JSON")
struct JSONTests {
    private func read(_ text: String) throws -> JSON { try JSONReader.value(in: Array(text.utf8)) }
    private func rewritten(_ text: String) throws -> String { String(decoding: try read(text).encoded, as: UTF8.self) }

    @Test(
        "what is read is written again, numbers as they stood",
        arguments: [
            "null", "true", "[]", "{}", "{\"b\":1,\"a\":[1.5,\"x\",{}]}", "-0.5e-7", "\"ä\\n\\\"\\\\\"",
            "[[1.0,2.5],[3.0]]",
            "{\"a\":{\"a\":{\"a\":null}}}", "123456789012345678901234567890",
        ]
    )
    func roundTrip(text: String) throws {
        #expect(try rewritten(text) == text)
    }

    @Test(
        "escapes",
        arguments: [
            ("\"\\u00e4\"", "ä"), ("\"\\ud83d\\ude00\"", "😀"), ("\"\\ud83d\"", "\u{FFFD}"),
            ("\"\\/\\b\\f\"", "/\u{8}\u{C}"),
        ]
    )
    func escapes(text: String, value: String) throws {
        #expect(try read(text).text == value)
    }

    @Test(
        "what is no JSON is refused with the place",
        arguments: [
            "", " ", "{", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "-", "1e", "nul", "\"x", "\"\\x\"",
            "\"\u{1}\"",
            "1 2", "{a:1}", "'a'", "[1,\"a\"", "\"\\u12g4\"",
        ]
    )
    func faults(text: String) {
        #expect(throws: JSONReader.Fault.self) { try read(text) }
    }

    @Test("bytes that are no UTF-8 are refused")
    func encoding() {
        #expect(throws: JSONReader.Fault.self) { try JSONReader.value(in: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONReader.Fault.self) { try JSONReader.value(in: [0x22, 0x5C, 0x6E, 0xFF, 0x22]) }
    }

    @Test("depth is bounded")
    func depth() {
        #expect(throws: JSONReader.Fault.self) { try read(String(repeating: "[", count: 100_000)) }
        #expect(throws: Never.self) { try read(String(repeating: "[", count: 60) + String(repeating: "]", count: 60)) }
    }

    @Test("numbers are printed as the originals print them")
    func numbers() {
        func text(_ json: JSON) -> String { String(decoding: json.encoded, as: UTF8.self) }
        #expect(text(.float(0.1)) == "0.10000000149011612")
        #expect(text(.rounded(0.978585, digits: 5)) == "0.97859")
        #expect(text(.rounded(1, digits: 5)) == "1.0")
        #expect(text(.double(.nan)) == "null")
        #expect(text(.int(-3)) == "-3")
    }

    @Test("base64 in both alphabets, with and without padding, and nothing else")
    func base64() {
        let bytes = (0..<256).map { UInt8($0) }
        for count in 0..<20 {
            let text = Base64.encode(bytes[..<count])
            #expect(Base64.decode(text.utf8, alphabet: .standard) == Array(bytes[..<count]))
            #expect(Base64.decode(text.utf8.filter { $0 != 0x3D }) == Array(bytes[..<count]))
        }
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(Base64.decode("-_8".utf8) == [0xFB, 0xFF])
        #expect(Base64.decode("-_8=".utf8, alphabet: .standard) == nil)
        #expect(Base64.decode("+/ 8\n=".utf8) == [0xFB, 0xFF])
        for wrong in ["A", "A===", "AB=C", "A*B=", "AB="] { #expect(Base64.decode(wrong.utf8) == nil) }
    }
}
