// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Turns batch normalisation, and products and sums with constant channel vectors, into ``ChannelAffine``.
struct RecogniseAffine {
    /// Shapes of the values for some valid input; ranks and channel counts are taken from them.
    let facts: [Graph.ValueID: TensorFact]

    func apply(_ graph: Graph) -> Graph {
        var editor = GraphEditor(graph)
        for index in editor.liveNodes {
            let node = editor.node(index)
            guard let (x, scale, shift) = affine(node, in: editor) else { continue }
            let scaleID = editor.addConstant(Tensor(scale, shape: [scale.count]), name: node.name + "/scale")
            let shiftID = editor.addConstant(Tensor(shift, shape: [shift.count]), name: node.name + "/shift")
            editor.replace(
                index,
                with: Graph.Node(
                    name: node.name,
                    operator: ChannelAffine(),
                    inputs: [x, scaleID, shiftID],
                    outputs: [node.output(0)]
                )
            )
        }
        return editor.finish()
    }

    private func affine(_ node: Graph.Node, in editor: GraphEditor) -> (Graph.ValueID, [Float], [Float])? {
        if let normalization = node.operator as? BatchNormalization {
            return batchNormalization(normalization, node, in: editor)
        }
        guard let binary = node.operator as? BinaryElementwise, node.inputs.count == 2 else { return nil }
        for (position, other) in [(0, 1), (1, 0)] {
            guard let x = node.input(position), let fact = facts[x], editor.constant(x) == nil,
                let constant = editor.constant(node.input(other)), constant.dataType.isFloatingPoint,
                fact.shape.count == 4 || fact.shape.count == 2,
                let values = channelVector(constant, for: fact.shape, of: x, in: editor)
            else { continue }
            let ones = [Float](repeating: 1, count: values.count)
            let zeros = [Float](repeating: 0, count: values.count)
            switch binary.function {
            case .add: return (x, ones, values)
            case .multiply: return (x, values, zeros)
            case .subtract where position == 0: return (x, ones, values.map { -$0 })
            case .subtract: return (x, ones.map { -$0 }, values)
            case .divide where position == 0 && values.allSatisfy({ $0 != 0 }):
                return (x, values.map { 1 / $0 }, zeros)
            default: return nil
            }
        }
        return nil
    }

    private func batchNormalization(
        _ normalization: BatchNormalization,
        _ node: Graph.Node,
        in editor: GraphEditor
    ) -> (Graph.ValueID, [Float], [Float])? {
        guard let x = node.input(0), (facts[x]?.shape.count ?? 0) >= 2,
            let gamma = editor.constant(node.input(1))?.floats, let beta = editor.constant(node.input(2))?.floats,
            let mean = editor.constant(node.input(3))?.floats, let variance = editor.constant(node.input(4))?.floats
        else { return nil }
        let scale = zip(gamma, variance).map {
            Float(Double($0) / (Double($1) + Double(normalization.epsilon)).squareRoot())
        }
        let shift = beta.indices.map { Float(Double(beta[$0]) - Double(mean[$0]) * Double(scale[$0])) }
        return scale.allSatisfy(\.isFinite) && shift.allSatisfy(\.isFinite) ? (x, scale, shift) : nil
    }

    /// The constant as a vector over the channels of a value of `shape`, if it broadcasts that way.
    private func channelVector(
        _ constant: Tensor,
        for shape: [Int],
        of x: Graph.ValueID,
        in editor: GraphEditor
    ) -> [Float]? {
        guard constant.shape.count <= shape.count else { return nil }
        let aligned = Array(repeating: 1, count: shape.count - constant.shape.count) + constant.shape
        for (axis, extent) in aligned.enumerated() where axis != 1 && extent != 1 { return nil }
        if constant.count > 1 { return aligned[1] == shape[1] ? constant.floats : nil }
        // A single number means the same for every axis order; it is worth a vector only beside a convolution, whose
        // channels are the same for every input.
        guard touchesConvolution(x, in: editor) else { return nil }
        return Array(repeating: constant.floats[0], count: shape[1])
    }

    private func touchesConvolution(_ x: Graph.ValueID, in editor: GraphEditor) -> Bool {
        let maker = editor.producer(of: x).map { editor.node($0).operator }
        return maker is Convolution || maker is ChannelAffine || editor.graph.inputs.contains(x)
    }
}
