// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// One operator of a network with its attributes: what shape it gives and, plainly written, what it computes.
///
/// Types that conform are values named for the ONNX operator (`Convolution`, `MaxPool`, …), made by readers through
/// their memberwise initialisers and recognised by graph passes through `as?`. `evaluate` is the reference that the
/// fast kernels are tested against, and what runs where there is no fast kernel.
package protocol Operator: Sendable {
    /// The ONNX name, for messages: `"Conv"`.
    static var name: String { get }

    /// The ONNX name where one type stands for several operators (`"Relu"`), else ``name``.
    var label: String { get }

    /// Finds type and shape of every output for inputs of known type and shape.
    ///
    /// - Parameter inputs: One fact per input, `nil` for an optional input left out.
    /// - Returns: One fact per output that the operator can give.
    /// - Throws: ``ModelError`` with the shapes that do not fit; the caller adds the node's name.
    func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact]

    /// Computes the outputs. Inputs have passed `infer`.
    func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor]
}

/// What is known of a value before anything is computed.
package struct TensorFact: Sendable {
    package var dataType: DataType
    package var shape: [Int]
    /// The content, where it is known (constants and what follows from constants and shapes).
    package var constant: Tensor?

    package init(dataType: DataType = .float32, shape: [Int], constant: Tensor? = nil) {
        self.dataType = dataType
        self.shape = shape
        self.constant = constant
    }

    package init(constant: Tensor) {
        self.init(dataType: constant.dataType, shape: constant.shape, constant: constant)
    }
}

extension Operator {
    package var label: String { Self.name }

    /// What `infer` says of tensors that are at hand, so that `evaluate` need not work out shapes a second way.
    func inferred(_ inputs: [Tensor?]) throws(ModelError) -> [TensorFact] {
        try infer(inputs.map { $0.map(TensorFact.init(constant:)) })
    }
}
