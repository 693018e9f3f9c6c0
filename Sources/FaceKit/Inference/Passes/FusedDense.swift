// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A matrix product with constant weights together with the activation that follows it.
///
/// Made by the passes. Inputs: x [n, k], weights, bias?, slopes? (one per output).
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
        try product.infer(Array(inputs.prefix(Slot.slopes)))
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let result = try product.evaluate(Array(inputs.prefix(Slot.slopes)))[0]
        let slopes = inputs.count > Slot.slopes ? inputs[Slot.slopes]?.floats : nil
        let columns = result.shape[1]
        var floats = result.floats
        for index in floats.indices {
            floats[index] = activation(floats[index], slope: slopes?[index % columns] ?? 1)
        }
        return [Tensor(floats, shape: result.shape)]
    }
}
