// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Floats as small integers: `round(x / scale) + zeroPoint`, moved into the type's range (ONNX `QuantizeLinear`).
///
/// Inputs: x; scale, one or a vector along `axis`; optionally the zero point, like the scale, which has the output's
/// type (uint8 without one).
package struct QuantizeLinear: Operator {
    package static let name = "QuantizeLinear"

    /// Counted from the end when negative; without meaning when there is one scale only.
    package var axis: Int
    /// The output's type where there is no zero point.
    package var dataType: DataType?

    package init(axis: Int = 1, dataType: DataType? = nil) {
        self.axis = axis
        self.dataType = dataType
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        _ = try parameterShape(x.shape, inputs, axis)
        let type = inputs.optional(2)?.dataType ?? dataType ?? .uint8
        guard type.integerRange != nil else { throw ModelError(.unsupported, "quantisation to \(type)") }
        return [TensorFact(dataType: type, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let fact = try inferred(inputs)[0]
        let x = try inputs.required(0)
        let shape = try parameterShape(x.shape, inputs.map { $0.map(TensorFact.init(constant:)) }, axis)
        let scales = try inputs.required(1).reshaped(to: shape).broadcast(to: x.shape).floats
        let zeros = inputs.optional(2)?.reshaped(to: shape).broadcast(to: x.shape).integers
        let range = fact.dataType.integerRange ?? 0...0
        let source = x.floats
        let integers = source.indices.map { index -> Int64 in
            let rounded = Int64(clamping: (source[index] / scales[index]).rounded(.toNearestOrEven))
            let shifted = rounded.addingReportingOverflow(zeros?[index] ?? 0)
            let sum = shifted.overflow ? rounded : shifted.partialValue
            return min(max(sum, range.lowerBound), range.upperBound)
        }
        return [Tensor(integers, shape: x.shape, dataType: fact.dataType)]
    }
}

/// Small integers as floats: `(x - zeroPoint) * scale` (ONNX `DequantizeLinear`).
///
/// Inputs: x; scale, one or a vector along `axis`; optionally the zero point, like the scale.
package struct DequantizeLinear: Operator {
    package static let name = "DequantizeLinear"

    /// Counted from the end when negative; without meaning when there is one scale only.
    package var axis: Int

    package init(axis: Int = 1) {
        self.axis = axis
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        guard x.dataType.integerRange != nil else { throw ModelError(.unsupported, "dequantisation of \(x.dataType)") }
        _ = try parameterShape(x.shape, inputs, axis)
        return [TensorFact(dataType: try inputs.requiredFloats(1).dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let fact = try inferred(inputs)[0]
        let x = try inputs.required(0)
        let shape = try parameterShape(x.shape, inputs.map { $0.map(TensorFact.init(constant:)) }, axis)
        let scales = try inputs.required(1).reshaped(to: shape).broadcast(to: x.shape).floats
        let zeros = inputs.optional(2)?.reshaped(to: shape).broadcast(to: x.shape).integers
        let source = x.integers
        let floats = source.indices.map { Float(source[$0] - (zeros?[$0] ?? 0)) * scales[$0] }
        return [Tensor(floats, shape: x.shape, dataType: fact.dataType)]
    }
}

/// The shape in which scale and zero point broadcast to `shape`.
private func parameterShape(_ shape: [Int], _ inputs: [TensorFact?], _ axis: Int) throws(ModelError) -> [Int] {
    let scale = try inputs.requiredFloats(1)
    if let zero = inputs.optional(2) {
        guard zero.shape == scale.shape, zero.dataType.integerRange != nil else {
            throw ModelError(.mismatch, "zero point \(zero.dataType) \(zero.shape) does not fit scale \(scale.shape)")
        }
    }
    if scale.shape.isEmpty || (scale.shape == [1] && shape.count != 1) { return [] }
    let axis = try shape.resolvedAxis(axis)
    guard scale.shape == [1] || scale.shape == [shape[axis]] else {
        throw ModelError(.mismatch, "scale \(scale.shape) does not fit axis \(axis) of \(shape)")
    }
    return scale.shape + [Int](repeating: 1, count: shape.count - axis - 1)
}

extension DataType {
    /// The values of an integer type of at most 32 bits.
    var integerRange: ClosedRange<Int64>? {
        switch self {
        case .int8: -128...127
        case .uint8: 0...255
        case .int16: -32768...32767
        case .uint16: 0...65535
        case .int32: Int64(Int32.min)...Int64(Int32.max)
        case .uint32: 0...Int64(UInt32.max)
        default: nil
        }
    }
}
