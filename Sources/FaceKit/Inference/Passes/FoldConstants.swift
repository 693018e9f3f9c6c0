// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Computes what depends on constants only, and drops nodes that hand their input through.
struct FoldConstants {
    func apply(_ graph: Graph) throws(ModelError) -> Graph {
        var editor = GraphEditor(graph)
        for index in editor.liveNodes {
            let node = editor.node(index)
            if isPassThrough(node.operator), let input = node.input(0), let output = node.output(0),
                !editor.isOutput(output)
            {
                editor.redirect(output, to: input)
                editor.remove(index)
                continue
            }
            let inputs = node.inputs.map { editor.constant($0) }
            guard !node.inputs.isEmpty,
                zip(node.inputs, inputs).allSatisfy({ $0 == nil || $1 != nil })
            else { continue }
            guard node.outputs.compactMap({ $0 }).allSatisfy({ !editor.isOutput($0) }) else { continue }
            let results: [Tensor]
            do throws(ModelError) {
                _ = try node.operator.infer(inputs.map { $0.map(TensorFact.init(constant:)) })
                results = try node.operator.evaluate(inputs)
            } catch {
                throw ModelError(error.code, "node \(node.name) (\(type(of: node.operator).name)): \(error.message)")
            }
            for (output, result) in zip(node.outputs, results) {
                guard let output else { continue }
                editor.redirect(output, to: editor.addConstant(result, name: editor.graph[output].name))
            }
            editor.remove(index)
        }
        return editor.finish()
    }

    private func isPassThrough(_ candidate: any Operator) -> Bool {
        candidate is Identity || candidate is Dropout
    }
}
