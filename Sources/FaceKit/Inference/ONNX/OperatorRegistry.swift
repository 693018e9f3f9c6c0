// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Which operator stands for which ONNX operator type.
package enum OperatorRegistry {
    /// Takes the attributes it knows from the node; may rearrange the node's inputs into the operator's order.
    typealias Maker = @Sendable (inout ONNXNode) throws(ModelError) -> any Operator

    /// All operator types of the default domain that can be read, `Constant` included.
    package static var operatorTypes: [String] {
        (makers.keys + QuantizedNodes.operatorTypes + ["Constant"]).sorted()
    }

    private static let makers: [String: Maker] = {
        var makers: [String: Maker] = [:]
        for family in [elementwise, windows, normalizations, reductions, rearrangements, generators, quantization] {
            makers.merge(family) { _, _ in preconditionFailure("two makers for one operator type") }
        }
        return makers
    }()

    /// Turns a node into an operator.
    ///
    /// - Throws: `unsupported` when the operator or one of its attributes is not known, `malformed` when an attribute
    ///   is not of its kind.
    static func makeOperator(_ node: inout ONNXNode) throws(ModelError) -> any Operator {
        guard node.domain.isEmpty, let maker = makers[node.operatorType] else {
            let domain = node.domain.isEmpty ? "" : " of domain \(node.domain)"
            throw ModelError(.unsupported, "no such operator\(domain)")
        }
        let made = try maker(&node)
        try refuseRest(node)
        return made
    }

    /// The tensor that a `Constant` node gives.
    static func constant(_ node: inout ONNXNode) throws(ModelError) -> Tensor {
        var tensor = try node.takeTensor("value")
        if let value = try node.takeFloat("value_float") { tensor = Tensor([value], shape: []) }
        if let value = try node.takeInteger("value_int") { tensor = Tensor([Int64(value)], shape: []) }
        if let values = try node.takeFloats("value_floats") { tensor = Tensor(values, shape: [values.count]) }
        if let values = try node.takeIntegers("value_ints") {
            tensor = Tensor(values.map { Int64($0) }, shape: [values.count])
        }
        try refuseRest(node)
        guard let tensor else { throw ModelError(.malformed, "no value") }
        return tensor
    }

    private static func refuseRest(_ node: ONNXNode) throws(ModelError) {
        guard node.attributes.isEmpty else {
            throw ModelError(.unsupported, "attribute \(node.attributes.keys.sorted().joined(separator: ", "))")
        }
    }
}
