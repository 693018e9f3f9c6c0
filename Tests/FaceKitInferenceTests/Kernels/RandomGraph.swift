// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport

/// A small network put together at random: chains and branches of layers, activations and rearrangements.
///
/// The same seed always gives the same network.
struct RandomGraph {
    let seed: Int
    var sketch: GraphSketch

    private static let nodeCounts = 2...14

    /// What the generator can add, as often as it is listed.
    private enum Addition: CaseIterable {
        case convolution, pooling, unary, sum, arithmetic, activation, normalization, channelConstant
        case concat, split, resize, softmax, reduction, transposition, reshaping, dense, product, picking
        case writtenOut, constantOperand
    }

    private static let common: [Addition] = [
        .convolution, .convolution, .convolution, .activation, .activation, .sum, .concat, .concat, .split,
        .channelConstant,
    ]

    init(seed: Int) {
        self.seed = seed
        sketch = GraphSketch(seed: UInt64(seed))
        let inputs = sketch.once(in: 4) ? 2 : 1
        let varies = sketch.once(in: 4)
        var shape = startShape()
        for _ in 0..<inputs {
            _ = sketch.input(shape, varies: varies)
            if sketch.once(in: 2) { shape = startShape() }
        }
        let wanted = sketch.number(Self.nodeCounts)
        var attempts = 0
        while sketch.graph.nodes.count < wanted, attempts < 100 {
            attempts += 1
            try? addOne()
        }
        // What nobody reads, and now and then something in the middle.
        var outputs = sketch.made.filter { sketch.unread.contains($0) }
        if sketch.once(in: 4), let inner = sketch.made.randomElement(using: &sketch.random) { outputs.append(inner) }
        sketch.setOutputs(outputs)
    }

    private mutating func startShape() -> [Int] {
        let batch = sketch.once(in: 2) ? 1 : sketch.number(1...3)
        if sketch.once(in: 8) { return [batch, sketch.number(1...40)] }
        if sketch.once(in: 8) { return [batch, sketch.number(1...12), sketch.number(1...24)] }
        return [batch, channelCount(), sketch.number(1...17), sketch.number(1...17)]
    }

    /// Whole blocks about as often as not.
    mutating func channelCount() -> Int {
        sketch.once(in: 2) ? 16 * sketch.number(1...3) : sketch.number(1...33)
    }

    /// A value to go on from: most often the newest.
    mutating func source(where fits: ([Int]) -> Bool = { _ in true }) throws -> Graph.ValueID {
        let candidates = sketch.made.filter {
            fits(sketch.shape($0)) && sketch.values[$0]?.dataType.isFloatingPoint == true
        }
        if let newest = candidates.last, !sketch.once(in: 3) { return newest }
        return try sketch.pick(candidates)
    }

    mutating func map() throws -> Graph.ValueID { try source { $0.count == 4 } }

    private mutating func addOne() throws {
        let addition = sketch.once(in: 2) ? try sketch.pick(Self.common) : try sketch.pick(Addition.allCases)
        switch addition {
        case .convolution: try addConvolution()
        case .pooling: try addPooling()
        case .unary: try addUnary()
        case .sum: try addSum()
        case .arithmetic: try addArithmetic()
        case .activation: try addActivation()
        case .normalization: try addNormalization()
        case .channelConstant: try addChannelConstant()
        case .concat: try addConcat()
        case .split: try addSplit()
        case .resize: try addResize()
        case .softmax: try addSoftmax()
        case .reduction: try addReduction()
        case .transposition: try addTransposition()
        case .reshaping: try addReshaping()
        case .dense: try addDense()
        case .product: try addProduct()
        case .picking: try addPicking()
        case .writtenOut: try addWrittenOut()
        case .constantOperand: try addConstantOperand()
        }
    }
}
