// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Runs a graph node by node through ``Operator/evaluate(_:)``: slow, plain, and the measure of every fast executor.
///
/// Shapes that depend on data are allowed here, because each node's shapes are found when its inputs are at hand.
package struct ReferenceExecutor: Sendable {
    package let graph: Graph

    package init(_ graph: Graph) {
        self.graph = graph
    }

    /// - Parameter inputs: A tensor for every graph input, of the declared kind and shape.
    /// - Returns: The outputs in the graph's order.
    /// - Throws: ``ModelError`` that names the node, its operator and the shapes of its inputs.
    package func run(_ inputs: [Graph.ValueID: Tensor]) throws(ModelError) -> [Tensor] {
        var values = graph.constants
        for id in graph.inputs {
            guard let tensor = inputs[id] else {
                throw ModelError(.mismatch, "no tensor is given for input \(graph[id].name)")
            }
            guard tensor.dataType == graph[id].dataType else {
                throw ModelError(
                    .mismatch,
                    "input \(graph[id].name) is \(graph[id].dataType), not \(tensor.dataType)"
                )
            }
            try graph.check(tensor.shape, of: id)
            values[id] = tensor
        }

        let lastUses = lastUses()
        for (position, node) in graph.nodes.enumerated() {
            let arguments = node.inputs.map { $0.flatMap { values[$0] } }
            let results = try evaluate(node, arguments)
            for (id, tensor) in zip(node.outputs, results) {
                if let id { values[id] = tensor }
            }
            for id in (node.inputs + node.outputs).compactMap({ $0 }) where lastUses[id] == position {
                values[id] = nil
            }
        }

        var outputs: [Tensor] = []
        for id in graph.outputs {
            guard let tensor = values[id] else {
                throw ModelError(.malformed, "output \(graph[id].name) is not produced")
            }
            outputs.append(tensor)
        }
        return outputs
    }

    private func evaluate(_ node: Graph.Node, _ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let facts = inputs.map { $0.map(TensorFact.init(constant:)) }
        do throws(ModelError) {
            for (id, tensor) in zip(node.inputs, inputs) where id != nil && tensor == nil {
                throw ModelError(.malformed, "input \(id.map { graph[$0].name } ?? "") is not produced before it")
            }
            let expected = try node.operator.infer(facts)
            for fact in expected { try fact.shape.checkedElementCount() }
            let results = try node.operator.evaluate(inputs)
            guard results.count >= node.outputs.count else {
                throw ModelError(.malformed, "\(node.outputs.count) outputs are wanted, \(results.count) given")
            }
            for (fact, tensor) in zip(expected, results) {
                precondition(
                    fact.shape == tensor.shape && fact.dataType == tensor.dataType,
                    "\(node.operator.label) gave \(tensor.dataType) \(tensor.shape), "
                        + "inferred were \(fact.dataType) \(fact.shape)"
                )
            }
            return results
        } catch {
            throw error.at(node, facts)
        }
    }

    /// The position of the last node that touches each value; graph outputs are never let go.
    private func lastUses() -> [Graph.ValueID: Int] {
        var uses: [Graph.ValueID: Int] = [:]
        for (position, node) in graph.nodes.enumerated() {
            for id in node.inputs + node.outputs {
                if let id { uses[id] = position }
            }
        }
        for id in graph.outputs { uses[id] = nil }
        return uses
    }
}
