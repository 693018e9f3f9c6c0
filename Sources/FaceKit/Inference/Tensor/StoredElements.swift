// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Elements of any type where a model's bytes hold them, little-endian, at any alignment.
struct StoredElements: Sendable {
    let source: ByteSource
    let offset: Int
    let count: Int
    let dataType: DataType

    /// - Precondition: The elements lie inside the source; readers check that and throw before they come here.
    init(source: ByteSource, offset: Int, count: Int, dataType: DataType) {
        precondition(offset >= 0 && count >= 0 && count <= (source.count - offset) / dataType.byteCount)
        (self.source, self.offset, self.count, self.dataType) = (source, offset, count, dataType)
    }

    /// The elements as a `float32` tensor, whatever they are stored as; they stay where they are until they are read.
    func floatTensor(shape: [Int]) -> Tensor {
        if dataType == .float32, case .file(let file) = source {
            return Tensor(
                MappedElements(file: file, byteOffset: offset, count: count, dataType: dataType),
                shape: shape
            )
        }
        return Tensor(DerivedElements(count: count) { floats() }, shape: shape)
    }

    /// All elements as floats.
    func floats() -> [Float] {
        guard dataType.isFloatingPoint else { return integers().map { Float($0) } }
        if case .file(let file) = source {
            return MappedElements(file: file, byteOffset: offset, count: count, dataType: dataType).floats()
        }
        switch dataType {
        case .float32: return source.integers(UInt32.self, at: offset, count: count).map { Float(bitPattern: $0) }
        case .float64:
            return source.integers(UInt64.self, at: offset, count: count).map { Float(Double(bitPattern: $0)) }
        default: return source.integers(UInt16.self, at: offset, count: count).map { dataType.float(fromBits: $0) }
        }
    }

    /// All elements as integers, truth values as 0 and 1.
    ///
    /// - Precondition: The elements are of an integer type or `bool`.
    func integers() -> [Int64] {
        precondition(!dataType.isFloatingPoint)
        return switch dataType {
        case .int8: source.integers(Int8.self, at: offset, count: count).map { Int64($0) }
        case .int16: source.integers(Int16.self, at: offset, count: count).map { Int64($0) }
        case .uint16: source.integers(UInt16.self, at: offset, count: count).map { Int64($0) }
        case .int32: source.integers(Int32.self, at: offset, count: count).map { Int64($0) }
        case .uint32: source.integers(UInt32.self, at: offset, count: count).map { Int64($0) }
        case .int64, .uint64: source.integers(Int64.self, at: offset, count: count)
        case .bool: source.integers(UInt8.self, at: offset, count: count).map { $0 == 0 ? 0 : 1 }
        default: source.integers(UInt8.self, at: offset, count: count).map { Int64($0) }
        }
    }
}
