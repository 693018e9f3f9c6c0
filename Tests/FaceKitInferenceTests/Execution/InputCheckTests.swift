// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Testing

/// Inputs and graphs that do not fit are refused or computed, never trapped on.
@Suite struct InputCheckTests {
    private static func graph(_ node: (inout GraphSketch, Graph.ValueID) throws -> [Graph.ValueID]) throws
        -> GraphSketch
    {
        var sketch = GraphSketch(seed: 3)
        let x = sketch.input([1, 4, 3, 3])
        sketch.setOutputs(try node(&sketch, x))
        return sketch
    }

    @Test(
        "Integers for an input of floats, too few inputs and another shape are refused",
        arguments: Network.Backend.allCases
    )
    func wrongInputs(backend: Network.Backend) throws {
        let sketch = try Self.graph { [try $0.apply(UnaryElementwise(.relu), [$1])] }
        let network = try Network(sketch.graph, options: .init(backend: backend))
        let integers = Tensor([Int64](repeating: 1, count: 36), shape: [1, 4, 3, 3])
        let error = try #require(throws: ModelError.self) { try network.run([integers]) }
        #expect(error.code == .mismatch && error.message.contains("input0") && error.message.contains("int64"))
        #expect(throws: ModelError.self) { try network.run([]) }
        #expect(throws: ModelError.self) { try network.run([Tensor([1, 2] as [Float], shape: [2])]) }
    }

    @Test("A bias of integers is refused by every layer that adds one")
    func integerBias() throws {
        var sketch = GraphSketch(seed: 4)
        let x = sketch.input([2, 4])
        let map = sketch.input([1, 4, 3, 3])
        let bias = sketch.integers([1, 2, 3, 4])
        let matrix = sketch.weights([4, 4], fanIn: 4)
        let kernel = sketch.weights([4, 4, 1, 1], fanIn: 4)
        #expect(throws: ModelError.self) { try sketch.apply(Gemm(), [x, matrix, bias]) }
        #expect(throws: ModelError.self) { try sketch.apply(Convolution(), [map, kernel, bias]) }
        #expect(throws: ModelError.self) { try sketch.apply(ConvTranspose(), [map, kernel, bias]) }
        #expect(throws: ModelError.self) {
            try sketch.apply(LayerNormalization(), [x, sketch.constant([4], in: 0...1), bias])
        }
    }

    @Test("Integers padded with an integer pass through")
    func paddedIntegers() throws {
        var sketch = GraphSketch(seed: 6)
        let x = sketch.input([1, 2, 2, 2])
        let whole = try sketch.apply(Cast(to: .int64), [x])
        let filling = sketch.constant(Tensor([Int64(7)], shape: []))
        sketch.setOutputs([try sketch.apply(Pad(amounts: [0, 0, 1, 1, 0, 0, 1, 1]), [whole, nil, filling])])
        KernelAgreement.expect(sketch, "padded integers")
    }

    @Test("The mask of a dropout can be an output")
    func dropoutMask() throws {
        let sketch = try Self.graph { try $0.apply(Dropout(), [$1], outputs: 2) }
        KernelAgreement.expect(sketch, "dropout")
    }

    @Test("Values without elements pass through layers and concatenations")
    func emptyValues() throws {
        var graph = Graph()
        let x = graph.addValue(Graph.Value(name: "x", shape: [1, 4, 3, 3]))
        let names = ["empty", "active", "joined"]
        let ids = names.map { graph.addValue(Graph.Value(name: $0)) }
        graph.inputs = [x]
        graph.outputs = [ids[1], ids[2]]
        let nothing = Slice(bounds: .init(starts: [2], ends: [2], axes: [1]))
        graph.nodes = [
            Graph.Node(name: "slice", operator: nothing, inputs: [x], outputs: [ids[0]]),
            Graph.Node(name: "relu", operator: UnaryElementwise(.relu), inputs: [ids[0]], outputs: [ids[1]]),
            Graph.Node(name: "concat", operator: Concat(axis: 1), inputs: [ids[1], x], outputs: [ids[2]]),
        ]
        let input = Tensor((0..<36).map { Float($0) }, shape: [1, 4, 3, 3])
        let outputs = try Network(graph).run([input])
        #expect(outputs[0].shape == [1, 0, 3, 3])
        #expect(outputs[1].floats == input.floats)
    }
}
