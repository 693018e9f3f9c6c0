// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

extension LoadedModel {
    /// The elements of the output with `count` rows of `length` numbers, whatever its name and leading extents of 1.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when there is none.
    func rows(of length: Int, count: Int, in tensors: [Tensor], meaning: String) throws(FaceError) -> [Float] {
        guard let tensor = tensors.first(where: { $0.shape.last == length && $0.count == count * length }) else {
            throw FaceError(
                .invalidModel,
                "the model \(file.card.name) gave \(tensors.map(\.shape)),"
                    + " wanted among them are \(meaning) of the shape [\(count), \(length)]"
            )
        }
        return tensor.floats
    }

    /// An error for a network of another kind.
    func unexpectedOutputs(wanted: String) -> FaceError {
        FaceError(
            .invalidModel,
            "the model \(file.card.name) has the outputs \(network.outputs.map(\.name).joined(separator: ", ")),"
                + " wanted are \(wanted)"
        )
    }
}
