// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Testing

@Suite struct GraphInferenceTests {
    /// x → Shape → Gather 1 → Unsqueeze, joined with -1: the target of a Reshape of x.
    private static func shapeArithmetic() -> (graph: Graph, x: Graph.ValueID) {
        var graph = Graph()
        let x = graph.addValue(Graph.Value(name: "x", shape: [nil, nil, 4]))
        graph.inputs = [x]
        let one = graph.addConstant(Tensor([Int64(1)], shape: []), name: "one")
        let open = graph.addConstant(Tensor([Int64(-1)], shape: [1]), name: "open")
        func apply(_ made: any Operator, _ name: String, _ inputs: [Graph.ValueID]) -> Graph.ValueID {
            let output = graph.addValue(Graph.Value(name: name))
            graph.nodes.append(Graph.Node(name: name, operator: made, inputs: inputs, outputs: [output]))
            return output
        }
        let extents = apply(Shape(), "extents", [x])
        let extent = apply(Gather(), "extent", [extents, one])
        let row = apply(Unsqueeze(axes: [0]), "row", [extent])
        let target = apply(Concat(axis: 0), "target", [row, open])
        graph.outputs = [apply(Reshape(), "reshaped", [x, target])]
        return (graph, x)
    }

    @Test("What follows from shapes alone is worked out before the network runs", arguments: [1, 2, 5])
    func shapesFold(batch: Int) throws {
        let (graph, x) = Self.shapeArithmetic()
        let facts = try graph.inferFacts(inputs: [x: [batch, 3, 4]])
        #expect(facts[graph.outputs[0]]?.shape == [3, batch * 4])
    }

    @Test("Shapes that do not fit are told with node, operator and shapes")
    func mismatch() throws {
        var graph = Graph()
        let a = graph.addValue(Graph.Value(name: "a", shape: [2, 3]))
        let b = graph.addConstant(Tensor([1, 2, 3, 4] as [Float], shape: [4]), name: "b")
        let sum = graph.addValue(Graph.Value(name: "sum"))
        graph.inputs = [a]
        graph.outputs = [sum]
        graph.nodes = [Graph.Node(name: "joined", operator: BinaryElementwise(.add), inputs: [a, b], outputs: [sum])]
        let error = try #require(throws: ModelError.self) { try graph.inferFacts(inputs: [a: [2, 3]]) }
        #expect(error.code == .mismatch)
        for part in ["joined", "Add", "[2, 3]", "[4]"] { #expect(error.message.contains(part), "\(error.message)") }
    }

    @Test(
        "An input of a shape that the network does not take is refused",
        arguments: [[2, 3, 5], [2, 4], [-1, 3, 4]]
    )
    func undeclaredShape(shape: [Int]) throws {
        let (graph, x) = Self.shapeArithmetic()
        #expect(throws: ModelError.self) { try graph.inferFacts(inputs: [x: shape]) }
    }

    @Test("A tensor that would be too large is refused before it is made")
    func tooLarge() throws {
        var graph = Graph()
        let shape = graph.addConstant(Tensor([1 << 20, 1 << 20] as [Int64], shape: [2]), name: "shape")
        let zeros = graph.addValue(Graph.Value(name: "zeros"))
        let made = ConstantOfShape(value: Tensor([0] as [Float], shape: [1]))
        graph.outputs = [zeros]
        graph.nodes = [Graph.Node(name: "zeros", operator: made, inputs: [shape], outputs: [zeros])]
        let error = try #require(throws: ModelError.self) { try graph.inferFacts(inputs: [:]) }
        #expect(error.code == .tooLarge)
        #expect(throws: ModelError.self) { try ReferenceExecutor(graph).run([:]) }
    }
}
