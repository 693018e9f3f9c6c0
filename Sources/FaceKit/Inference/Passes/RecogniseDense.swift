// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Turns products with a constant matrix into ``FusedDense``, together with the sum and the scaling after them.
///
/// Exporters write linear layers on tokens as MatMul, Add and sometimes Mul over arrays of any rank.
struct RecogniseDense {
    let facts: [Graph.ValueID: TensorFact]

    func apply(_ graph: Graph) -> Graph {
        var editor = GraphEditor(graph)
        for index in editor.liveNodes {
            let node = editor.node(index)
            if node.operator is MatMul {
                guard let weights = editor.constant(node.input(1)), weights.shape.count == 2,
                    weights.dataType.isFloatingPoint, let x = node.input(0), (facts[x]?.shape.count ?? 0) >= 2
                else { continue }
                editor.replace(
                    index,
                    with: Graph.Node(
                        name: node.name,
                        operator: FusedDense(Gemm()),
                        inputs: [x, node.input(1)],
                        outputs: node.outputs
                    )
                )
            } else if let binary = node.operator as? BinaryElementwise {
                absorb(binary.function, index, &editor)
            }
        }
        return editor.finish()
    }

    /// Lets the dense layer before a sum or product with a constant vector do it.
    private func absorb(_ function: BinaryElementwise.Function, _ index: Int, _ editor: inout GraphEditor) {
        let node = editor.node(index)
        guard node.inputs.count == 2, function == .add || function == .multiply else { return }
        for (value, other) in [(node.input(0), node.input(1)), (node.input(1), node.input(0))] {
            guard let value, let before = editor.producer(of: value), editor.soleConsumer(of: value) == index,
                let layer = editor.node(before).operator as? FusedDense, layer.activation == .none,
                let outputs = facts[value]?.shape.last, let constant = editor.constant(other),
                constant.count == outputs, constant.shape.last == outputs,
                constant.shape.count <= facts[value]?.shape.count ?? 0,
                let weightID = editor.node(before).input(1), let weights = editor.constant(weightID)
            else { continue }
            var dense = editor.node(before)
            let factors = constant.floats
            let bias = editor.constant(dense.input(FusedDense.Slot.bias))?.floats
            let newBias: [Float]
            if function == .add {
                newBias = factors.indices.map { (bias?[$0] ?? 0) + factors[$0] }
            } else {
                newBias = factors.indices.map { (bias?[$0] ?? 0) * factors[$0] }
                let scaled = DerivedElements(count: weights.count) {
                    var floats = weights.floats
                    for index in floats.indices { floats[index] *= factors[index % outputs] }
                    return floats
                }
                dense.inputs[1] = editor.addConstant(
                    Tensor(scaled, shape: weights.shape),
                    name: node.name + "/weights"
                )
            }
            let biasID = editor.addConstant(Tensor(newBias, shape: [outputs]), name: node.name + "/bias")
            dense.inputs = [dense.inputs[0], dense.inputs[1], biasID]
            dense.outputs = node.outputs
            editor.remove(before)
            editor.replace(index, with: dense)
            return
        }
    }
}
