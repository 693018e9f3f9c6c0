// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// Arithmetic, operations along axes and rearrangements.
extension RandomGraph {
    mutating func addUnary() throws {
        let functions: [UnaryElementwise.Function] = [
            .sigmoid, .tanh, .exp, .erf, .gelu(tanhApproximation: false), .gelu(tanhApproximation: true), .hardSwish,
            .hardSigmoid(alpha: 0.2, beta: 0.5), .swish(alpha: 1), .swish(alpha: 1.7), .sqrt, .absolute, .negate,
            .clip(minimum: -0.3, maximum: 0.8), .elu(alpha: 0.9), .softplus, .mish, .reciprocal, .log, .sin,
        ]
        try sketch.apply(UnaryElementwise(sketch.pick(functions)), [source()])
    }

    /// Two values of one shape: what a residual connection is.
    mutating func addSum() throws {
        let x = try source()
        let shape = sketch.shape(x)
        let other = try sketch.pick(
            sketch.made.filter { sketch.shape($0) == shape && ($0 != x || sketch.made.count < 3) }
        )
        try sketch.apply(BinaryElementwise(.add), sketch.once(in: 2) ? [x, other] : [other, x])
    }

    mutating func addArithmetic() throws {
        let functions: [BinaryElementwise.Function] = [
            .add, .subtract, .multiply, .divide, .minimum, .maximum, .sum, .mean, .power,
        ]
        let (x, other) = (try source(), try sketch.pick(sketch.made))
        try sketch.apply(BinaryElementwise(sketch.pick(functions)), [x, other])
    }

    mutating func addConstantOperand() throws {
        let x = try source()
        let shape = sketch.shape(x)
        var other = shape.map { sketch.once(in: 2) ? $0 : 1 }
        if sketch.once(in: 2) { other = Array(other.drop { $0 == 1 }) }
        if sketch.once(in: 8) { other = [1] + other }
        if sketch.once(in: 8), let axis = other.firstIndex(of: 1) { other[axis] = sketch.number(1...3) }
        let functions: [BinaryElementwise.Function] = [.add, .subtract, .multiply, .divide, .maximum]
        let operands = [x, sketch.constant(other, in: 0.3...1.5)]
        try sketch.apply(
            BinaryElementwise(sketch.pick(functions)),
            sketch.once(in: 3) ? operands.reversed() : operands
        )
    }

