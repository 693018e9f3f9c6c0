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

/// A `Const` layer's tensor and where it lies in the weights.
struct OpenVINOConstant {
    private let elements: StoredElements
    private let shape: [Int]

    var isFloatingPoint: Bool { elements.dataType.isFloatingPoint }
    var count: Int { elements.count }

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
        elements = StoredElements(source: weights, offset: offset, count: count, dataType: dataType)
        self.shape = shape
    }

    /// The tensor in the type that stands for its own inside the network.
    func tensor() -> Tensor {
        if elements.dataType.isFloatingPoint { return floatTensor() }
        return Tensor(elements.integers(), shape: shape, dataType: elements.dataType.widened)
    }

    /// The same numbers as floats, which stay as they are in the weights until they are read.
    func floatTensor() -> Tensor { elements.floatTensor(shape: shape) }
}
