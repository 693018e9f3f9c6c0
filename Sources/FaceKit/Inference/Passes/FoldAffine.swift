// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Moves ``ChannelAffine`` into the weights of the convolution or matrix product before or after it.
struct FoldAffine {
    let facts: [Graph.ValueID: TensorFact]

    func apply(_ graph: Graph) -> Graph {
        var editor = GraphEditor(graph)
        for index in editor.liveNodes {
            if editor.node(index).operator is ChannelAffine { mergeIntoAffineBefore(index, &editor) }
        }
        // What is before the affine first: a convolution that got pad values takes no further folding.
        for index in editor.liveNodes where editor.node(index).operator is ChannelAffine {
            foldIntoProducer(index, &editor)
        }
        for index in editor.liveNodes where editor.node(index).operator is ChannelAffine {
            foldIntoConsumers(index, &editor)
        }
        return editor.finish()
    }

    /// Uses `(x * a + b) * c + d = x * ac + (bc + d)`.
    private func mergeIntoAffineBefore(_ index: Int, _ editor: inout GraphEditor) {
        let node = editor.node(index)
        guard let x = node.input(0), let before = editor.producer(of: x),
            editor.node(before).operator is ChannelAffine, editor.soleConsumer(of: x) == index,
            let a = vector(editor.node(before), 1, editor), let b = vector(editor.node(before), 2, editor),
            let c = vector(node, 1, editor), let d = vector(node, 2, editor)
        else { return }
        let scale = editor.addConstant(Tensor(zip(a, c).map(*), shape: [a.count]), name: node.name + "/scale")
        let shifts = b.indices.map { b[$0] * c[$0] + d[$0] }
        let shift = editor.addConstant(Tensor(shifts, shape: [a.count]), name: node.name + "/shift")
        let merged = Graph.Node(
            name: node.name,
            operator: ChannelAffine(),
            inputs: [editor.node(before).input(0), scale, shift],
            outputs: node.outputs
        )
        editor.remove(before)
        editor.replace(index, with: merged)
    }

    /// Uses `(Wx + b) * scale + shift = (scale W) x + (scale b + shift)`.
    private func foldIntoProducer(_ index: Int, _ editor: inout GraphEditor) {
        let node = editor.node(index)
        guard let x = node.input(0), let before = editor.producer(of: x), editor.soleConsumer(of: x) == index,
            let scale = vector(node, 1, editor), let shift = vector(node, 2, editor)
        else { return }
        let producer = editor.node(before)
        guard let layer = LinearLayer(producer, editor), layer.outputs == scale.count else { return }
        let weights = layer.weights(scaledByOutput: scale)
        let bias = (0..<scale.count).map { (layer.bias?[$0] ?? 0) * scale[$0] + shift[$0] }
        editor.remove(before)
        editor.replace(index, with: layer.node(weights: weights, bias: bias, outputs: node.outputs, &editor))
    }

    /// `W (x * scale + shift) + b = (W scale) x + (b + W shift)`, and outside the borders x is `-shift / scale`.
    private func foldIntoConsumers(_ index: Int, _ editor: inout GraphEditor) {
        let node = editor.node(index)
        guard let x = node.input(0), let output = node.output(0), !editor.isOutput(output),
            let scale = vector(node, 1, editor), let shift = vector(node, 2, editor),
            let users = editor.consumers[output], !users.isEmpty
        else { return }
        // Several users would each repeat the folding; more than a few is not worth the weights.
        guard users.count <= 4 else { return }
        var replacements: [(Int, Graph.Node)] = []
        for user in users {
            guard let (target, layer) = layer(using: output, at: user, editor), layer.inputs == scale.count,
                layer.x == output || target != user
            else { return }
            let needsPadValues = layer.isPadded && shift.contains { $0 != 0 }
            guard !needsPadValues || !scale.contains(0) else { return }
            let bias = layer.bias(shiftedByInput: shift)
            var padValues: Graph.ValueID?
            if needsPadValues {
                let values = zip(scale, shift).map { -$1 / $0 }
                guard values.allSatisfy(\.isFinite) else { return }
                padValues = editor.addConstant(Tensor(values, shape: [values.count]), name: node.name + "/pad")
            }
            let weights = layer.weights(scaledByInput: scale)
            let new = layer.node(
                weights: weights,
                bias: bias,
                outputs: editor.node(target).outputs,
                padValues: padValues,
                &editor
            )
            replacements.append((target, new))
        }
        for (target, replacement) in replacements {
            editor.replace(target, with: replacement)
        }
        editor.redirect(output, to: x)
        editor.remove(index)
    }

    /// The layer that reads the value at node `user`, directly or through a flattening that only it uses.
    private func layer(using value: Graph.ValueID, at user: Int, _ editor: GraphEditor) -> (Int, LinearLayer)? {
        let node = editor.node(user)
        if node.operator is Flatten, let flat = node.output(0), let next = editor.soleConsumer(of: flat),
            let shape = facts[value]?.shape, shape.count == 4,
            var layer = LinearLayer(editor.node(next), editor), !layer.isConvolution, layer.x == flat
        {
            layer.featuresPerChannel = shape[2] * shape[3]
            return (next, layer)
        }
        guard let layer = LinearLayer(node, editor), layer.x == value,
            node.inputs.filter({ $0 == value }).count == 1
        else { return nil }
        return (user, layer)
    }

    private func vector(_ node: Graph.Node, _ position: Int, _ editor: GraphEditor) -> [Float]? {
        editor.constant(node.input(position))?.floats
    }
}
