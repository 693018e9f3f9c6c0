// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Which operators stand for which OpenVINO layer type, operator sets 1 to 8.
///
/// What layers compute: the operation specifications in OpenVINO's documentation.
enum OpenVINOLayerRegistry {
    /// Takes the attributes it knows from the layer, adds nodes and returns the values of the layer's outputs.
    typealias Maker =
        @Sendable (inout OpenVINOLayer, LayerInputs, inout GraphBuilder) throws(ModelError) -> [Graph.ValueID]

    private static let makers: [String: Maker] = {
        var makers: [String: Maker] = [:]
        for family in [elementwise, windows, reductions, rearrangements, normalizations] {
            makers.merge(family) { _, _ in preconditionFailure("two makers for one layer type") }
        }
        return makers
    }()

    /// - Throws: `unsupported` when the layer's type or one of its attributes is not known, `malformed` when an
    ///   attribute is not of its kind.
    static func make(
        _ layer: inout OpenVINOLayer,
        _ inputs: [Graph.ValueID],
        _ builder: inout GraphBuilder
    ) throws(ModelError) -> [Graph.ValueID] {
        guard let maker = makers[layer.type] else { throw ModelError(.unsupported, "no such layer") }
        let made = try maker(&layer, LayerInputs(values: inputs), &builder)
        guard layer.attributes.isEmpty else {
            throw ModelError(.unsupported, "attribute \(layer.attributes.keys.sorted().joined(separator: ", "))")
        }
        return made
    }

    /// A maker for a layer that is one operator with one output on the layer's own inputs.
    static func single(
        _ make: @escaping @Sendable (inout OpenVINOLayer) throws(ModelError) -> any Operator
    ) -> Maker {
        { (layer, inputs, builder) throws(ModelError) in
            [builder.add(try make(&layer), inputs.values, name: layer.name)]
        }
    }
}

/// The values that a layer takes.
struct LayerInputs {
    var values: [Graph.ValueID]

    subscript(position: Int) -> Graph.ValueID {
        get throws(ModelError) {
            guard position < values.count else { throw ModelError(.malformed, "input \(position) is missing") }
            return values[position]
        }
    }

    /// The content of an input that must be known at load; `nil` when it is left out.
    func constant(_ position: Int, _ meaning: String, _ builder: GraphBuilder) throws(ModelError) -> Tensor? {
        guard position < values.count else { return nil }
        guard let tensor = builder.constant(values[position]) else {
            throw ModelError(.unsupported, "\(meaning) (input \(position)) is not a constant")
        }
        return tensor
    }

    func integers(_ position: Int, _ meaning: String, _ builder: GraphBuilder) throws(ModelError) -> [Int]? {
        guard let tensor = try constant(position, meaning, builder) else { return nil }
        guard tensor.dataType == .int64, tensor.count <= 64 else {
            throw ModelError(.malformed, "\(meaning) (input \(position)) is \(tensor.dataType) \(tensor.shape)")
        }
        return tensor.integers.map { Int($0) }
    }

    /// The one integer in an input.
    func integer(_ position: Int, _ meaning: String, _ builder: GraphBuilder) throws(ModelError) -> Int {
        guard let integers = try integers(position, meaning, builder), integers.count == 1 else {
            throw ModelError(.malformed, "\(meaning) (input \(position)) is not one number")
        }
        return integers[0]
    }

    /// The one float in an input; `nil` when it is left out.
    func float(_ position: Int, _ meaning: String, _ builder: GraphBuilder) throws(ModelError) -> Float? {
        guard let tensor = try constant(position, meaning, builder) else { return nil }
        guard tensor.dataType.isFloatingPoint, tensor.count == 1 else {
            throw ModelError(.malformed, "\(meaning) (input \(position)) is \(tensor.dataType) \(tensor.shape)")
        }
        return tensor.floats[0]
    }
}
