// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension JSON {
    /// The value as compact JSON in UTF-8.
    public var encoded: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        write(to: &output)
        return output
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let literal): output.append(contentsOf: literal.utf8)
        case .string(let string): Self.write(string, to: &output)
        case .array(let elements):
            Self.write(elements, in: (UInt8(ascii: "["), UInt8(ascii: "]")), to: &output) { $0.write(to: &$1) }
        case .floats(let floats):
            Self.write(floats, in: (UInt8(ascii: "["), UInt8(ascii: "]")), to: &output) {
                $1.append(contentsOf: ($0.isFinite ? Double($0).description : "null").utf8)
            }
        case .doubles(let doubles):
            Self.write(doubles, in: (UInt8(ascii: "["), UInt8(ascii: "]")), to: &output) {
                $1.append(contentsOf: ($0.isFinite ? $0.description : "null").utf8)
            }
        case .object(let members):
            Self.write(members, in: (UInt8(ascii: "{"), UInt8(ascii: "}")), to: &output) { member, output in
                Self.write(JSONString(member.name), to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element],
        in brackets: (UInt8, UInt8),
        to output: inout [UInt8],
        each: (Element, inout [UInt8]) -> Void
    ) {
        output.append(brackets.0)
        var isFirst = true
        for element in elements {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            each(element, &output)
        }
        output.append(brackets.1)
    }

    private static func write(_ string: JSONString, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        string.withUTF8 { bytes in
            // Pictures are strings of megabytes in which nothing is escaped: they are copied in one piece.
            var start = 0
            for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == 0x22 || bytes[index] == 0x5C {
                output.append(contentsOf: bytes[start..<index])
                appendEscape(of: bytes[index], to: &output)
                start = index + 1
            }
            output.append(contentsOf: bytes[start...])
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(of byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
        case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
        case 0x0A: output.append(contentsOf: "\\n".utf8)
        case 0x0D: output.append(contentsOf: "\\r".utf8)
        case 0x09: output.append(contentsOf: "\\t".utf8)
        default:
            let digits = String(byte, radix: 16)
            output.append(contentsOf: ("\\u00" + (digits.utf8.count < 2 ? "0" : "") + digits).utf8)
        }
    }
}
