// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Computes channels first what a network computes channels last between two transpositions.
///
/// Networks with layer normalisation and linear layers turn `[n, c, h, w]` to `[n, h, w, c]` and back around them. For
/// an operator f that has a counterpart g on the other axis order, `f(transpose(x)) = transpose(g(x))`: the
/// transposition moves down until it meets its inverse, and linear layers become 1×1 convolutions.
struct MoveTransposes {
    let facts: [Graph.ValueID: TensorFact]

    private static let toChannelsLast = [0, 2, 3, 1]
    private static let toChannelsFirst = [0, 3, 1, 2]

    func apply(_ graph: Graph) -> Graph {
        var rewritten = graph
        rewritten.nodes = []
        /// Channels-last values and the channels-first values they are transpositions of.
        var sources: [Graph.ValueID: Graph.ValueID] = [:]
        for var node in graph.nodes {
            if let transpose = node.operator as? Transpose, let x = node.input(0), let output = node.output(0) {
                if transpose.permutation == Self.toChannelsLast {
                    sources[output] = x
                } else if transpose.permutation == Self.toChannelsFirst, let source = sources[x] {
                    node = Graph.Node(name: node.name, operator: Identity(), inputs: [source], outputs: [output])
                }
                rewritten.nodes.append(node)
                continue
            }
            guard let output = node.output(0), node.outputs.count == 1,
                let counterpart = counterpart(node, sources, &rewritten)
            else {
                rewritten.nodes.append(node)
                continue
            }
            let value = rewritten.addValue(Graph.Value(name: rewritten[output].name + "/channels first"))
            rewritten.nodes.append(
                Graph.Node(name: node.name, operator: counterpart.0, inputs: counterpart.1, outputs: [value])
            )
            // Whoever still wants the channels last finds them here; the node goes when nobody does.
            rewritten.nodes.append(
                Graph.Node(
                    name: node.name + "/transpose",
                    operator: Transpose(permutation: Self.toChannelsLast),
                    inputs: [value],
                    outputs: [output]
                )
            )
            sources[output] = value
        }
        return GraphEditor(rewritten).finish()
    }

    /// The operator and inputs that compute the node's result with the channels first.
    private func counterpart(
        _ node: Graph.Node,
        _ sources: [Graph.ValueID: Graph.ValueID],
        _ graph: inout Graph
    ) -> (any Operator, [Graph.ValueID?])? {
        guard let first = node.input(0) else { return nil }
        switch node.operator {
        case let normalization as AxisNormalization where normalization.axis == 3:
            guard let source = sources[first] else { return nil }
            let counterpart = AxisNormalization(axis: 1, epsilon: normalization.epsilon)
            return (counterpart, [source] + node.inputs.dropFirst())
        case let unary as UnaryElementwise:
            guard let source = sources[first] else { return nil }
            return (unary, [source])
        case is MatMul:
            guard let source = sources[first], let weights = node.input(1).flatMap({ graph.constants[$0] }),
                weights.shape.count == 2
            else { return nil }
            return (Convolution(), [source, graph.addConstant(transposed(weights), name: node.name + "/weights")])
        case let binary as BinaryElementwise where node.inputs.count == 2:
            guard let second = node.input(1) else { return nil }
            if let left = sources[first], let right = sources[second] { return (binary, [left, right]) }
            for (x, other, isReversed) in [(first, second, false), (second, first, true)] {
                guard let source = sources[x], let constant = graph.constants[other],
                    let vector = channelVector(constant, of: x)
                else { continue }
                let id = graph.addConstant(vector, name: node.name + "/constant")
                return (binary, isReversed ? [id, source] : [source, id])
            }
            return nil
        default:
            return nil
        }
    }

    /// A constant that broadcasts over the last axis only, for channels at axis 1.
    private func channelVector(_ tensor: Tensor, of id: Graph.ValueID) -> Tensor? {
        guard let channels = facts[id]?.shape.last, tensor.dataType.isFloatingPoint, tensor.shape.count <= 4
        else { return nil }
        if tensor.count == 1 { return tensor.reshaped(to: [1]) }
        guard tensor.count == channels, tensor.shape.last == channels else { return nil }
        return tensor.reshaped(to: [1, channels, 1, 1])
    }

    /// `[inputs, outputs]` as the weights of a 1×1 convolution, `[outputs, inputs, 1, 1]`.
    private func transposed(_ weights: Tensor) -> Tensor {
        let (inputs, outputs) = (weights.shape[0], weights.shape[1])
        let elements = DerivedElements(count: weights.count) {
            let source = weights.floats
            var floats = [Float](repeating: 0, count: source.count)
            for input in 0..<inputs {
                for output in 0..<outputs { floats[output * inputs + input] = source[input * outputs + output] }
            }
            return floats
        }
        return Tensor(elements, shape: [outputs, inputs, 1, 1])
    }
}
