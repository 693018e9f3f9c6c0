// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Convolution over any number of spatial axes (ONNX `Conv`).
///
/// Inputs: x [batch, channels, spatial…], weights [outputs, channels / groups, kernel…] and, optionally,
/// bias [outputs]. Output: [batch, outputs, spatial…].
package struct Convolution: Operator {
    package static let name = "Conv"

    /// One per spatial axis, empty for 1 along each, as with `dilations`.
    package var strides: [Int]
    package var dilations: [Int]
    package var groups: Int
    package var padding: Padding
    /// Must equal the weights' spatial extents where given.
    package var kernelShape: [Int]?

    package init(
        strides: [Int] = [],
        dilations: [Int] = [],
        groups: Int = 1,
        padding: Padding = .valid,
        kernelShape: [Int]? = nil
    ) {
        self.strides = strides
        self.dilations = dilations
        self.groups = groups
        self.padding = padding
        self.kernelShape = kernelShape
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        let weights = try inputs.requiredFloats(1)
        let bias = try inputs.optionalFloats(2)
        let window = try window(x.shape, weights.shape, bias?.shape)
        let shape = [x.shape[0], weights.shape[0]] + window.output
        try shape.checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    private func window(_ x: [Int], _ weights: [Int], _ bias: [Int]?) throws(ModelError) -> SlidingWindow {
        guard x.count >= 3, weights.count == x.count, groups > 0, weights[1] > 0,
            x[1] / groups == weights[1], x[1] % groups == 0, weights[0] % groups == 0,
            kernelShape == nil || kernelShape == Array(weights.dropFirst(2)), bias == nil || bias == [weights[0]]
        else {
            throw ModelError(
                .mismatch,
                "input \(x), weights \(weights), bias \(bias ?? []), kernel \(kernelShape ?? []) and \(groups) groups "
                    + "do not fit"
            )
        }
        return try SlidingWindow(
            input: Array(x.dropFirst(2)),
            kernel: Array(weights.dropFirst(2)),
            strides: strides,
            dilations: dilations,
            padding: padding
        )
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let weights = try inputs.required(1)
        let window = try window(x.shape, weights.shape, inputs.optional(2)?.shape)
        let runs = window.runs()
        let (batch, channels, outputs) = (x.shape[0], x.shape[1], weights.shape[0])
        let (depth, taps) = (weights.shape[1], window.kernel.elementCount)
        let (inputPlane, outputPlane) = (window.input.elementCount, window.output.elementCount)
        let stride = window.strides[window.strides.count - 1]
        let source = x.floats
        let kernel = weights.floats
        let bias = inputs.optional(2)?.floats
        let shape = [batch, outputs] + window.output
        var result: [Float] = []
        result.reserveCapacity(shape.elementCount)
        var plane = [Float](repeating: 0, count: outputPlane)
        for image in 0..<batch {
            for output in 0..<outputs {
                for index in plane.indices { plane[index] = bias?[output] ?? 0 }
                let group = output / (outputs / groups)
                for channel in 0..<depth {
                    let inputStart = (image * channels + group * depth + channel) * inputPlane
                    let kernelStart = (output * depth + channel) * taps
                    for run in runs {
                        Self.accumulate(
                            run,
                            weight: kernel[kernelStart + run.tap],
                            from: source,
                            at: inputStart + run.input,
                            stride: stride,
                            into: &plane
                        )
                    }
                }
                result.append(contentsOf: plane)
            }
        }
        return [Tensor(result, shape: shape, dataType: x.dataType)]
    }

    /// plane[run.output + i] += weight * source[start + i * stride].
    @inline(__always)
    private static func accumulate(
        _ run: SlidingWindow.Run,
        weight: Float,
        from source: [Float],
        at start: Int,
        stride: Int,
        into plane: inout [Float]
    ) {
        if stride == 1 {
            for index in 0..<run.count { plane[run.output + index] += weight * source[start + index] }
        } else {
            for index in 0..<run.count { plane[run.output + index] += weight * source[start + index * stride] }
        }
    }
}
