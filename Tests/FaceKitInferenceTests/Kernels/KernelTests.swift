// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Testing

/// Each kernel through passes and planner, on odd geometries, on every level, with one thread and with two.
@Suite struct KernelTests {
    static let graphsPerFamily = 60

    @Test(
        "One kind of operator in short networks gives what the reference computes",
        arguments: RandomGraph.Addition.allCases
    )
    func family(_ addition: RandomGraph.Addition) {
        var made = 0
        for seed in 0..<Self.graphsPerFamily {
            let random = RandomGraph(seed: 100_000 + seed, only: [addition])
            guard !random.sketch.graph.outputs.isEmpty else { continue }
            made += 1
            KernelAgreement.expect(random.sketch, "\(addition), seed \(random.seed)")
        }
        #expect(made > Self.graphsPerFamily / 4)
    }

    enum Activation: CaseIterable, Sendable {
        case none, relu, leaky, slopes, clip
    }

    enum Sum: CaseIterable, Sendable {
        case none, beforeActivation, afterActivation
    }

    @Test(
        "A convolution takes in the shift before it, the sum and the activation after it, in every combination",
        arguments: Activation.allCases,
        Sum.allCases
    )
    func fusedConvolution(activation: Activation, sum: Sum) throws {
        for seed in 0..<24 {
            var sketch = GraphSketch(seed: UInt64(seed))
            try Self.build(&sketch, activation, sum, shiftsInput: seed % 2 == 0, seed: seed)
            let kinds = try sketch.graph.optimised().nodes.map(\.operator.label)
            #expect(!kinds.contains("PRelu") && !kinds.contains("BatchNormalization"), "\(kinds)\n\(sketch)")
            KernelAgreement.expect(sketch, "\(activation), \(sum), seed \(seed)")
        }
    }

    private static func build(
        _ sketch: inout GraphSketch,
        _ activation: Activation,
        _ sum: Sum,
        shiftsInput: Bool,
        seed: Int
    ) throws {
        let channels = sketch.number(2...33)
        let isDepthwise = seed % 3 == 0
        let outputs = isDepthwise ? channels : sketch.number(1...33)
        let (height, width) = (sketch.number(3...17), sketch.number(3...17))
        var x = sketch.input([sketch.number(1...3), channels, height, width])
        let other = sketch.input([sketch.shape(x)[0], outputs, height, width])
        if shiftsInput {
            let parameters = [
                sketch.constant([channels], in: 0.5...1.5), sketch.constant([channels]), sketch.constant([channels]),
                sketch.constant([channels], in: 0.5...2),
            ]
            x = try sketch.apply(BatchNormalization(), [x] + parameters)
        }
        let extent = seed % 4 == 0 ? 1 : 3
        let depth = isDepthwise ? 1 : channels
        let convolution = Convolution(groups: isDepthwise ? channels : 1, padding: .sameUpper)
        let weights = sketch.weights([outputs, depth, extent, extent], fanIn: depth * extent * extent)
        var y = try sketch.apply(convolution, [x, weights, sketch.constant([outputs])])
        if sum == .beforeActivation { y = try sketch.apply(BinaryElementwise(.add), [y, other]) }
        switch activation {
        case .none: break
        case .relu: y = try sketch.apply(UnaryElementwise(.relu), [y])
        case .leaky: y = try sketch.apply(UnaryElementwise(.leakyRelu(alpha: 0.1)), [y])
        case .slopes: y = try sketch.apply(PRelu(), [y, sketch.constant([outputs, 1, 1])])
        case .clip:
            let bounds = [sketch.constant([], in: -0.5...0), sketch.constant([], in: 0.2...1)]
            y = try sketch.apply(Clip(), [y] + bounds)
        }
        if sum == .afterActivation { y = try sketch.apply(BinaryElementwise(.add), [other, y]) }
        sketch.setOutputs([y])
    }

