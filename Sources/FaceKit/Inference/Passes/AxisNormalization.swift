// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// `y = (x - mean) / sqrt(variance + epsilon) * scale + shift`, mean and variance taken along one axis.
///
/// Layer normalisation over the channels of a picture or a token, whichever axis they are on; made by the passes.
/// Inputs: x, scale, shift, the latter two constant vectors along the axis.
package struct AxisNormalization: Operator {
    package static let name = "AxisNormalization"

    /// Not negative.
    package var axis: Int
    package var epsilon: Float

    package init(axis: Int, epsilon: Float) {
        self.axis = axis
        self.epsilon = epsilon
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        guard let x = inputs[0], let scale = inputs[1], let shift = inputs[2], axis < x.shape.count,
            scale.shape == [x.shape[axis]], shift.shape == scale.shape
        else { throw ModelError(.mismatch, "input, scale and shift do not fit along axis \(axis)") }
        return [TensorFact(shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        guard let x = inputs[0], let scale = inputs[1]?.floats, let shift = inputs[2]?.floats else {
            throw ModelError(.mismatch, "needs three inputs")
        }
        let extent = x.shape[axis]
        let inner = x.shape[(axis + 1)...].reduce(1, *)
        var floats = x.floats
        for row in 0..<x.count / max(extent * inner, 1) {
            for column in 0..<inner {
                let start = row * extent * inner + column
                var sum: Double = 0
                for index in 0..<extent { sum += Double(floats[start + index * inner]) }
                let mean = sum / Double(extent)
                var squares: Double = 0
                for index in 0..<extent {
                    let difference = Double(floats[start + index * inner]) - mean
                    squares += difference * difference
                }
                let factor = 1 / (squares / Double(extent) + Double(epsilon)).squareRoot()
                for index in 0..<extent {
                    let value = (Double(floats[start + index * inner]) - mean) * factor
                    floats[start + index * inner] = Float(value) * scale[index] + shift[index]
                }
            }
        }
        return [Tensor(floats, shape: x.shape)]
    }
}
