// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A JSON text (RFC 8259) in memory, as far as weight manifests need it.
enum JSONValue: Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// - Throws: `malformed` with the byte where the text stops being JSON.
    init(_ bytes: [UInt8]) throws(ModelError) {
        var parser = JSONParser(bytes)
        self = try parser.document()
    }

    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    var number: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// A number without fraction that fits.
    var integer: Int? { number.flatMap { Int(exactly: $0) } }
}

private struct JSONParser {
    private static let maximumDepth = 32

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(ModelError) -> JSONValue {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw wrong() }
        return value
    }

    private mutating func value() throws(ModelError) -> JSONValue {
        skipSpace()
        guard position < bytes.count, depth < Self.maximumDepth else { throw wrong() }
        depth += 1
        defer { depth -= 1 }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try members())
        case UInt8(ascii: "["): return .array(try elements())
        case UInt8(ascii: "\""): return .text(try text())
        default: return try word()
        }
    }

    private mutating func members() throws(ModelError) -> [String: JSONValue] {
        position += 1
        var members: [String: JSONValue] = [:]
        if skip("}") { return members }
        while true {
            skipSpace()
            let key = try text()
            guard skip(":") else { throw wrong() }
            guard members.updateValue(try value(), forKey: key) == nil else {
                throw ModelError(.malformed, "\"\(key)\" stands twice before byte \(position)")
            }
            if skip("}") { return members }
            guard skip(",") else { throw wrong() }
        }
    }

    private mutating func elements() throws(ModelError) -> [JSONValue] {
        position += 1
        var elements: [JSONValue] = []
        if skip("]") { return elements }
        while true {
            elements.append(try value())
            if skip("]") { return elements }
            guard skip(",") else { throw wrong() }
        }
    }

    private mutating func text() throws(ModelError) -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw wrong() }
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: try escaped())
            case 0..<0x20: throw wrong()
            default: text.append(byte)
            }
        }
        throw wrong()
    }

    /// The UTF-8 bytes of what stands behind a backslash; a surrogate stands for the replacement character.
    private mutating func escaped() throws(ModelError) -> [UInt8] {
        guard position < bytes.count else { throw wrong() }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            guard bytes.count - position >= 4,
                let number = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
            else { throw wrong() }
            position += 4
            return Array(String(Unicode.Scalar(number) ?? "\u{FFFD}").utf8)
        default: throw wrong()
        }
    }

    /// A number or one of the three words.
    private mutating func word() throws(ModelError) -> JSONValue {
        let start = position
        while position < bytes.count, !Self.endsWord(bytes[position]) { position += 1 }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        switch word {
        case "null": return .null
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default:
            guard let first = word.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
                word.utf8.count <= 64, let number = Double(word), number.isFinite
            else {
                position = start
                throw wrong()
            }
            return .number(number)
        }
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    /// Whether `mark` comes next after white space; if so, it is read past.
    private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    private func wrong() -> ModelError {
        ModelError(.malformed, "no JSON at byte \(position) of \(bytes.count)")
    }
}