    @Test("A pointwise and a depthwise convolution of a large map are one step", arguments: 0..<12)
    func separable(seed: Int) throws {
        var sketch = GraphSketch(seed: UInt64(seed), largestCount: 1_000_000)
        let (channels, middle) = (sketch.number(5...40), sketch.number(33...48))
        let x = sketch.input([1 + seed % 2, channels, sketch.number(60...70), sketch.number(60...70)])
        let pointwise = try sketch.apply(
            Convolution(),
            [x, sketch.weights([middle, channels, 1, 1], fanIn: channels), sketch.constant([middle])]
        )
        let rectified = try sketch.apply(UnaryElementwise(.leakyRelu(alpha: 0.2)), [pointwise])
        let extent = seed % 3 == 0 ? 5 : 3
        let stride = seed % 4 < 2 ? 1 : 2
        var y = try sketch.apply(
            Convolution(strides: [stride, stride], groups: middle, padding: .sameUpper),
            [rectified, sketch.weights([middle, 1, extent, extent], fanIn: extent * extent)]
        )
        if seed % 2 == 0 {
            y = try sketch.apply(BinaryElementwise(.add), [y, sketch.input(sketch.shape(y))])
        }
        sketch.setOutputs([try sketch.apply(UnaryElementwise(.relu), [y])])
        let steps = try Network(sketch.graph).profile(sketch.inputs).map(\.kind)
        #expect(steps.contains { $0.contains("depthwise") && $0.contains("1x1") }, "\(steps)")
        KernelAgreement.expect(sketch, "separable, seed \(seed)")
    }

    @Test("Layers that follow each other on large maps are one step, from the picture on", arguments: 0..<6)
    func chain(seed: Int) throws {
        var sketch = GraphSketch(seed: UInt64(seed), largestCount: 1_000_000)
        let x = sketch.input([1, 3, sketch.number(360...400), sketch.number(360...400)])
        let outputs = sketch.number(9...16)
        var y = try sketch.apply(
            Convolution(strides: [2, 2], padding: .explicit(begin: [1, 1], end: [1, 1])),
            [x, sketch.weights([outputs, 3, 3, 3], fanIn: 27), sketch.constant([outputs])]
        )
        y = try sketch.apply(UnaryElementwise(.relu), [y])
        y = try sketch.apply(MaxPool(kernelShape: [2, 2], strides: [2, 2]), [y])
        var channels = outputs
        for _ in 0..<2 {
            let next = sketch.number(17...32)
            y = try sketch.apply(Convolution(), [y, sketch.weights([next, channels, 1, 1], fanIn: channels)])
            channels = next
            let stride = seed % 3 == 0 ? 2 : 1
            y = try sketch.apply(
                Convolution(strides: [1, stride], groups: channels, padding: .sameUpper),
                [y, sketch.weights([channels, 1, 3, 3], fanIn: 9), sketch.constant([channels])]
            )
            y = try sketch.apply(UnaryElementwise(.leakyRelu(alpha: 0.1)), [y])
        }
        let shape = [1, channels] + sketch.shape(y)[2...]
        y = try sketch.apply(Convolution(), [y, sketch.weights([channels, channels, 1, 1], fanIn: channels)])
        if seed % 2 == 0 { y = try sketch.apply(BinaryElementwise(.add), [y, sketch.input(shape)]) }
        sketch.setOutputs([y])
        let steps = try Network(sketch.graph).profile(sketch.inputs).map(\.kind)
        let whole = steps.first { $0.contains("planar") && $0.contains("MaxPool") && $0.contains("depthwise") }
        #expect(whole != nil, "\(steps)")
        KernelAgreement.expect(sketch, "chain, seed \(seed)")
    }

    @Test("A map and an enlarged one are added in one step, and two enlarged ones in two")
    func enlargedSums() throws {
        var sketch = GraphSketch(seed: 9)
        let small = sketch.input([2, 21, 5, 7])
        let x = try sketch.apply(Convolution(), [small, sketch.weights([21, 21, 1, 1], fanIn: 21)])
        let resize = Resize(mode: .nearest, coordinateMode: .asymmetric, rounding: .down, scales: [1, 1, 2, 3])
        let large = sketch.input([2, 21, 10, 21])
        let enlarged = try sketch.apply(resize, [x])
        let sum = try sketch.apply(BinaryElementwise(.add), [large, enlarged])
        let twice = try sketch.apply(resize, [x])
        let both = try sketch.apply(BinaryElementwise(.add), [twice, sketch.apply(resize, [small])])
        sketch.setOutputs([sum, both])
        let kinds = try Network(sketch.graph).profile(sketch.inputs).map(\.kind)
        #expect(kinds.filter { $0 == "Upsample, Add" }.count == 2 && !kinds.contains("Add"), "\(kinds)")
        KernelAgreement.expect(sketch, "enlarged sums")
    }

