// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Testing

@testable import FaceKitHTTP

@Suite("MessagePack")
struct MessagePackTests {
    @Test("values come back as they were", arguments: [0, 1, 15, 16, 31, 32, 255, 256, 70_000])
    func roundTrip(length: Int) throws {
        let value: JSON = [
            "text": .text(String(repeating: "é", count: length)),
            "list": .array(Array(repeating: .null, count: length)),
            "flags": [true, false],
            "numbers": [.int(length), .int(-length), .int(.max), .int(.min), .double(0.25)],
            "object": .object((0..<length).map { (String($0), .int($0)) }),
        ]
        let read = try MessagePack.value(in: MessagePack.encode(value))
        #expect(read.encoded == value.encoded)
    }

    @Test("numbers of an embedding have 32 bits")
    func floats() throws {
        #expect(MessagePack.encode(.floats([1, -2])) == [0x92, 0xCA, 0x3F, 0x80, 0, 0, 0xCA, 0xC0, 0, 0, 0])
        #expect(try MessagePack.value(in: [0xCA, 0xC0, 0, 0, 0]).double == -2)
    }

    @Test("every type is read")
    func types() throws {
        let cases: [([UInt8], String)] = [
            ([0x7F], "127"), ([0xE0], "-32"), ([0xCC, 200], "200"), ([0xCD, 1, 0], "256"),
            ([0xCE, 0, 1, 0, 0], "65536"),
            ([0xCF] + [UInt8](repeating: 255, count: 8), "18446744073709551615"), ([0xD0, 0x80], "-128"),
            ([0xD1, 0x80, 0], "-32768"), ([0xD2, 0x80, 0, 0, 0], "-2147483648"),
            ([0xD3] + [UInt8](repeating: 255, count: 8), "-1"), ([0xC4, 3, 1, 2, 3], "\"AQID\""),
            ([0xC5, 0, 1, 9], "\"CQ==\""), ([0xC6, 0, 0, 0, 0], "\"\""), ([0xD9, 1, 0x61], "\"a\""),
            ([0xDC, 0, 1, 0xC0], "[null]"), ([0xDE, 0, 1, 0xA1, 0x61, 0xC3], "{\"a\":true}"),
        ]
        for (bytes, text) in cases {
            #expect(String(decoding: try MessagePack.value(in: bytes).encoded, as: UTF8.self) == text)
        }
    }

    @Test(
        "damage is an error",
        arguments: [
            [], [0xC1], [0xD4, 0, 0], [0xDD, 255, 255, 255, 255], [0xDB, 0, 0, 1, 0], [0xA1, 0xFF], [0x81, 1, 1],
            [0x91], [1, 1], [UInt8](repeating: 0x91, count: 100_000),
        ] as [[UInt8]]
    )
    func damage(bytes: [UInt8]) {
        #expect(throws: MessagePack.Fault.self) { try MessagePack.value(in: bytes) }
    }

    @Test("mutated bytes never trap")
    func mutations() {
        var generator = SystemRandomNumberGenerator()
        let value = MessagePack.encode([
            "images": ["data": ["abc", 1, true]], "numbers": .floats([1, 2, 3]), "x": -70_000,
        ])
        for _ in 0..<20_000 {
            var bytes = value
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? MessagePack.value(in: bytes)
        }
    }
}
