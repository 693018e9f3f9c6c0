// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads JSON as RFC 8259 has it: UTF-8, one value, nothing behind it.
package struct JSONReader {
    /// Where and why bytes are no JSON.
    package struct Fault: Error, CustomStringConvertible {
        let offset: Int
        let reason: String
        package var description: String { "\(reason) at byte \(offset)" }
    }

    /// Arrays and objects within one another; more would exhaust the stack.
    static let maximumDepth = 64

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the value that `bytes` hold.
    package static func value(in bytes: [UInt8]) throws(Fault) -> JSON {
        var reader = JSONReader(bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
        reader.skipSpace()
        let value = try reader.readValue()
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.fault("something follows the value") }
        return value
    }

    private func fault(_ reason: String) -> Fault { Fault(offset: position, reason: reason) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func readValue() throws(Fault) -> JSON {
        switch current {
        case UInt8(ascii: "{"): return try readObject()
        case UInt8(ascii: "["): return try readArray()
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
            return .number(try readNumber())
        case nil: throw fault("the text ends early")
        default: throw fault("no value begins")
        }
    }

    private mutating func readWord(_ word: StaticString, _ value: JSON) throws(Fault) -> JSON {
        let length = word.utf8CodeUnitCount
        guard position + length <= bytes.count,
            word.withUTF8Buffer({ $0.elementsEqual(bytes[position..<position + length]) })
        else { throw fault("no value begins") }
        position += length
        return value
    }

    private mutating func enter() throws(Fault) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw fault("more than \(Self.maximumDepth) levels") }
        position += 1
        skipSpace()
    }

    private mutating func readObject() throws(Fault) -> JSON {
        try enter()
        defer { depth -= 1 }
        var members: [(name: String, value: JSON)] = []
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            guard current == UInt8(ascii: "\"") else { throw fault("a member's name is expected") }
            let name = try readString().text
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw fault("a colon is expected") }
            position += 1
            skipSpace()
            members.append((name, try readValue()))
            skipSpace()
            switch current {
            case UInt8(ascii: ","):
                position += 1
                skipSpace()
            case UInt8(ascii: "}"):
                position += 1
                return .object(members)
            default: throw fault("a comma or the end of the object is expected")
            }
        }
    }

    private mutating func readArray() throws(Fault) -> JSON {
        try enter()
        defer { depth -= 1 }
        if current == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        // Vectors are the long arrays: numbers stay unboxed as long as nothing else turns up.
        if let byte = current, byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) {
            let start = position
            if let numbers = try readNumbers() { return .doubles(numbers) }
            position = start
        }
        var elements: [JSON] = []
        while true {
            elements.append(try readValue())
            skipSpace()
            switch current {
            case UInt8(ascii: ","):
                position += 1
                skipSpace()
            case UInt8(ascii: "]"):
                position += 1
                return .array(elements)
            default: throw fault("a comma or the end of the array is expected")
            }
        }
    }

    /// The rest of an array of numbers, or `nil` when it holds other values too.
    private mutating func readNumbers() throws(Fault) -> [Double]? {
        var numbers: [Double] = []
        while true {
            guard let byte = current, byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) else { return nil }
            numbers.append(Double(try readNumber()) ?? .nan)
            skipSpace()
            switch current {
            case UInt8(ascii: ","):
                position += 1
                skipSpace()
            case UInt8(ascii: "]"):
                position += 1
                return numbers
            default: throw fault("a comma or the end of the array is expected")
            }
        }
    }

    private mutating func readNumber() throws(Fault) -> String {
        let start = position
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
        if current == UInt8(ascii: "-") { position += 1 }
        guard isDigit(current) else { throw fault("a digit is expected") }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            while isDigit(current) { position += 1 }
        }
        if current == UInt8(ascii: ".") {
            position += 1
            guard isDigit(current) else { throw fault("a digit is expected") }
            while isDigit(current) { position += 1 }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard isDigit(current) else { throw fault("a digit is expected") }
            while isDigit(current) { position += 1 }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func readString() throws(Fault) -> JSONString {
        position += 1
        let start = position
        var isASCII: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let slice = bytes[start..<position]
                guard isASCII < 0x80 || String(validating: slice, as: UTF8.self) != nil else {
                    throw fault("a string is not UTF-8")
                }
                position += 1
                return JSONString(unescaped: slice)
            }
            if byte == UInt8(ascii: "\\") { return JSONString(try readEscaped(from: start)) }
            guard byte >= 0x20 else { throw fault("a control character in a string") }
            isASCII |= byte
            position += 1
        }
        throw fault("a string does not end")
    }

    /// The string that begins at `start`, from its first escape on.
    private mutating func readEscaped(from start: Int) throws(Fault) -> String {
        var text = Array(bytes[start..<position])
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw fault("a string is not UTF-8")
                }
                position += 1
                return string
            case UInt8(ascii: "\\"):
                position += 1
                text.append(contentsOf: try readEscape())
            case 0..<0x20: throw fault("a control character in a string")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw fault("a string does not end")
    }

    private mutating func readEscape() throws(Fault) -> [UInt8] {
        guard let byte = current else { throw fault("a string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var units = [try readCodeUnit()]
            if UTF16.isLeadSurrogate(units[0]), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                units.append(try readCodeUnit())
            }
            // A lone half of a pair has no meaning; the replacement character stands for it.
            return Array(String(decoding: units, as: UTF16.self).utf8)
        default: throw fault("an unknown escape")
        }
    }

    private mutating func readCodeUnit() throws(Fault) -> UInt16 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
            }),
            let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw fault("four hexadecimal digits are expected") }
        position += 4
        return unit
    }
}
