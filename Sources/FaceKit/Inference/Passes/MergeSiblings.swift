// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Computes convolutions that read the same value in one, where that fills channel blocks better.
///
/// The heads of a detector have a few outputs each (scores, boxes, points), and every one of them would occupy a whole
/// block of 16 channels. The merged convolution is followed by a split, whose parts the next layers read in place; if
/// these are depthwise convolutions of one geometry, they are merged as well.
struct MergeSiblings {
    let facts: [Graph.ValueID: TensorFact]

    /// Constants of the layers are put one after the other.
    private struct Sibling {
        var index: Int
        var layer: FusedConvolution
        var weights: Tensor
        var bias: Tensor?
        var outputs: Int { weights.shape[0] }
    }

    func apply(_ graph: Graph) -> Graph {
        var editor = GraphEditor(graph)
        var additions: [Int: Graph.Node] = [:]
        for (value, users) in editor.consumers.sorted(by: { $0.key.index < $1.key.index }) where users.count > 1 {
            var groups: [[Sibling]] = []
            for index in users.sorted() {
                guard let sibling = sibling(index, reading: value, editor) else { continue }
                if let group = groups.firstIndex(where: { fits(sibling, $0[0], editor) }) {
                    groups[group].append(sibling)
                } else {
                    groups.append([sibling])
                }
            }
            for group in groups where group.count > 1 && isWorthwhile(group) {
                merge(group, reading: value, &editor, &additions)
            }
        }
        var merged = editor.graph
        // The splits stand right behind the convolutions they cut.
        merged.nodes = editor.liveNodes.flatMap { index in
            [editor.node(index)] + (additions[index].map { [$0] } ?? [])
        }
        return mergeDepthwise(GraphEditor(merged).finish())
    }

    private func sibling(_ index: Int, reading value: Graph.ValueID, _ editor: GraphEditor) -> Sibling? {
        let node = editor.node(index)
        guard let layer = FusedConvolution(node), node.input(FusedConvolution.Slot.x) == value,
            layer.residual == .none, layer.activation != .prelu, layer.convolution.groups == 1,
            node.input(FusedConvolution.Slot.padValues) == nil, (facts[value]?.shape[1] ?? 0) > 1,
            node.output(0) != nil,
            let weights = editor.constant(node.input(FusedConvolution.Slot.weights))
        else { return nil }
        let biasID = node.input(FusedConvolution.Slot.bias)
        let bias = editor.constant(biasID)
        guard biasID == nil || bias != nil else { return nil }
        return Sibling(index: index, layer: layer, weights: weights, bias: bias)
    }

    private func fits(_ one: Sibling, _ other: Sibling, _ editor: GraphEditor) -> Bool {
        one.layer.activation == other.layer.activation && one.weights.shape[2...] == other.weights.shape[2...]
            && one.layer.convolution.hasGeometry(of: other.layer.convolution)
    }

    private func isWorthwhile(_ group: [Sibling]) -> Bool {
        let apart = group.map { Location.blockCount(channels: $0.outputs) }.reduce(0, +)
        return Location.blockCount(channels: group.map(\.outputs).reduce(0, +)) < apart
    }

    private func merge(
        _ group: [Sibling],
        reading value: Graph.ValueID,
        _ editor: inout GraphEditor,
        _ additions: inout [Int: Graph.Node]
    ) {
        // The first of them makes everything, so that all later nodes find their inputs.
        let first = group[0]
        let node = editor.node(first.index)
        let (weights, bias) = joined(group.map(\.weights), group.map(\.bias), counts: group.map(\.outputs))
        let whole = editor.addValue(Graph.Value(name: node.name + "/merged"))
        let inputs = [
            value, editor.addConstant(weights, name: node.name + "/weights"),
            editor.addConstant(bias, name: node.name + "/bias"), nil, nil, nil,
        ]
        let parts = group.map { editor.node($0.index).output(0) }
        additions[first.index] = Graph.Node(
            name: node.name + "/split",
            operator: Split(axis: 1, sizes: group.map(\.outputs), outputCount: group.count),
            inputs: [whole],
            outputs: parts
        )
        for sibling in group.dropFirst() { editor.remove(sibling.index) }
        editor.replace(
            first.index,
            with: Graph.Node(name: node.name, operator: first.layer, inputs: inputs, outputs: [whole])
        )
    }