    mutating func addConcat() throws {
        let x = try source { $0.count >= 1 }
        let shape = sketch.shape(x)
        let axis = shape.count >= 2 && !sketch.once(in: 4) ? 1 : sketch.number(0...(shape.count - 1))
        let candidates = sketch.made.filter { id in
            let other = sketch.shape(id)
            return other.count == shape.count && other.indices.allSatisfy { $0 == axis || other[$0] == shape[$0] }
        }
        var parts = [x]
        for _ in 0..<sketch.number(1...3) { parts.append(try sketch.pick(candidates)) }
        // Most graphs join different values; the same one twice has to work too.
        if !sketch.once(in: 4) { parts = parts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
        parts.shuffle(using: &sketch.random)
        try sketch.apply(Concat(axis: sketch.once(in: 3) ? axis - shape.count : axis), parts)
    }

    mutating func addSplit() throws {
        let x = try source { $0.contains { $0 > 1 } }
        let shape = sketch.shape(x)
        let axis = shape.count >= 2 && shape[1] > 1 && !sketch.once(in: 4) ? 1 : sketch.number(0...(shape.count - 1))
        let extent = shape[axis]
        guard extent > 1 else { throw GraphSketch.Refusal() }
        var sizes: [Int] = []
        if extent > 16, !sketch.once(in: 3) {
            sizes = [16 * sketch.number(1...((extent - 1) / 16))]
        } else {
            sizes = [sketch.number(1...(extent - 1))]
        }
        sizes.append(extent - sizes[0])
        if sketch.once(in: 2) {
            _ = try sketch.apply(Split(axis: axis, sizes: sizes, outputCount: 2), [x], outputs: 2)
        } else {
            _ = try sketch.apply(Split(axis: axis - shape.count, outputCount: 2), [x], outputs: 2)
        }
    }

    mutating func addResize() throws {
        let x = try map()
        let factors: [Float] = [1, 1, Float(sketch.number(1...3)), Float(sketch.number(1...3))]
        switch sketch.number(0...4) {
        case 0: try sketch.apply(Resize(mode: .linear, scales: factors), [x])
        case 1: try sketch.apply(Resize(mode: .cubic, coordinateMode: .asymmetric, scales: factors), [x])
        case 2:
            let sizes = Array(sketch.shape(x).prefix(2)) + [sketch.number(1...20), sketch.number(1...20)]
            try sketch.apply(
                Resize(mode: sketch.once(in: 2) ? .nearest : .linear, coordinateMode: .alignCorners, sizes: sizes),
                [x]
            )
        default:
            let coordinates = try sketch.pick([.asymmetric, .halfPixel, .alignCorners] as [Resize.CoordinateMode])
            let rounding = try sketch.pick([.down, .halfDown, .halfUp, .up] as [Resize.Rounding])
            try sketch.apply(
                Resize(mode: .nearest, coordinateMode: coordinates, rounding: rounding, scales: factors),
                [x]
            )
        }
    }

    mutating func addSoftmax() throws {
        let x = try source { !$0.isEmpty }
        let axis = sketch.number(-sketch.shape(x).count...(sketch.shape(x).count - 1))
        let flattens = axis >= 0 && sketch.once(in: 4)
        if sketch.once(in: 4) {
            try sketch.apply(LogSoftmax(axis: axis, flattensTrailingAxes: flattens), [x])
        } else {
            try sketch.apply(Softmax(axis: axis, flattensTrailingAxes: flattens), [x])
        }
    }

    mutating func addReduction() throws {
        let x = try source { !$0.isEmpty }
        let rank = sketch.shape(x).count
        var axes = (0..<rank).filter { _ in sketch.once(in: 2) }
        if sketch.once(in: 3) { axes = axes.map { $0 - rank } }
        axes.shuffle(using: &sketch.random)
        let kind = sketch.once(in: 2) ? .mean : try sketch.pick(Reduce.Kind.allCases)
        let reduce = Reduce(
            kind: kind,
            axes: axes,
            keepDimensions: sketch.once(in: 2),
            ignoresEmptyAxes: sketch.once(in: 4)
        )
        try sketch.apply(reduce, [x])
    }

    mutating func addTransposition() throws {
        let x = try source { $0.count >= 2 }
        let rank = sketch.shape(x).count
        if rank == 4, !sketch.once(in: 3) {
            let turned = try sketch.apply(
                Transpose(permutation: sketch.once(in: 3) ? [0, 3, 1, 2] : [0, 2, 3, 1]),
                [x]
            )
            // A linear layer, an activation or nothing before it is turned back.
            let depth = sketch.shape(turned)[3]
            var inner = turned
            if sketch.once(in: 2) {
                inner = try sketch.apply(
                    MatMul(),
                    [inner, sketch.weights([depth, sketch.number(1...20)], fanIn: depth)]
                )
            }
            if sketch.once(in: 2) {
                inner = try sketch.apply(
                    BinaryElementwise(.add),
                    [inner, sketch.constant([sketch.shape(inner)[3]])]
                )
            }
            if sketch.once(in: 2) { inner = try sketch.apply(UnaryElementwise(.tanh), [inner]) }
            if sketch.once(in: 2) { try sketch.apply(Transpose(permutation: [0, 3, 1, 2]), [inner]) }
        } else {
            let permutation = Array(0..<rank).shuffled(using: &sketch.random)
            try sketch.apply(Transpose(permutation: sketch.once(in: 4) ? nil : permutation), [x])
        }
    }

    mutating func addReshaping() throws {
        let x = try source()
        let shape = sketch.shape(x)
        switch sketch.number(0...6) {
        case 0: try sketch.apply(Flatten(axis: sketch.number(0...shape.count)), [x])
        case 1: try sketch.apply(Squeeze(), [x])
        case 2: try sketch.apply(Unsqueeze(axes: [sketch.number(0...shape.count)]), [x])
        case 3: try sketch.apply(Identity(), [x])
        case 4: try sketch.apply(Dropout(), [x])
        case 5 where shape.count == 4:
            try sketch.apply(Reshape(shape: [0, 0, -1]), [x])
        default:
            var rest = shape.elementCount
            var target: [Int] = []
            while rest > 1, target.count < 4 {
                let factor = try sketch.pick((1...min(rest, 64)).filter { rest % $0 == 0 })
                target.append(factor)
                rest /= factor
            }
            target.append(rest)
            if let open = target.indices.randomElement(using: &sketch.random), sketch.once(in: 2) { target[open] = -1 }
            try sketch.apply(Reshape(), [x, sketch.integers(target.shuffled(using: &sketch.random))])
        }
    }

    mutating func addPicking() throws {
        let x = try source { !$0.isEmpty }
        let shape = sketch.shape(x)
        let axis = sketch.number(0...(shape.count - 1))
        switch sketch.number(0...6) {
        case 0:
            let start = sketch.number(0...(shape[axis] - 1))
            let bounds = Slice.Bounds(
                starts: [start],
                ends: [sketch.number((start + 1)...(shape[axis] + 1))],
                axes: [axis],
                steps: [sketch.number(1...3)]
            )
            try sketch.apply(Slice(bounds: bounds), [x])
        case 1:
            try sketch.apply(
                Slice(bounds: .init(starts: [-1], ends: [-1000], axes: [axis], steps: [-sketch.number(1...2)])),
                [x]
            )
        case 2:
            let indices = (0..<sketch.number(1...4)).map { _ in sketch.number(-shape[axis]...(shape[axis] - 1)) }
            try sketch.apply(Gather(axis: axis), [x, sketch.integers(indices)])
        case 3:
            let amounts = (0..<2 * shape.count).map { $0 % shape.count >= 2 ? sketch.number(0...2) : 0 }
            let mode: Pad.Mode = sketch.once(in: 4) ? .edge : .constant
            let padded = try sketch.apply(Pad(mode: mode, amounts: amounts), [x])
            if shape.count == 4 {
                let weights = sketch.weights([5, shape[1], 3, 3], fanIn: 9 * shape[1])
                try sketch.apply(Convolution(padding: .explicit(begin: [1, 0], end: [0, 1])), [padded, weights])
            }
        case 4: try sketch.apply(Tile(), [x, sketch.integers(shape.map { _ in sketch.number(1...2) })])
        case 5: try sketch.apply(Expand(), [x, sketch.integers(shape.map { $0 == 1 ? sketch.number(1...4) : $0 })])
        default: try sketch.apply(DepthToSpace(blockSize: 2, depthFirst: sketch.once(in: 2)), [x])
        }
    }
}
