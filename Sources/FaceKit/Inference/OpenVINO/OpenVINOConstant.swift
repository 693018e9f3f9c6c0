// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension DataType {
    /// The type that OpenVINO calls so; `nil` for one that the engine does not have.
    init?(openVINO name: String) {
        switch name.lowercased() {
        case "f16", "fp16": self = .float16
        case "bf16": self = .bfloat16
        case "f32", "fp32": self = .float32
        case "f64", "fp64": self = .float64
        case "i8": self = .int8
        case "i16": self = .int16
        case "i32": self = .int32
        case "i64": self = .int64
        case "u8": self = .uint8
        case "u16": self = .uint16
        case "u32": self = .uint32
        case "u64": self = .uint64
        case "boolean": self = .bool
        default: return nil
        }
    }

    /// The type that stands for this one inside an OpenVINO network: the engine computes floats and integers at one
    /// width each, and a file that mixes widths (compressed weights) widens before it computes.
    var widened: DataType { isFloatingPoint ? .float32 : self == .bool ? .bool : .int64 }
}

/// A `Const` layer's elements: where they lie in the weights and of what type.
struct OpenVINOConstant {
    private let source: ByteSource
    private let offset: Int
    private let dataType: DataType
    private let shape: [Int]
    private let count: Int

    /// - Throws: ``ModelError`` when the elements do not lie inside the weights or do not fill the shape.
    init(_ layer: inout OpenVINOLayer, weights: ByteSource) throws(ModelError) {
        let typeName = layer.takeText("element_type") ?? ""
        guard let dataType = DataType(openVINO: typeName) else {
            throw ModelError(.unsupported, "element type \"\(typeName)\"")
        }
        var shape: [Int] = []
        for extent in try layer.takeShape("shape") {
            guard let extent else { throw ModelError(.malformed, "a constant whose extents may vary") }
            shape.append(extent)
        }
        let count = try shape.checkedElementCount()
        guard let offset = try layer.takeInteger("offset"), let size = try layer.takeInteger("size") else {
            throw ModelError(.malformed, "no offset or size")
        }
        guard offset >= 0, size >= 0, offset <= weights.count, size <= weights.count - offset else {
            throw ModelError(.malformed, "bytes \(offset) + \(size) of \(weights.count) bytes of weights")
        }
        guard size == count * dataType.byteCount else {
            throw ModelError(.malformed, "\(size) bytes do not fill \(shape) of \(dataType)")
        }
        (self.source, self.offset, self.dataType, self.shape, self.count) = (weights, offset, dataType, shape, count)
    }

    /// The elements as they are; floats stay in the weights' mapping.
    func tensor() -> Tensor {
        if dataType.isFloatingPoint {
            return floatTensor()
        }
        let integers = integers()
        guard dataType == .bool else { return Tensor(integers, shape: shape) }
        return Tensor(integers.map { $0 == 0 ? Int64(0) : 1 }, shape: shape, dataType: .bool)
    }

    /// The elements as floats, made from what lies in the weights each time they are read.
    func floatTensor() -> Tensor {
        if dataType == .float32, case .file(let file) = source {
            return Tensor(
                MappedElements(file: file, byteOffset: offset, count: count, dataType: dataType),
                shape: shape
            )
        }
        let constant = self
        return Tensor(DerivedElements(count: count) { constant.floats() }, shape: shape)
    }

    private func floats() -> [Float] {
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

    private func integers() -> [Int64] {
        switch dataType {
        case .int8: source.integers(Int8.self, at: offset, count: count).map { Int64($0) }
        case .int16: source.integers(Int16.self, at: offset, count: count).map { Int64($0) }
        case .uint16: source.integers(UInt16.self, at: offset, count: count).map { Int64($0) }
        case .int32: source.integers(Int32.self, at: offset, count: count).map { Int64($0) }
        case .uint32: source.integers(UInt32.self, at: offset, count: count).map { Int64($0) }
        case .int64, .uint64: source.integers(Int64.self, at: offset, count: count)
        default: source.integers(UInt8.self, at: offset, count: count).map { Int64($0) }
        }
    }
}
