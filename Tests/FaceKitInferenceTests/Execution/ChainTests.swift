// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Testing

/// Layers on large maps that are computed row by row as one step.
@Suite struct ChainTests {
    private static let around = Padding.explicit(begin: [1, 1], end: [1, 1])

    /// Two convolutions with a residual, then one that is pooled, or depthwise layers between them.
    private static func graph(seed: Int) throws -> Graph {
        var sketch = GraphSketch(seed: UInt64(seed), largestCount: 4_000_000)
        let channels = [12, 16, 24, 40][seed % 4]
        let x = sketch.input([1, channels, sketch.number(60...66) * 2, sketch.number(80...95) * 2])
        func convolution(_ y: Graph.ValueID, from inputs: Int, to outputs: Int) throws -> Graph.ValueID {
            try sketch.apply(
                Convolution(padding: around),
                [y, sketch.weights([outputs, inputs, 3, 3], fanIn: inputs * 9), sketch.constant([outputs])]
            )
        }
        func depthwise(_ y: Graph.ValueID) throws -> Graph.ValueID {
            try sketch.apply(
                Convolution(groups: channels, padding: around),
                [y, sketch.weights([channels, 1, 3, 3], fanIn: 9), sketch.constant([channels])]
            )
        }
        let first = try sketch.apply(UnaryElementwise(.relu), [convolution(x, from: channels, to: channels + 4)])
        let second = try convolution(first, from: channels + 4, to: channels)
        let sum = try sketch.apply(UnaryElementwise(.relu), [sketch.apply(BinaryElementwise(.add), [second, x])])
        let middle = seed % 8 < 4 ? sum : try sketch.apply(UnaryElementwise(.relu), [depthwise(sum)])
        let third = try sketch.apply(UnaryElementwise(.relu), [convolution(middle, from: channels, to: 20)])
        // Windows side by side, or overlapping ones as in ResNet's first layers.
        let pool =
            seed < 8
            ? MaxPool(kernelShape: [2, 2], strides: [2, 2])
            : MaxPool(kernelShape: [3, 3], strides: [2, 2], padding: around)
        sketch.setOutputs([try sketch.apply(pool, [third])])
        return sketch.graph
    }

    @Test("Steps of Winograd's, depthwise and pooling layers give what the reference computes", arguments: 0..<16)
    func layersByRows(seed: Int) throws {
        let graph = try Self.graph(seed: seed)
        var random = SeededGenerator(seed: UInt64(seed))
        let shape = graph[graph.inputs[0]].shape?.compactMap { $0 } ?? []
        let input = Tensor((0..<shape.elementCount).map { _ in Float.random(in: -1...1, using: &random) }, shape: shape)
        let expected = try ReferenceExecutor(graph).run([graph.inputs[0]: input])
        for (level, threads) in KernelLevel.available.flatMap({ level in [1, 2, 3].map { (level, $0) } }) {
            let network = try Network(graph, options: .init(threads: threads, level: level))
            let outputs = try network.run([input])
            #expect(
                zip(outputs, expected).allSatisfy { TensorDifference($0, $1).largest <= 1e-4 },
                "\(level), \(threads) threads"
            )
            // Two steps, so that the maps between their layers are not written.
            let steps = try network.profile([input])
            #expect(steps.filter { $0.kind.contains("Winograd F(4,3), ") }.count == 2, "\(steps.map(\.kind))")
        }
    }
}