    /// Weights and biases of layers side by side; a missing bias is zero.
    private func joined(_ weights: [Tensor], _ biases: [Tensor?], counts: [Int]) -> (Tensor, Tensor) {
        let total = counts.reduce(0, +)
        let elements = DerivedElements(count: weights.map(\.count).reduce(0, +)) { weights.flatMap(\.floats) }
        let bias = zip(biases, counts).flatMap { $0?.floats ?? Array(repeating: 0, count: $1) }
        return (
            Tensor(elements, shape: [total] + weights[0].shape[1...]), Tensor(bias, shape: [total])
        )
    }

    // MARK: - Depthwise layers behind a split

    private func mergeDepthwise(_ graph: Graph) -> Graph {
        var editor = GraphEditor(graph)
        var additions: [Int: Graph.Node] = [:]
        for index in editor.liveNodes {
            let split = editor.node(index)
            guard let operation = split.operator as? Split, operation.axis == 1, let whole = split.input(0) else {
                continue
            }
            let layers = split.outputs.map { $0.flatMap { depthwise(behind: $0, editor) } }
            guard layers.count > 1, layers.allSatisfy({ $0 != nil }) else { continue }
            let siblings = layers.compactMap { $0 }
            guard siblings.allSatisfy({ fits($0, siblings[0], editor) }), let last = siblings.map(\.index).max() else {
                continue
            }
            let counts = siblings.map(\.outputs)
            let (weights, bias) = joined(siblings.map(\.weights), siblings.map(\.bias), counts: counts)
            let node = editor.node(last)
            let value = editor.addValue(Graph.Value(name: node.name + "/merged"))
            var layer = siblings[0].layer
            layer.convolution.groups = counts.reduce(0, +)
            let inputs = [
                whole, editor.addConstant(weights, name: node.name + "/weights"),
                editor.addConstant(bias, name: node.name + "/bias"), nil, nil, nil,
            ]
            let parts = siblings.map { editor.node($0.index).output(0) }
            additions[index] = Graph.Node(
                name: node.name + "/split",
                operator: Split(axis: 1, sizes: counts, outputCount: counts.count),
                inputs: [value],
                outputs: parts
            )
            for sibling in siblings { editor.remove(sibling.index) }
            editor.replace(
                index,
                with: Graph.Node(name: node.name, operator: layer, inputs: inputs, outputs: [value])
            )
        }
        var merged = editor.graph
        merged.nodes = editor.liveNodes.flatMap { index in
            [editor.node(index)] + (additions[index].map { [$0] } ?? [])
        }
        return GraphEditor(merged).finish()
    }

    /// The depthwise convolution that alone reads the value.
    private func depthwise(behind value: Graph.ValueID, _ editor: GraphEditor) -> Sibling? {
        guard let index = editor.soleConsumer(of: value), let layer = FusedConvolution(editor.node(index)),
            editor.node(index).input(FusedConvolution.Slot.x) == value, layer.residual == .none,
            layer.activation != .prelu, editor.node(index).input(FusedConvolution.Slot.padValues) == nil,
            let output = editor.node(index).output(0), !editor.isOutput(output),
            let weights = editor.constant(editor.node(index).input(FusedConvolution.Slot.weights)),
            weights.shape.count == 4, weights.shape[1] == 1, layer.convolution.groups == weights.shape[0]
        else { return nil }
        let biasID = editor.node(index).input(FusedConvolution.Slot.bias)
        let bias = editor.constant(biasID)
        guard biasID == nil || bias != nil else { return nil }
        return Sibling(index: index, layer: layer, weights: weights, bias: bias)
    }
}

extension Convolution {
    /// Whether two convolutions meet the same input elements, their groups aside.
    fileprivate func hasGeometry(of other: Convolution) -> Bool {
        func ones(_ numbers: [Int]) -> [Int] { numbers.isEmpty ? [1, 1] : numbers }
        return ones(strides) == ones(other.strides) && ones(dilations) == ones(other.dilations)
            && padding == other.padding
    }
}
