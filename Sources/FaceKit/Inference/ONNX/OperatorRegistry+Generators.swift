// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OperatorRegistry {
    /// Operators that make tensors from shapes and numbers, or change their type.
    static let generators: [String: Maker] = [
        "Shape": { (node) throws(ModelError) in
            Shape(start: try node.takeInteger("start") ?? 0, end: try node.takeInteger("end"))
        },
        "Size": { (_) throws(ModelError) in Size() },
        "ConstantOfShape": { (node) throws(ModelError) in
            ConstantOfShape(value: try node.takeTensor("value") ?? Tensor([Float(0)], shape: [1]))
        },
        "Range": { (_) throws(ModelError) in NumberRange() },
        "Cast": { (node) throws(ModelError) in
            node.ignore("saturate")
            guard let number = try node.takeInteger("to") else { throw ModelError(.malformed, "to is missing") }
            guard let type = DataType(onnx: Int64(number)) else {
                throw ModelError(.unsupported, "cast to \(ONNXTensor.typeName(Int64(number)))")
            }
            return Cast(to: type)
        },
        "CastLike": { (node) throws(ModelError) in
            node.ignore("saturate")
            return CastLike()
        },
        "OneHot": { (node) throws(ModelError) in OneHot(axis: try node.takeInteger("axis") ?? -1) },
        "NonZero": { (_) throws(ModelError) in NonZero() },
        "Trilu": { (node) throws(ModelError) in Triangle(upper: try node.takeFlag("upper", default: true)) },
        "NonMaxSuppression": { (node) throws(ModelError) in
            NonMaximumSuppression(centered: try node.takeFlag("center_point_box"))
        },
    ]

    static let quantization: [String: Maker] = [
        "QuantizeLinear": { (node) throws(ModelError) in
            node.ignore("saturate")
            let blockSize = try node.takeInteger("block_size") ?? 0
            guard blockSize == 0 else { throw ModelError(.unsupported, "block_size \(blockSize)") }
            let number = try node.takeInteger("output_dtype") ?? 0
            guard number == 0 || DataType(onnx: Int64(number)) != nil else {
                throw ModelError(.unsupported, "output type \(ONNXTensor.typeName(Int64(number)))")
            }
            return QuantizeLinear(
                axis: try node.takeInteger("axis") ?? 1,
                dataType: DataType(onnx: Int64(number))
            )
        },
        "DequantizeLinear": { (node) throws(ModelError) in
            let blockSize = try node.takeInteger("block_size") ?? 0
            guard blockSize == 0 else { throw ModelError(.unsupported, "block_size \(blockSize)") }
            return DequantizeLinear(axis: try node.takeInteger("axis") ?? 1)
        },
    ]
}
