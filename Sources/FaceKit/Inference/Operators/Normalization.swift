// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `scale * (x - mean) / sqrt(variance + epsilon) + shift` per channel, with stored statistics (ONNX
/// `BatchNormalization` in inference).
///
/// Inputs: x [batch, channels, …], then scale, shift, mean and variance, each [channels]. Output: x's shape.
package struct BatchNormalization: Operator {
    package static let name = "BatchNormalization"

    package var epsilon: Float

    package init(epsilon: Float = 1e-5) {
        self.epsilon = epsilon
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        guard x.shape.count >= 1 else { throw ModelError(.mismatch, "input \(x.shape) has no channels") }
        for position in 1...4 {
            let parameter = try inputs.requiredFloats(position).shape
            guard parameter == [channels(x.shape)] else {
                throw ModelError(.mismatch, "input \(position) \(parameter) does not fit the channels of \(x.shape)")
            }
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    /// A vector counts as one channel.
    private func channels(_ shape: [Int]) -> Int { shape.count == 1 ? 1 : shape[1] }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let scale = try inputs.required(1).floats
        let shift = try inputs.required(2).floats
        let mean = try inputs.required(3).floats
        let variance = try inputs.required(4).floats
        let plane = x.shape.dropFirst(2).reduce(1, *)
        let channels = channels(x.shape)
        var elements = x.floats
        for index in elements.indices {
            let channel = index / plane % channels
            elements[index] =
                scale[channel] * (elements[index] - mean[channel]) / (variance[channel] + epsilon).squareRoot()
                + shift[channel]
        }
        return [Tensor(elements, shape: x.shape, dataType: x.dataType)]
    }
}

/// Each channel of each image normalised by its own mean and variance (ONNX `InstanceNormalization`).
///
/// Inputs: x [batch, channels, …], scale [channels], shift [channels]. Output: x's shape.
package struct InstanceNormalization: Operator {
    package static let name = "InstanceNormalization"

    package var epsilon: Float

    package init(epsilon: Float = 1e-5) {
        self.epsilon = epsilon
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        let scale = try inputs.requiredFloats(1).shape
        let shift = try inputs.requiredFloats(2).shape
        guard x.shape.count >= 3, scale == [x.shape[1]], shift == scale else {
            throw ModelError(.mismatch, "input \(x.shape), scale \(scale) and shift \(shift) do not fit")
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let scale = try inputs.required(1).floats
        let shift = try inputs.required(2).floats
        let plane = x.shape.dropFirst(2).reduce(1, *)
        let normalized = standardized(x.floats, runs: plane, epsilon: epsilon).elements
        let result = normalized.indices.map { index in
            let channel = index / plane % x.shape[1]
            return scale[channel] * normalized[index] + shift[channel]
        }
        return [Tensor(result, shape: x.shape, dataType: x.dataType)]
    }
}

/// Groups of channels of each image normalised by their own mean and variance (ONNX `GroupNormalization`).
///
/// Inputs: x [batch, channels, …]; scale and shift, each [channels] or, before opset 21, [groups].
package struct GroupNormalization: Operator {
    package static let name = "GroupNormalization"

    package var groups: Int
    package var epsilon: Float

    package init(groups: Int, epsilon: Float = 1e-5) {
        self.groups = groups
        self.epsilon = epsilon
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        let scale = try inputs.requiredFloats(1).shape
        let shift = try inputs.requiredFloats(2).shape
        guard x.shape.count >= 2, groups > 0, x.shape[1] % groups == 0, shift == scale,
            scale == [x.shape[1]] || scale == [groups]
        else {
            throw ModelError(
                .mismatch,
                "input \(x.shape), \(groups) groups, scale \(scale) and shift \(shift) do not fit"
            )
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let scale = try inputs.required(1).floats
        let shift = try inputs.required(2).floats
        guard x.count > 0 else { return [x] }
        let plane = x.shape.dropFirst(2).reduce(1, *)
        let channels = x.shape[1]
        let normalized = standardized(x.floats, runs: plane * channels / groups, epsilon: epsilon).elements
        let result = normalized.indices.map { index in
            let parameter = index / plane % channels * scale.count / channels
            return scale[parameter] * normalized[index] + shift[parameter]
        }
        return [Tensor(result, shape: x.shape, dataType: x.dataType)]
    }
}

/// The axes from `axis` on normalised together (ONNX `LayerNormalization`).
///
/// Inputs: x; scale and, optionally, shift, which broadcast to x. Outputs: x's shape; on request the mean and the
/// reciprocal standard deviation, where the normalised axes have extent 1.
package struct LayerNormalization: Operator {
    package static let name = "LayerNormalization"

    /// Counted from the end when negative.
    package var axis: Int
    package var epsilon: Float

    package init(axis: Int = -1, epsilon: Float = 1e-5) {
        self.axis = axis
        self.epsilon = epsilon
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        let axis = try x.shape.resolvedAxis(axis)
        for parameter in [try inputs.requiredFloats(1), try inputs.optionalFloats(2)].compactMap({ $0 }) {
            guard try x.shape.broadcast(with: parameter.shape) == x.shape else {
                throw ModelError(.mismatch, "scale or shift \(parameter.shape) does not broadcast to \(x.shape)")
            }
        }
        let statistics = Array(x.shape[..<axis]) + x.shape[axis...].map { _ in 1 }
        return [
            TensorFact(dataType: x.dataType, shape: x.shape), TensorFact(shape: statistics),
            TensorFact(shape: statistics),
        ]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let facts = try inferred(inputs)
        let x = try inputs.required(0)
        let run = try x.shape[x.shape.resolvedAxis(axis)...].reduce(1, *)
        let scale = try inputs.required(1).broadcast(to: x.shape).floats
        let shift = inputs.optional(2)?.broadcast(to: x.shape).floats
        let normalized = standardized(x.floats, runs: run, epsilon: epsilon)
        let result = scale.indices.map { scale[$0] * normalized.elements[$0] + (shift?[$0] ?? 0) }
        return [
            Tensor(result, shape: x.shape, dataType: x.dataType), Tensor(normalized.means, shape: facts[1].shape),
            Tensor(normalized.reciprocalDeviations, shape: facts[2].shape),
        ]
    }
}

/// Every run of `runs` elements shifted and scaled to mean 0 and variance 1.
private func standardized(
    _ elements: [Float],
    runs: Int,
    epsilon: Float
) -> (elements: [Float], means: [Float], reciprocalDeviations: [Float]) {
    var (result, means, reciprocals): ([Float], [Float], [Float]) = (elements, [], [])
    guard runs > 0 else { return (result, means, reciprocals) }
    for start in stride(from: 0, to: elements.count, by: runs) {
        let run = start..<start + runs
        let mean = run.reduce(0) { $0 + Double(elements[$1]) } / Double(runs)
        let variance = run.reduce(0) { $0 + (Double(elements[$1]) - mean) * (Double(elements[$1]) - mean) }
        let reciprocal = 1 / (variance / Double(runs) + Double(epsilon)).squareRoot()
        for index in run { result[index] = Float((Double(elements[index]) - mean) * reciprocal) }
        means.append(Float(mean))
        reciprocals.append(Float(reciprocal))
    }
    return (result, means, reciprocals)
}

/// Elements divided by a power of the mean square over neighbouring channels (ONNX `LRN`, AlexNet's local response
/// normalisation).
///
/// Input: [batch, channels, …]. Output: the same shape.
package struct LocalResponseNormalization: Operator {
    package static let name = "LRN"

    /// How many channels count as neighbours, the channel itself included.
    package var size: Int
    package var alpha: Float
    package var beta: Float
    package var bias: Float

    package init(size: Int, alpha: Float = 1e-4, beta: Float = 0.75, bias: Float = 1) {
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.bias = bias
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        guard x.shape.count >= 2, size > 0 else {
            throw ModelError(.mismatch, "input \(x.shape) has no channels or the size \(size) is not positive")
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let channels = x.shape[1]
        let plane = x.shape.dropFirst(2).reduce(1, *)
        let source = x.floats
        let result = source.indices.map { index -> Float in
            let channel = index / plane % channels
            let first = max(0, channel - (size - 1) / 2)
            let last = min(channels - 1, channel + min(size / 2, channels))
            var squares: Float = 0
            for neighbour in first...max(first, last) {
                let value = source[index + (neighbour - channel) * plane]
                squares += value * value
            }
            return source[index] / powf(bias + alpha / Float(size) * squares, beta)
        }
        return [Tensor(result, shape: x.shape, dataType: x.dataType)]
    }
}

/// Vectors along one axis divided by their norm (ONNX `LpNormalization`); zero vectors stay zero.
package struct LpNormalization: Operator {
    package static let name = "LpNormalization"

    /// Counted from the end when negative.
    package var axis: Int
    /// 1 for the sum of absolute values, 2 for the Euclidean norm.
    package var order: Int

    package init(axis: Int = -1, order: Int = 2) {
        self.axis = axis
        self.order = order
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        _ = try x.shape.resolvedAxis(axis)
        guard order == 1 || order == 2 else { throw ModelError(.unsupported, "norm of order \(order)") }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let norm = try Reduce(kind: order == 1 ? .l1 : .l2, axes: [axis]).evaluate([x])[0].broadcast(to: x.shape)
        let result = zip(x.floats, norm.floats).map { $1 == 0 ? 0 : $0 / $1 }
        return [Tensor(result, shape: x.shape, dataType: x.dataType)]
    }
}