    @Test("Concatenations take their parts in place or as copies, nested, twice the same, and parts of a split")
    func concatenations() throws {
        for channels in [[16, 16], [16, 5], [5, 16], [32, 16, 3], [7, 9]] {
            var sketch = GraphSketch(seed: UInt64(channels.reduce(0) { $0 * 37 + $1 }))
            let x = sketch.input([2, 8, 5, 4])
            var parts: [Graph.ValueID] = []
            for count in channels {
                parts.append(try sketch.apply(Convolution(), [x, sketch.weights([count, 8, 1, 1], fanIn: 8)]))
            }
            let inner = try sketch.apply(Concat(axis: 1), parts)
            let half = sketch.shape(inner)[1] / 2
            let sizes = [half, sketch.shape(inner)[1] - half]
            let halves = try sketch.apply(Split(axis: 1, sizes: sizes, outputCount: 2), [inner], outputs: 2)
            let outer = try sketch.apply(Concat(axis: 1), [inner] + halves)
            let twice = try sketch.apply(Concat(axis: 1), [parts[0], parts[0]])
            let all = try sketch.apply(Concat(axis: -3), [outer, twice, parts[1]])
            let read = try sketch.apply(
                Convolution(),
                [all, sketch.weights([6, sketch.shape(all)[1], 1, 1], fanIn: sketch.shape(all)[1])]
            )
            sketch.setOutputs([read, twice, outer])
            KernelAgreement.expect(sketch, "\(channels)")
        }
    }

    @Test("A part that is wanted in blocks only after the concatenation leaves the other parts alone")
    func latePart() throws {
        var sketch = GraphSketch(seed: 21)
        let turned = Transpose(permutation: [0, 3, 2, 1])
        let first = try sketch.apply(turned, [sketch.input([1, 5, 4, 16])])
        let second = try sketch.apply(turned, [sketch.input([1, 5, 4, 16])])
        let joined = try sketch.apply(Concat(axis: 1), [first, second])
        let ofPart = try sketch.apply(Convolution(), [first, sketch.weights([4, 16, 1, 1], fanIn: 16)])
        let ofAll = try sketch.apply(Convolution(), [joined, sketch.weights([4, 32, 1, 1], fanIn: 32)])
        sketch.setOutputs([ofPart, ofAll])
        KernelAgreement.expect(sketch, "late part")
    }

    @Test(
        "What rounding up adds beyond the declared padding does not count in a mean",
        arguments: Network.Backend.allCases
    )
    func meanAtTheEnd(backend: Network.Backend) throws {
        var sketch = GraphSketch(seed: 22)
        let x = sketch.input([1, 1, 1, 4])
        let pool = AveragePool(kernelShape: [1, 3], strides: [1, 3], ceiling: true, includesPadding: true)
        sketch.setOutputs([try sketch.apply(pool, [x])])
        let floats = sketch.inputs[0].floats
        let output = try Network(sketch.graph, options: .init(backend: backend)).run(sketch.inputs)[0]
        #expect(output.shape == [1, 1, 1, 2])
        #expect(output.floats[1] == floats[3])
    }

    @Test("One constant can be the weights of layers that read it differently")
    func sharedWeights() throws {
        var sketch = GraphSketch(seed: 11)
        let x = sketch.input([1, 4, 6, 6])
        let wide = sketch.input([1, 16, 6, 6])
        let kernel = sketch.weights([16, 4, 3, 3], fanIn: 36)
        let ordinary = try sketch.apply(Convolution(), [wide, sketch.weights([4, 16, 1, 1], fanIn: 16)])
        let one = try sketch.apply(Convolution(), [ordinary, kernel])
        let grouped = try sketch.apply(Convolution(groups: 4), [wide, kernel])
        let planar = try sketch.apply(Convolution(), [x, kernel])
        let rows = sketch.input([3, 12])
        let matrix = sketch.weights([12, 12], fanIn: 12)
        let product = try sketch.apply(Gemm(), [rows, matrix])
        let transposed = try sketch.apply(Gemm(transposesB: true), [rows, matrix])
        sketch.setOutputs([one, grouped, planar, product, transposed])
        KernelAgreement.expect(sketch, "shared weights")
    }
}
