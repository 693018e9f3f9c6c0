// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// `y = x * scale + shift` with one scale and one shift per channel (axis 1).
///
/// What batch normalisation and the arithmetic around it come to at inference; made by the passes. Inputs: x, scale,
/// shift, the latter two constant vectors over the channels.
package struct ChannelAffine: Operator {
    package static let name = "ChannelAffine"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        guard let x = inputs[0], x.shape.count >= 2 else {
            throw ModelError(.mismatch, "needs an input with a channel axis")
        }
        for vector in inputs.dropFirst() where vector?.shape != [x.shape[1]] {
            throw ModelError(.mismatch, "a vector of \(vector?.shape ?? []) for \(x.shape[1]) channels")
        }
        return [TensorFact(shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        guard let x = inputs[0], let scale = inputs[1]?.floats, let shift = inputs[2]?.floats else {
            throw ModelError(.mismatch, "needs three inputs")
        }
        let channels = x.shape[1]
        let pixels = x.shape[2...].reduce(1, *)
        var floats = x.floats
        for index in floats.indices {
            let channel = index / pixels % channels
            floats[index] = floats[index] * scale[channel] + shift[channel]
        }
        return [Tensor(floats, shape: x.shape)]
    }
}
