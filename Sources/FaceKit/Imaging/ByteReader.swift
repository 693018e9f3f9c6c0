// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Bounds-checked integers of either byte order, at offsets from the start of the data.
struct ByteReader {
    private let data: ArraySlice<UInt8>
    private let isLittleEndian: Bool

    init(_ data: ArraySlice<UInt8>, isLittleEndian: Bool) {
        self.data = data
        self.isLittleEndian = isLittleEndian
    }

    init(_ data: [UInt8], isLittleEndian: Bool) {
        self.init(data[...], isLittleEndian: isLittleEndian)
    }

    /// Bytes there are.
    var count: Int { data.count }

    /// Reads 1 to 8 bytes as an unsigned number; `nil` outside the data and for numbers from 2^62 on, so that the sum of
    /// two of them cannot overflow.
    func integer(at offset: Int, bytes: Int) -> Int? {
        guard offset >= 0, offset <= data.count - bytes else { return nil }
        let start = data.startIndex + offset
        let field = data[start..<start + bytes]
        let value =
            isLittleEndian
            ? field.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } : field.reduce(0) { $0 << 8 | UInt64($1) }
        return value < 1 << 62 ? Int(value) : nil
    }

    /// Reads 4 bytes as a signed number.
    func signedInteger(at offset: Int) -> Int? {
        integer(at: offset, bytes: 4).map { Int(Int32(truncatingIfNeeded: $0)) }
    }
}
