// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Walks the fields of one protocol-buffers message (the wire format, protobuf.dev/programming-guides/encoding).
///
/// Every length is checked against the message's end before anything is read or made.
struct ProtobufReader {
    /// A field as it stands on the wire.
    struct Field {
        enum Content {
            case varint(UInt64)
            case fixed32(UInt32)
            case fixed64(UInt64)
            /// Text, bytes, a message or packed numbers: where they lie in the source.
            case span(Range<Int>)
        }

        var number: Int
        var content: Content
        /// Where the field begins, for messages.
        var offset: Int
    }

    let source: ByteSource
    private var position: Int
    private let end: Int

    init(_ source: ByteSource) {
        self.init(source, 0..<source.count)
    }

    /// - Precondition: `range` lies inside the source.
    init(_ source: ByteSource, _ range: Range<Int>) {
        self.source = source
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field; `nil` at the message's end.
    mutating func next() throws(ModelError) -> Field? {
        guard position < end else { return nil }
        let offset = position
        let tag = try varint()
        let number = tag >> 3
        guard number > 0, number < 1 << 29 else {
            throw ModelError(.malformed, "field number \(number) at byte \(offset)")
        }
        let content: Field.Content
        switch tag & 7 {
        case 0: content = .varint(try varint())
        case 1: content = .fixed64(try fixed(UInt64.self))
        case 2:
            let length = try varint()
            guard length <= UInt64(end - position) else {
                throw ModelError(
                    .malformed,
                    "\(length) bytes at byte \(offset) where \(end - position) are left"
                )
            }
            content = .span(position..<position + Int(length))
            position += Int(length)
        case 5: content = .fixed32(try fixed(UInt32.self))
        default: throw ModelError(.malformed, "wire type \(tag & 7) at byte \(offset)")
        }
        return Field(number: Int(number), content: content, offset: offset)
    }

    private mutating func varint() throws(ModelError) -> UInt64 {
        let offset = position
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < end else { break }
            let byte = source[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw ModelError(.malformed, "number at byte \(offset) does not end")
    }

    private mutating func fixed<Element: FixedWidthInteger>(_ type: Element.Type) throws(ModelError) -> Element {
        let width = MemoryLayout<Element>.size
        guard end - position >= width else {
            throw ModelError(.malformed, "\(width) bytes at byte \(position) where \(end - position) are left")
        }
        defer { position += width }
        return source.integers(type, at: position, count: 1)[0]
    }
}

extension ProtobufReader {
    func text(_ field: Field) throws(ModelError) -> String {
        source.text(try span(field))
    }

    func span(_ field: Field) throws(ModelError) -> Range<Int> {
        guard case .span(let range) = field.content else { throw wrongType(field) }
        return range
    }

    func integer(_ field: Field) throws(ModelError) -> Int64 {
        guard case .varint(let value) = field.content else { throw wrongType(field) }
        return Int64(bitPattern: value)
    }

    func float(_ field: Field) throws(ModelError) -> Float {
        guard case .fixed32(let bits) = field.content else { throw wrongType(field) }
        return Float(bitPattern: bits)
    }

    /// Adds the numbers of a repeated integer field, packed or not.
    func append(_ field: Field, to integers: inout [Int64]) throws(ModelError) {
        switch field.content {
        case .varint(let value): integers.append(Int64(bitPattern: value))
        case .span(let range):
            var packed = ProtobufReader(source, range)
            while packed.position < packed.end { integers.append(Int64(bitPattern: try packed.varint())) }
        default: throw wrongType(field)
        }
    }

    /// Adds the numbers of a repeated `float` field, packed or not.
    func append(_ field: Field, to floats: inout [Float]) throws(ModelError) {
        switch field.content {
        case .fixed32(let bits): floats.append(Float(bitPattern: bits))
        case .span(let range):
            guard range.count % 4 == 0 else { throw wrongType(field) }
            let bits = source.integers(UInt32.self, at: range.lowerBound, count: range.count / 4)
            floats.append(contentsOf: bits.lazy.map { Float(bitPattern: $0) })
        default: throw wrongType(field)
        }
    }

    /// Adds the numbers of a repeated `double` field, packed or not.
    func append(_ field: Field, to doubles: inout [Double]) throws(ModelError) {
        switch field.content {
        case .fixed64(let bits): doubles.append(Double(bitPattern: bits))
        case .span(let range):
            guard range.count % 8 == 0 else { throw wrongType(field) }
            let bits = source.integers(UInt64.self, at: range.lowerBound, count: range.count / 8)
            doubles.append(contentsOf: bits.lazy.map { Double(bitPattern: $0) })
        default: throw wrongType(field)
        }
    }

    private func wrongType(_ field: Field) -> ModelError {
        ModelError(.malformed, "field \(field.number) at byte \(field.offset) is not of the type it should be")
    }
}
