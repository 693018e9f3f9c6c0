// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The transpose of a convolution: every input element spreads the kernel into the output (ONNX `ConvTranspose`).
///
/// Inputs: x [batch, channels, spatial…], weights [channels, outputs / groups, kernel…] and, optionally,
/// bias [outputs]. Output: [batch, outputs, spatial…].
package struct ConvTranspose: Operator {
    package static let name = "ConvTranspose"

    /// One per spatial axis, empty for 1 along each, as with `dilations`.
    package var strides: [Int]
    package var dilations: [Int]
    package var groups: Int
    /// What the corresponding convolution has, and therefore cut from the output.
    package var padding: Padding
    /// Must equal the weights' spatial extents where given.
    package var kernelShape: [Int]?
    /// Elements added at the end of each spatial axis; empty for none.
    package var outputPadding: [Int]
    /// The output's spatial extents, from which the padding follows.
    package var outputShape: [Int]?

    package init(
        strides: [Int] = [],
        dilations: [Int] = [],
        groups: Int = 1,
        padding: Padding = .valid,
        kernelShape: [Int]? = nil,
        outputPadding: [Int] = [],
        outputShape: [Int]? = nil
    ) {
        self.strides = strides
        self.dilations = dilations
        self.groups = groups
        self.padding = padding
        self.kernelShape = kernelShape
        self.outputPadding = outputPadding
        self.outputShape = outputShape
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        let weights = try inputs.requiredFloats(1)
        let window = try window(x.shape, weights.shape, inputs.optionalFloats(2)?.shape)
        let shape = [x.shape[0], weights.shape[1] * groups] + window.input
        try shape.checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    /// The convolution that leads back: its input is this operator's output.
    private func window(_ x: [Int], _ weights: [Int], _ bias: [Int]?) throws(ModelError) -> SlidingWindow {
        let rank = x.count - 2
        let ones = [Int](repeating: 1, count: max(rank, 0))
        let strides = strides.isEmpty ? ones : strides
        let dilations = dilations.isEmpty ? ones : dilations
        let extra = outputPadding.isEmpty ? ones.map { _ in 0 } : outputPadding
        guard rank >= 1, weights.count == x.count, groups > 0, x[1] == weights[0], x[1] % groups == 0,
            kernelShape == nil || kernelShape == Array(weights.dropFirst(2)), strides.count == rank,
            dilations.count == rank, extra.count == rank, outputShape == nil || outputShape?.count == rank,
            groups < 1 << 24, bias == nil || bias == [weights[1] * groups]
        else {
            throw ModelError(
                .mismatch,
                "input \(x), weights \(weights), bias \(bias ?? []), strides \(strides), dilations \(dilations), "
                    + "output padding \(extra), output shape \(outputShape ?? []) and \(groups) groups do not fit"
            )
        }
        let numbers = x.dropFirst(2) + weights.dropFirst(2) + strides + dilations
        guard numbers.allSatisfy({ $0 > 0 && $0 < 1 << 24 }), extra.allSatisfy({ $0 >= 0 && $0 < 1 << 24 }) else {
            throw ModelError(
                .mismatch,
                "input \(x), strides \(strides), dilations \(dilations) or output padding \(extra)"
            )
        }
        var (begin, end) = (ones.map { _ in 0 }, ones.map { _ in 0 })
        if case .explicit(let first, let last) = padding, !first.isEmpty {
            guard first.count == rank, last.count == rank, (first + last).allSatisfy({ $0 >= 0 && $0 < 1 << 24 }) else {
                throw ModelError(.mismatch, "padding \(padding) does not fit \(x)")
            }
            (begin, end) = (first, last)
        }
        var output = ones
        for axis in 0..<rank {
            let reach = (weights[axis + 2] - 1) * dilations[axis] + 1
            let full = (x[axis + 2] - 1) * strides[axis] + reach + extra[axis]
            output[axis] = outputShape?[axis] ?? (full - begin[axis] - end[axis])
            let isSame = padding == .sameUpper || padding == .sameLower
            if isSame, outputShape == nil { output[axis] = x[axis + 2] * strides[axis] }
            if isSame || outputShape != nil {
                // What is too much is cut, the odd element at the end with `sameUpper`, else at the beginning.
                let total = max(full - output[axis], 0)
                begin[axis] = padding == .sameUpper ? total / 2 : total - total / 2
            }
            guard output[axis] > 0 else { throw ModelError(.mismatch, "padding \(padding) leaves nothing of \(x)") }
        }
        try output.checkedElementCount()
        var window = try SlidingWindow(
            input: output,
            kernel: Array(weights.dropFirst(2)),
            strides: strides,
            dilations: dilations,
            padding: .explicit(
                begin: begin,
                end: (0..<rank).map { axis in
                    // As much as the last window needs, so that there are as many windows as input elements.
                    let reach = (weights[axis + 2] - 1) * dilations[axis] + 1
                    return (x[axis + 2] - 1) * strides[axis] + reach - begin[axis] - output[axis]
                }
            )
        )
        window.output = Array(x.dropFirst(2))
        return window
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let weights = try inputs.required(1)
        let window = try window(x.shape, weights.shape, inputs.optional(2)?.shape)
        let runs = window.runs()
        let (batch, channels, width) = (x.shape[0], x.shape[1], weights.shape[1])
        let outputs = width * groups
        let taps = window.kernel.elementCount
        let (inputPlane, outputPlane) = (window.output.elementCount, window.input.elementCount)
        let stride = window.strides[window.strides.count - 1]
        let source = x.floats
        let kernel = weights.floats
        let bias = inputs.optional(2)?.floats
        var result: [Float] = []
        for image in 0..<batch {
            for output in 0..<outputs {
                var plane = [Float](repeating: bias?[output] ?? 0, count: outputPlane)
                let group = output / width
                let depth = channels / groups
                for channel in group * depth..<(group + 1) * depth {
                    let start = (image * channels + channel) * inputPlane
                    let kernelStart = (channel * width + output % width) * taps
                    for run in runs {
                        let weight = kernel[kernelStart + run.tap]
                        for index in 0..<run.count {
                            plane[run.input + index * stride] += weight * source[start + run.output + index]
                        }
                    }
                }
                result.append(contentsOf: plane)
            }
        }
        return [Tensor(result, shape: [batch, outputs] + window.input, dataType: x.dataType)]
    }
}
