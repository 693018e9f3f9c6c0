// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The bytes of a model, in a file or in memory.
enum ByteSource: Sendable {
    case file(MappedFile)
    case bytes([UInt8])

    var count: Int {
        switch self {
        case .file(let file): file.count
        case .bytes(let bytes): bytes.count
        }
    }

    /// - Precondition: `offset` lies inside.
    subscript(offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count)
        switch self {
        case .file(let file): return unsafe file.withBytes { bytes in unsafe bytes[offset] }
        case .bytes(let bytes): return bytes[offset]
        }
    }

    /// Little-endian integers, one after the other.
    ///
    /// - Precondition: They lie inside.
    func integers<Element: FixedWidthInteger>(_ type: Element.Type, at offset: Int, count: Int) -> [Element] {
        let width = MemoryLayout<Element>.size
        precondition(offset >= 0 && count >= 0 && count <= (self.count - offset) / width)
        switch self {
        case .file(let file):
            return unsafe file.withBytes { bytes in
                unsafe Self.integers(type, RawSpan(_unsafeBytes: bytes), at: offset, count: count)
            }
        case .bytes(let bytes):
            return unsafe Self.integers(type, bytes.span.bytes, at: offset, count: count)
        }
    }

    private static func integers<Element: FixedWidthInteger>(
        _ type: Element.Type,
        _ bytes: RawSpan,
        at offset: Int,
        count: Int
    ) -> [Element] {
        let width = MemoryLayout<Element>.size
        return (0..<count).map { index in
            (0..<width).reduce(Element.zero) { value, byte in
                let next = unsafe bytes.unsafeLoadUnaligned(
                    fromByteOffset: offset + index * width + byte,
                    as: UInt8.self
                )
                return value | Element(truncatingIfNeeded: next) << (8 * byte)
            }
        }
    }

    /// - Precondition: The range lies inside.
    func text(_ range: Range<Int>) -> String {
        String(decoding: integers(UInt8.self, at: range.lowerBound, count: range.count), as: UTF8.self)
    }
}
