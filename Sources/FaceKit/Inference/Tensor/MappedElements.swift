// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Floating-point elements inside a mapped file, little-endian, at any alignment.
package struct MappedElements: Sendable {
    package let file: MappedFile
    package let byteOffset: Int
    package let count: Int
    package let dataType: DataType

    /// - Precondition: The elements lie inside the file; readers check that and throw before they come here.
    package init(file: MappedFile, byteOffset: Int, count: Int, dataType: DataType) {
        precondition(dataType.isFloatingPoint && byteOffset >= 0 && count >= 0)
        precondition(count <= (file.count - byteOffset) / dataType.byteCount)
        self.file = file
        self.byteOffset = byteOffset
        self.count = count
        self.dataType = dataType
    }

    /// Reads all elements, widened or narrowed to `Float`.
    package func floats() -> [Float] {
        var floats = [Float](repeating: 0, count: count)
        let start = byteOffset
        unsafe file.withBytes { bytes in
            switch dataType {
            case .float32 where UInt32(1).littleEndian == 1:
                unsafe floats.withUnsafeMutableBytes { target in
                    unsafe target.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + target.count])
                    )
                }
            case .float32:
                for index in 0..<count {
                    let bits = unsafe bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)
                    floats[index] = Float(bitPattern: UInt32(littleEndian: bits))
                }
            case .float64:
                for index in 0..<count {
                    let bits = unsafe bytes.loadUnaligned(fromByteOffset: start + 8 * index, as: UInt64.self)
                    floats[index] = Float(Double(bitPattern: UInt64(littleEndian: bits)))
                }
            default:
                for index in 0..<count {
                    let bits = unsafe UInt16(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: start + 2 * index, as: UInt16.self)
                    )
                    floats[index] =
                        dataType == .bfloat16
                        ? Float(bitPattern: UInt32(bits) << 16) : HalfPrecision.float(fromBits: bits)
                }
            }
        }
        return floats
    }
}
