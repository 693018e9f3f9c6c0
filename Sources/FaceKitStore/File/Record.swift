// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// Writes numbers, texts and vectors one after the other; little-endian.
struct RecordWriter {
    private(set) var bytes: [UInt8] = []
    /// Where the components of each vector start.
    private(set) var vectorOffsets: [Int] = []

    init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    mutating func write<Number: FixedWidthInteger>(_ value: Number) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ value: Float) { write(value.bitPattern) }

    mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func write(bytes other: some Sequence<UInt8>) { bytes.append(contentsOf: other) }

    /// A length of 32 bits and so many bytes.
    mutating func writeCounted(_ other: some Collection<UInt8>) {
        write(UInt32(other.count))
        bytes.append(contentsOf: other)
    }

    mutating func write(_ text: String) { writeCounted(text.utf8) }

    mutating func write(_ id: UUID) { withUnsafeBytes(of: id.uuid) { bytes.append(contentsOf: $0) } }

    mutating func write(_ vector: [Float]) {
        write(UInt32(vector.count))
        vectorOffsets.append(bytes.count)
        #if _endian(little)
            vector.withUnsafeBytes { bytes.append(contentsOf: $0) }
        #else
            for component in vector { write(component) }
        #endif
    }

    /// A byte that says whether there is a value, and the value.
    mutating func write<Value>(optional value: Value?, _ body: (inout Self, Value) -> Void) {
        write(value != nil)
        if let value { body(&self, value) }
    }
}

/// Reads what a ``RecordWriter`` wrote, with every length checked.
struct RecordReader {
    /// A record that ends too early or holds what no record can.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private let bytes: ArraySlice<UInt8>
    /// The index of the next byte.
    private var position: Int
    /// Where the components of each vector started that was read or passed over, as an index of the bytes.
    private(set) var vectorOffsets: [Int] = []

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    /// Passes over bytes and returns where they start.
    @discardableResult
    private mutating func skip(_ count: Int) throws -> Int {
        guard count >= 0, count <= bytes.endIndex - position else {
            throw Malformed(description: "\(count) bytes wanted, \(bytes.endIndex - position) left")
        }
        defer { position += count }
        return position
    }

    mutating func read(count: Int) throws -> ArraySlice<UInt8> {
        let start = try skip(count)
        return bytes[start..<position]
    }

    private mutating func readNumber<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws -> Number {
        Number(littleEndian: try readValue(Number.self))
    }

    private mutating func readValue<Value: BitwiseCopyable>(_: Value.Type) throws -> Value {
        let start = try skip(MemoryLayout<Value>.size) - bytes.startIndex
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: Value.self) }
    }

    mutating func readUInt8() throws -> UInt8 { try readNumber(UInt8.self) }
    mutating func readUInt32() throws -> UInt32 { try readNumber(UInt32.self) }
    mutating func readUInt64() throws -> UInt64 { try readNumber(UInt64.self) }
    mutating func readInt64() throws -> Int64 { try readNumber(Int64.self) }
    mutating func readFloat() throws -> Float { Float(bitPattern: try readUInt32()) }

    mutating func readBool() throws -> Bool {
        switch try readUInt8() {
        case 0: false
        case 1: true
        case let byte: throw Malformed(description: "a truth value of \(byte)")
        }
    }

    mutating func readCounted() throws -> ArraySlice<UInt8> { try read(count: Int(readUInt32())) }

    mutating func readText() throws -> String {
        guard let text = String(validating: try readCounted(), as: UTF8.self) else {
            throw Malformed(description: "a text that is not UTF-8")
        }
        return text
    }

    mutating func readUUID() throws -> UUID {
        UUID(uuid: try readValue(uuid_t.self))
    }

    mutating func readVector() throws -> [Float] {
        let count = Int(try readUInt32())
        vectorOffsets.append(position)
        let bytes = try read(count: count * 4)
        return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            bytes.withUnsafeBytes { source in
                #if _endian(little)
                    UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
                #else
                    for index in 0..<count {
                        let bits = source.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                        buffer[index] = Float(bitPattern: UInt32(littleEndian: bits))
                    }
                #endif
            }
            filled = count
        }
    }

    /// Passes over a vector and returns how many components it has.
    mutating func skipVector() throws -> Int {
        let count = Int(try readUInt32())
        vectorOffsets.append(position)
        try skip(count * 4)
        return count
    }

    mutating func readOptional<Value>(_ body: (inout Self) throws -> Value) throws -> Value? {
        try readBool() ? try body(&self) : nil
    }
}
