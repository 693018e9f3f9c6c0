// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import FaceKitInference
package import Foundation

/// The arrays of a numpy `.npz` file by name.
package struct NumpyArchive {
    package let arrays: [String: Tensor]

    /// Reads the archive's central directory and every array in it.
    package init(contentsOf url: URL) throws {
        let bytes = [UInt8](try Data(contentsOf: url))
        // The end record has 22 bytes and a comment that numpy does not write.
        guard bytes.count >= 22, Self.number(bytes, bytes.count - 22, 4) == 0x0605_4B50 else {
            throw TestDataError("\(url.path) is not a zip archive without comment")
        }
        var entry = Self.number(bytes, bytes.count - 6, 4)
        var arrays: [String: Tensor] = [:]
        for _ in 0..<Self.number(bytes, bytes.count - 12, 2) {
            guard Self.number(bytes, entry, 4) == 0x0201_4B50 else { throw TestDataError("no directory at \(entry)") }
            let method = Self.number(bytes, entry + 10, 2)
            let size = Self.number(bytes, entry + 24, 4)
            let nameCount = Self.number(bytes, entry + 28, 2)
            let local = Self.number(bytes, entry + 42, 4)
            let name = String(decoding: bytes[entry + 46..<entry + 46 + nameCount], as: UTF8.self)
            let start = local + 30 + Self.number(bytes, local + 26, 2) + Self.number(bytes, local + 28, 2)
            let content =
                method == 0
                ? Array(bytes[start..<start + size]) : try Inflate.decompress(bytes, at: start, count: size)
            arrays[name.hasSuffix(".npy") ? String(name.dropLast(4)) : name] = try NumpyFile.tensor(content)
            entry += 46 + nameCount + Self.number(bytes, entry + 30, 2) + Self.number(bytes, entry + 32, 2)
        }
        self.arrays = arrays
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> Int {
        (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
}

/// A numpy `.npy` file: little-endian, in row-major order.
package enum NumpyFile {
    package static func tensor(contentsOf url: URL) throws -> Tensor {
        try tensor([UInt8](Data(contentsOf: url)))
    }

    package static func tensor(_ bytes: [UInt8]) throws -> Tensor {
        guard bytes.count > 12, bytes.prefix(6) == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59] else {
            throw TestDataError("not a numpy array")
        }
        let width = bytes[6] == 1 ? 2 : 4
        let count = (0..<width).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        let start = 8 + width + count
        let header = String(decoding: bytes[8 + width..<start], as: UTF8.self)
        guard let type = header.firstMatch(of: /'descr': '([^']+)'/)?.1,
            let extents = header.firstMatch(of: /'shape': \(([^)]*)\)/)?.1, header.contains("'fortran_order': False")
        else {
            throw TestDataError("numpy header \(header)")
        }
        let shape = extents.split(separator: ",").compactMap { Int($0.filter(\.isNumber)) }
        return try bytes[start...].withUnsafeBytes { body in
            func elements<Element>(_ type: Element.Type) -> [Element] {
                (0..<shape.elementCount).map {
                    body.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: type)
                }
            }
            switch type {
            case "<f2":
                let halves = elements(UInt16.self).map { HalfPrecision.float(fromBits: $0) }
                return Tensor(halves, shape: shape, dataType: .float16)
            case "<f4": return Tensor(elements(Float.self), shape: shape)
            case "<f8": return Tensor(elements(Double.self).map { Float($0) }, shape: shape, dataType: .float64)
            case "|i1": return Tensor(elements(Int8.self).map { Int64($0) }, shape: shape, dataType: .int8)
            case "|u1": return Tensor(elements(UInt8.self).map { Int64($0) }, shape: shape, dataType: .uint8)
            case "|b1": return Tensor(elements(UInt8.self).map { Int64($0) }, shape: shape, dataType: .bool)
            case "<i2": return Tensor(elements(Int16.self).map { Int64($0) }, shape: shape, dataType: .int16)
            case "<u2": return Tensor(elements(UInt16.self).map { Int64($0) }, shape: shape, dataType: .uint16)
            case "<i4": return Tensor(elements(Int32.self).map { Int64($0) }, shape: shape, dataType: .int32)
            case "<u4": return Tensor(elements(UInt32.self).map { Int64($0) }, shape: shape, dataType: .uint32)
            case "<i8": return Tensor(elements(Int64.self), shape: shape)
            case "<u8":
                let patterns = elements(UInt64.self).map { Int64(bitPattern: $0) }
                return Tensor(patterns, shape: shape, dataType: .uint64)
            default: throw TestDataError("numpy elements of type \(type)")
            }
        }
    }
}
