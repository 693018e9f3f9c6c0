// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A convolution together with what follows it: `activation(conv(x) + bias [+ residual]) [+ residual]`.
///
/// Made by the passes, never read from a file. Inputs: x, weights, bias?, slopes?, residual?, pad values?.
/// Slopes (PReLU) and pad values (what x holds outside its borders, for a shift folded into the convolution that
/// follows it) are vectors over output and input channels.
package struct FusedConvolution: Operator {
    package static let name = "FusedConv"

    package enum Residual: Sendable, Hashable {
        case none, beforeActivation, afterActivation
    }

    /// Positions of the inputs.
    package enum Slot {
        package static let x = 0, weights = 1, bias = 2, slopes = 3, residual = 4, padValues = 5
        package static let count = 6
    }

    package var convolution: Convolution
    package var activation: FusedActivation
    package var residual: Residual

    package init(_ convolution: Convolution, activation: FusedActivation = .none, residual: Residual = .none) {
        self.convolution = convolution
        self.activation = activation
        self.residual = residual
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let facts = try convolution.infer(Array(inputs[Slot.x...Slot.weights]) + [inputs[Slot.bias]])
        for (slot, channels) in [(Slot.slopes, facts[0].shape[1]), (Slot.padValues, inputs[Slot.x]?.shape[1])] {
            if let vector = inputs[slot], vector.shape != [channels] {
                throw ModelError(.mismatch, "a vector of \(vector.shape) for \(channels ?? 0) channels")
            }
        }
        if residual != .none, let addend = inputs[Slot.residual], addend.shape != facts[0].shape {
            throw ModelError(.mismatch, "residual \(addend.shape) does not have the output's shape \(facts[0].shape)")
        }
        return facts
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        var convolution = convolution
        var x = inputs[Slot.x]
        if let tensor = x, let padValues = inputs[Slot.padValues], let weights = inputs[Slot.weights] {
            let (padded, unpadded) = try pad(tensor, with: padValues.floats, weights: weights.shape)
            x = padded
            convolution = unpadded
        }
        let result = try convolution.evaluate([x, inputs[Slot.weights], inputs[Slot.bias]])[0]
        let addend = inputs[Slot.residual]?.floats
        let slopes = inputs[Slot.slopes]?.floats
        var floats = result.floats
        let channels = result.shape[1]
        let pixels = result.shape[2...].reduce(1, *)
        for index in floats.indices {
            var value = floats[index]
            if residual == .beforeActivation, let addend { value += addend[index] }
            value = activation(value, slope: slopes?[index / pixels % channels] ?? 1)
            if residual == .afterActivation, let addend { value += addend[index] }
            floats[index] = value
        }
        return [Tensor(floats, shape: result.shape)]
    }

    /// Puts the border into the tensor itself and takes it out of the convolution.
    private func pad(
        _ x: Tensor,
        with values: [Float],
        weights: [Int]
    ) throws(ModelError) -> (Tensor, Convolution) {
        let window = try SlidingWindow(
            input: Array(x.shape[2...]),
            kernel: Array(weights[2...]),
            strides: convolution.strides,
            dilations: convolution.dilations,
            padding: convolution.padding
        )
        let (top, left) = (window.begin[0], window.begin[1])
        let (bottom, right) = (window.end[0], window.end[1])
        let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
        let shape = [x.shape[0], channels, height + top + bottom, width + left + right]
        var padded = [Float](repeating: 0, count: shape.elementCount)
        let source = x.floats
        for plane in 0..<shape[0] * channels {
            for row in 0..<shape[2] {
                for column in 0..<shape[3] {
                    let (y, z) = (row - top, column - left)
                    let inside = y >= 0 && y < height && z >= 0 && z < width
                    padded[(plane * shape[2] + row) * shape[3] + column] =
                        inside ? source[(plane * height + y) * width + z] : values[plane % channels]
                }
            }
        }
        var unpadded = convolution
        unpadded.padding = .valid
        return (Tensor(padded, shape: shape), unpadded)
    }
}
