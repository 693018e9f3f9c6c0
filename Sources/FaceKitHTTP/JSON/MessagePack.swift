// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// MessagePack, the binary form of JSON that some clients of InsightFace-REST send and ask for.
///
/// See <https://github.com/msgpack/msgpack/blob/master/spec.md>. Binary data are read as base64, which is how JSON has
/// them; extension types are refused.
enum MessagePack {
    /// What cannot be read.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads one value.
    ///
    /// - Throws: ``Fault``.
    static func value(in bytes: [UInt8]) throws(Fault) -> JSON {
        var reader = MessagePackReader(bytes: bytes)
        let value = try reader.value(depth: 0)
        guard reader.isAtEnd else { throw Fault(description: "something follows the value") }
        return value
    }

    /// Writes a value; embeddings become 32-bit numbers.
    static func encode(_ value: JSON) -> [UInt8] {
        var output: [UInt8] = []
        write(value, to: &output)
        return output
    }

    private static func write(_ value: JSON, to output: inout [UInt8]) {
        switch value {
        case .null: output.append(0xC0)
        case .bool(let flag): output.append(flag ? 0xC3 : 0xC2)
        case .number(let literal):
            if let whole = Int64(literal) {
                write(whole, to: &output)
            } else {
                append(0xCB, (Double(literal) ?? .nan).bitPattern, to: &output)
            }
        case .string(let string):
            let bytes = string.utf8
            writeHead(bytes.count, fixed: (0xA0, 31), wide: [0xD9, 0xDA, 0xDB], to: &output)
            output.append(contentsOf: bytes)
        case .array(let elements):
            writeHead(elements.count, fixed: (0x90, 15), wide: [nil, 0xDC, 0xDD], to: &output)
            for element in elements { write(element, to: &output) }
        case .floats(let floats):
            writeHead(floats.count, fixed: (0x90, 15), wide: [nil, 0xDC, 0xDD], to: &output)
            for float in floats { append(0xCA, float.bitPattern, to: &output) }
        case .doubles(let doubles):
            writeHead(doubles.count, fixed: (0x90, 15), wide: [nil, 0xDC, 0xDD], to: &output)
            for double in doubles { append(0xCB, double.bitPattern, to: &output) }
        case .object(let members):
            writeHead(members.count, fixed: (0x80, 15), wide: [nil, 0xDE, 0xDF], to: &output)
            for member in members {
                write(.text(member.name), to: &output)
                write(member.value, to: &output)
            }
        }
    }

    private static func write(_ whole: Int64, to output: inout [UInt8]) {
        switch whole {
        case 0...127, -32 ... -1: output.append(UInt8(truncatingIfNeeded: whole))
        case Int64(Int32.min)...Int64(Int32.max): append(0xD2, UInt32(truncatingIfNeeded: whole), to: &output)
        default: append(0xD3, UInt64(bitPattern: whole), to: &output)
        }
    }

    /// Writes a type with its count: in one byte up to the limit of `fixed`, else with a count of 1, 2 or 4 bytes.
    private static func writeHead(_ count: Int, fixed: (UInt8, Int), wide: [UInt8?], to output: inout [UInt8]) {
        if count <= fixed.1 {
            output.append(fixed.0 | UInt8(count))
        } else if let type = wide[0], count <= 0xFF {
            append(type, UInt8(count), to: &output)
        } else if let type = wide[1], count <= 0xFFFF {
            append(type, UInt16(count), to: &output)
        } else if let type = wide[2] {
            append(type, UInt32(clamping: count), to: &output)
        }
    }

    private static func append(_ type: UInt8, _ bits: some FixedWidthInteger, to output: inout [UInt8]) {
        output.append(type)
        for shift in stride(from: bits.bitWidth - 8, through: 0, by: -8) {
            output.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }
}

private struct MessagePackReader {
    private let bytes: [UInt8]
    private var offset = 0
    /// Deeper nesting is nothing that a client has a use for.
    private static let maximumDepth = 32

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func value(depth: Int) throws(MessagePack.Fault) -> JSON {
        guard depth < Self.maximumDepth else { throw fault("it is nested too deeply") }
        let type = UInt8(truncatingIfNeeded: try unsigned(1))
        switch type {
        case 0x00...0x7F: return .int(Int(type))
        case 0x80...0x8F: return try object(Int(type & 0x0F), depth)
        case 0x90...0x9F: return try array(Int(type & 0x0F), depth)
        case 0xA0...0xBF: return try text(Int(type & 0x1F))
        case 0xC0: return .null
        case 0xC2, 0xC3: return .bool(type == 0xC3)
        case 0xC4...0xC6: return .text(Base64.encode(try take(try count(1 << (type - 0xC4)))))
        case 0xCA: return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try unsigned(4)))))
        case 0xCB: return .double(Double(bitPattern: try unsigned(8)))
        case 0xCC...0xCF: return .number(String(try unsigned(1 << (type - 0xCC))))
        case 0xD0: return .int(Int(Int8(truncatingIfNeeded: try unsigned(1))))
        case 0xD1: return .int(Int(Int16(truncatingIfNeeded: try unsigned(2))))
        case 0xD2: return .int(Int(Int32(truncatingIfNeeded: try unsigned(4))))
        case 0xD3: return .int(Int(Int64(bitPattern: try unsigned(8))))
        case 0xD9...0xDB: return try text(try count(1 << (type - 0xD9)))
        case 0xDC, 0xDD: return try array(try count(2 << (type - 0xDC)), depth)
        case 0xDE, 0xDF: return try object(try count(2 << (type - 0xDE)), depth)
        case 0xE0...0xFF: return .int(Int(Int8(bitPattern: type)))
        default: throw fault("the type \(type) is not known")
        }
    }

    private mutating func array(_ count: Int, _ depth: Int) throws(MessagePack.Fault) -> JSON {
        var elements: [JSON] = []
        elements.reserveCapacity(min(count, bytes.count - offset))
        for _ in 0..<count { elements.append(try value(depth: depth + 1)) }
        return .array(elements)
    }

    private mutating func object(_ count: Int, _ depth: Int) throws(MessagePack.Fault) -> JSON {
        var members: [(name: String, value: JSON)] = []
        for _ in 0..<count {
            guard let name = try value(depth: depth + 1).text else { throw fault("a name is no text") }
            members.append((name, try value(depth: depth + 1)))
        }
        return .object(members)
    }

    private mutating func text(_ count: Int) throws(MessagePack.Fault) -> JSON {
        guard let text = String(validating: try take(count), as: UTF8.self) else { throw fault("a text is no UTF-8") }
        return .text(text)
    }

    private mutating func count(_ width: Int) throws(MessagePack.Fault) -> Int {
        let count = try unsigned(width)
        // Every element has a byte at least.
        guard count <= UInt64(bytes.count - offset) else { throw fault("it ends too early") }
        return Int(count)
    }

    private mutating func unsigned(_ width: Int) throws(MessagePack.Fault) -> UInt64 {
        try take(width).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: Int) throws(MessagePack.Fault) -> ArraySlice<UInt8> {
        guard count <= bytes.count - offset else { throw fault("it ends too early") }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    private func fault(_ reason: String) -> MessagePack.Fault {
        MessagePack.Fault(description: "at byte \(offset): \(reason)")
    }
}
