// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `slope * x` below zero, else `x` (ONNX `PRelu`).
///
/// Inputs: x and slope, which broadcasts to x's shape. Output: x's shape.
package struct PRelu: Operator {
    package static let name = "PRelu"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        let slope = try inputs.requiredFloats(1)
        guard try x.shape.broadcast(with: slope.shape) == x.shape else {
            throw ModelError(.mismatch, "slope \(slope.shape) does not broadcast to \(x.shape)")
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let slopes = try inputs.required(1).broadcast(to: x.shape).floats
        let result = zip(x.floats, slopes).map { $0 < 0 ? $0 * $1 : $0 }
        return [Tensor(result, shape: x.shape, dataType: x.dataType)]
    }
}

/// Elements moved into bounds that are inputs (ONNX `Clip` from opset 11).
///
/// Inputs: x and, each optional, the scalars minimum and maximum. Output: x's shape. Where the minimum is above the
/// maximum, the maximum wins. Bounds that are attributes make a ``UnaryElementwise`` instead.
package struct Clip: Operator {
    package static let name = "Clip"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        for bound in [inputs.optional(1), inputs.optional(2)].compactMap({ $0 }) {
            guard bound.shape.elementCount == 1, bound.dataType == x.dataType else {
                throw ModelError(
                    .mismatch,
                    "bound of \(bound.dataType) \(bound.shape) is not one element of \(x.dataType)"
                )
            }
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let (lower, upper) = (inputs.optional(1), inputs.optional(2))
        if x.dataType.isFloatingPoint {
            let minimum = lower?.floats[0] ?? -.infinity
            let maximum = upper?.floats[0] ?? .infinity
            return [Tensor(x.floats.map { min(max($0, minimum), maximum) }, shape: x.shape, dataType: x.dataType)]
        }
        let minimum = lower?.integers[0] ?? .min
        let maximum = upper?.integers[0] ?? .max
        return [Tensor(x.integers.map { min(max($0, minimum), maximum) }, shape: x.shape, dataType: x.dataType)]
    }
}

/// Exponentials along one axis, divided by their sum (ONNX `Softmax`).
package struct Softmax: Operator {
    package static let name = "Softmax"

    /// Counted from the end when negative.
    package var axis: Int
    /// Whether all axes from `axis` on are normalised together, as before opset 13.
    package var flattensTrailingAxes: Bool

    package init(axis: Int = -1, flattensTrailingAxes: Bool = false) {
        self.axis = axis
        self.flattensTrailingAxes = flattensTrailingAxes
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        [try inferSoftmax(inputs, axis, flattensTrailingAxes)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [try evaluateSoftmax(inputs, axis, flattensTrailingAxes, logarithmic: false)]
    }
}

/// The natural logarithm of ``Softmax`` (ONNX `LogSoftmax`).
package struct LogSoftmax: Operator {
    package static let name = "LogSoftmax"

    /// Counted from the end when negative.
    package var axis: Int
    /// Whether all axes from `axis` on are normalised together, as before opset 13.
    package var flattensTrailingAxes: Bool

    package init(axis: Int = -1, flattensTrailingAxes: Bool = false) {
        self.axis = axis
        self.flattensTrailingAxes = flattensTrailingAxes
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        [try inferSoftmax(inputs, axis, flattensTrailingAxes)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [try evaluateSoftmax(inputs, axis, flattensTrailingAxes, logarithmic: true)]
    }
}

private func inferSoftmax(_ inputs: [TensorFact?], _ axis: Int, _ flattens: Bool) throws(ModelError) -> TensorFact {
    let x = try inputs.requiredFloats(0)
    _ = try x.shape.resolvedAxis(axis, allowingEnd: flattens && axis >= 0)
    return TensorFact(dataType: x.dataType, shape: x.shape)
}

private func evaluateSoftmax(
    _ inputs: [Tensor?],
    _ axis: Int,
    _ flattens: Bool,
    logarithmic: Bool
) throws(ModelError) -> Tensor {
    let x = try inputs.required(0)
    let axis = try x.shape.resolvedAxis(axis, allowingEnd: flattens && axis >= 0)
    let extent = flattens ? x.shape[axis...].reduce(1, *) : x.shape[axis]
    let inner = flattens ? 1 : x.shape[(axis + 1)...].reduce(1, *)
    var elements = x.floats
    guard !elements.isEmpty else { return x }
    for start in stride(from: 0, to: elements.count, by: extent * inner) {
        for lane in start..<start + inner {
            let positions = stride(from: lane, to: lane + extent * inner, by: inner)
            let peak = positions.reduce(-Float.infinity) { max($0, elements[$1]) }
            var sum: Float = 0
            for position in positions {
                let exponential = expf(elements[position] - peak)
                sum += exponential
                elements[position] = logarithmic ? elements[position] - peak : exponential
            }
            let logarithm = logf(sum)
            for position in positions {
                elements[position] = logarithmic ? elements[position] - logarithm : elements[position] / sum
            }
        }
    }
    return Tensor(elements, shape: x.shape, dataType: x.dataType)
}
