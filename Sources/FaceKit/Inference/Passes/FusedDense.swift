// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A matrix product with constant weights together with the activation that follows it.
///
/// Made by the passes. Inputs: x [rows…, k], weights, bias?, slopes? (one per output). Output: [rows…, n].
package struct FusedDense: Operator {
    package static let name = "FusedDense"

    /// Positions of the inputs.
    package enum Slot {
        package static let x = 0, weights = 1, bias = 2, slopes = 3
        package static let count = 4
    }

    package var product: Gemm
    package var activation: FusedActivation

    package init(_ product: Gemm, activation: FusedActivation = .none) {
        self.product = product
        self.activation = activation
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        guard let x = inputs.first ?? nil, x.shape.count >= 2 else {
            throw ModelError(.mismatch, "needs an input of at least two axes")
        }
        var operands = Array(inputs.prefix(Slot.slopes))
        operands[Slot.x] = TensorFact(dataType: x.dataType, shape: Self.matrix(x.shape))
        let columns = try product.infer(operands)[0].shape[1]
        if inputs.count > Slot.slopes, let slopes = inputs[Slot.slopes], slopes.shape != [columns] {
            throw ModelError(.mismatch, "slopes of \(slopes.shape) for \(columns) outputs")
        }
        return [TensorFact(shape: x.shape.dropLast() + [columns])]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        guard let x = inputs.first ?? nil else { throw ModelError(.mismatch, "needs an input") }
        var operands = Array(inputs.prefix(Slot.slopes))
        operands[Slot.x] = x.reshaped(to: Self.matrix(x.shape))
        let result = try product.evaluate(operands)[0]
        let slopes = inputs.count > Slot.slopes ? inputs[Slot.slopes]?.floats : nil
        let columns = result.shape[1]
        var floats = result.floats
        for index in floats.indices {
            floats[index] = activation(floats[index], slope: slopes?[index % columns] ?? 1)
        }
        return [Tensor(floats, shape: x.shape.dropLast() + [columns])]
    }

    /// All axes but the last taken as one.
    private static func matrix(_ shape: [Int]) -> [Int] {
        [shape.dropLast().reduce(1, *), shape[shape.count - 1]]
    }
}
