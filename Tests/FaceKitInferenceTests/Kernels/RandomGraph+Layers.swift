// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// Layers with weights, pooling and what passes fuse into them.
extension RandomGraph {
    mutating func addConvolution() throws {
        let x = try map()
        let channels = sketch.shape(x)[1]
        let divisors = (1...channels).filter { channels % $0 == 0 }
        let groups = sketch.once(in: 3) ? try sketch.pick(divisors) : sketch.once(in: 4) ? channels : 1
        let outputs: Int
        if groups == 1 {
            outputs = channelCount()
        } else {
            outputs = sketch.once(in: 2) ? channels : groups * sketch.number(1...4)
        }
        let height = try sketch.pick([1, 1, 2, 3, 3, 3, 3, 4, 5, 7])
        let width = sketch.once(in: 4) ? try sketch.pick([1, 2, 3, 5]) : height
        let stride = try sketch.pick([1, 1, 1, 2, 2, 3])
        let dilation = sketch.once(in: 4) ? 2 : 1
        let convolution = Convolution(
            strides: sketch.once(in: 6) ? [stride, 1] : [stride, stride],
            dilations: sketch.once(in: 6) ? [1, dilation] : [dilation, dilation],
            groups: groups,
            padding: try padding(height, width)
        )
        let shape = [outputs, channels / groups, height, width]
        // Weights that another layer has too, now and then.
        let shared = sketch.graph.constants.filter { $0.value.shape == shape }.keys.min { $0.index < $1.index }
        let weights =
            if let shared, sketch.once(in: 2) { shared } else {
                sketch.weights(shape, fanIn: channels / groups * height * width)
            }
        let bias = sketch.once(in: 3) ? nil : sketch.constant([outputs])
        try sketch.apply(convolution, [x, weights] + (bias.map { [$0] } ?? []))
    }

    private mutating func padding(_ height: Int, _ width: Int) throws -> Padding {
        switch sketch.number(0...5) {
        case 0: return .valid
        case 1: return .sameUpper
        case 2: return .sameLower
        case 3:
            return .explicit(
                begin: [sketch.number(0...height), sketch.number(0...width)],
                end: [sketch.number(0...height), sketch.number(0...width)]
            )
        default: return .explicit(begin: [height / 2, width / 2], end: [height / 2, width / 2])
        }
    }

    mutating func addPooling() throws {
        let x = try map()
        let kernel = [sketch.number(1...4), sketch.number(1...4)]
        let strides = [sketch.number(1...3), sketch.number(1...3)]
        // Padding smaller than the window, so that every window sees something.
        let amounts = kernel.map { sketch.number(0...($0 - 1)) }
        let padding: Padding = sketch.once(in: 3) ? .valid : .explicit(begin: amounts, end: amounts.reversed())
        let ceiling = sketch.once(in: 3)
        switch sketch.number(0...4) {
        case 0: try sketch.apply(GlobalAveragePool(), [x])
        case 1: try sketch.apply(GlobalMaxPool(), [x])
        case 2:
            let pool = AveragePool(
                kernelShape: kernel,
                strides: strides,
                padding: padding,
                ceiling: ceiling,
                includesPadding: sketch.once(in: 2)
            )
            try sketch.apply(pool, [x])
        default:
            try sketch.apply(
                MaxPool(kernelShape: kernel, strides: strides, padding: padding, ceiling: ceiling),
                [x]
            )
        }
    }

    mutating func addActivation() throws {
        let x = try source()
        let shape = sketch.shape(x)
        switch sketch.number(0...5) {
        case 0: try sketch.apply(UnaryElementwise(.leakyRelu(alpha: 0.2)), [x])
        case 1:
            guard shape.count >= 2 else { throw GraphSketch.Refusal() }
            let ones = [Int](repeating: 1, count: shape.count - 2)
            let slopes = try sketch.pick([[shape[1]] + ones, [1, shape[1]] + ones, [1], shape])
            try sketch.apply(PRelu(), [x, sketch.constant(slopes)])
        case 2:
            let low = sketch.constant([], in: -0.5...0)
            try sketch.apply(Clip(), [x, low, sketch.once(in: 2) ? nil : sketch.constant([], in: 0.1...0.9)])
        case 3:
            try sketch.apply(Clip(), [x, sketch.constant(Tensor([0] as [Float], shape: []))])
        default: try sketch.apply(UnaryElementwise(.relu), [x])
        }
    }

    mutating func addNormalization() throws {
        let x = try source { $0.count >= 2 }
        let shape = sketch.shape(x)
        let channels = shape[1]
        switch sketch.number(0...6) {
        case 0:
            let (scale, shift) = (sketch.constant([channels]), sketch.constant([channels]))
            try sketch.apply(InstanceNormalization(), [x, scale, shift])
        case 1:
            let (scale, shift) = (sketch.constant([shape[shape.count - 1]]), sketch.constant([shape[shape.count - 1]]))
            try sketch.apply(LayerNormalization(), [x, scale, shift])
        case 2: try sketch.apply(LpNormalization(axis: sketch.number(0...(shape.count - 1))), [x])
        default:
            let parameters = [
                sketch.constant([channels], in: 0.3...1.5), sketch.constant([channels]), sketch.constant([channels]),
                sketch.constant([channels], in: 0.2...2),
            ]
            try sketch.apply(BatchNormalization(), [x] + parameters)
        }
    }

    /// What a fold can take into the layer before or after it.
    mutating func addChannelConstant() throws {
        let x = try source { $0.count == 4 || $0.count == 2 }
        let shape = sketch.shape(x)
        let aligned = [shape[1]] + [Int](repeating: 1, count: shape.count - 2)
        let range: ClosedRange<Float> = sketch.once(in: 2) ? -1...1 : 0.4...1.6
        let other = sketch.constant(try sketch.pick([aligned, [1] + aligned, [], [1], [1, 1]]), in: range)
        let function = try sketch.pick(
            [.add, .subtract, .multiply, .divide] as [BinaryElementwise.Function]
        )
        try sketch.apply(BinaryElementwise(function), sketch.once(in: 4) ? [other, x] : [x, other])
    }

    mutating func addDense() throws {
        var x = try source { $0.count >= 2 }
        if sketch.shape(x).count > 2, sketch.once(in: 2) { x = try sketch.apply(Flatten(), [x]) }
        let shape = sketch.shape(x)
        let (depth, outputs) = (shape[shape.count - 1], sketch.number(1...40))
        if shape.count == 2, !sketch.once(in: 3) {
            let transposes = sketch.once(in: 2)
            let extents = transposes ? [outputs, depth] : [depth, outputs]
            let shared = sketch.graph.constants.filter { $0.value.shape == extents }.keys.min { $0.index < $1.index }
            let weights = if let shared { shared } else { sketch.weights(extents, fanIn: depth) }
            let bias = sketch.once(in: 3) ? nil : sketch.constant(try sketch.pick([[outputs], [1, outputs], [1], []]))
            let product = Gemm(
                alpha: sketch.once(in: 6) ? 0.5 : 1,
                beta: sketch.once(in: 6) ? 0.5 : 1,
                transposesB: transposes
            )
            try sketch.apply(product, [x, weights] + (bias.map { [$0] } ?? []))
            return
        }
        let product = try sketch.apply(MatMul(), [x, sketch.weights([depth, outputs], fanIn: depth)])
        guard sketch.once(in: 2) else { return }
        let function: BinaryElementwise.Function = sketch.once(in: 3) ? .multiply : .add
        try sketch.apply(BinaryElementwise(function), [product, sketch.constant([outputs])])
    }

    /// A product of two computed matrices, with batches.
    mutating func addProduct() throws {
        let a = try source { $0.count >= 2 }
        let depth = sketch.shape(a)[sketch.shape(a).count - 1]
        let b = try source { $0.count >= 2 && $0[$0.count - 2] == depth }
        try sketch.apply(MatMul(), [a, b])
    }

    /// What exporters write in many operators.
    mutating func addWrittenOut() throws {
        let x = try source { $0.count >= 2 }
        func scalar(_ value: Float) -> Tensor { Tensor([value], shape: sketch.once(in: 2) ? [] : [1]) }
        switch sketch.number(0...3) {
        case 0:
            let scaled = try sketch.apply(
                BinaryElementwise(.divide),
                [x, sketch.constant(scalar(Float(2).squareRoot()))]
            )
            let error = try sketch.apply(UnaryElementwise(.erf), [scaled])
            let sum = try sketch.apply(BinaryElementwise(.add), [error, sketch.constant(scalar(1))])
            let product = try sketch.apply(BinaryElementwise(.multiply), [x, sum])
            try sketch.apply(BinaryElementwise(.multiply), [product, sketch.constant(scalar(0.5))])
        case 1:
            let sum = try sketch.apply(BinaryElementwise(.add), [x, sketch.constant(scalar(3))])
            let clipped = try sketch.apply(UnaryElementwise(.clip(minimum: 0, maximum: 6)), [sum])
            let product = try sketch.apply(BinaryElementwise(.multiply), [x, clipped])
            try sketch.apply(BinaryElementwise(.divide), [product, sketch.constant(scalar(6))])
        case 2:
            let gate = try sketch.apply(UnaryElementwise(.sigmoid), [x])
            try sketch.apply(BinaryElementwise(.multiply), [x, gate])
        default: try addWrittenOutNormalization(x)
        }
    }

    private mutating func addWrittenOutNormalization(_ x: Graph.ValueID) throws {
        let shape = sketch.shape(x)
        let axis = sketch.once(in: 2) ? shape.count - 1 : 1
        let mean = try sketch.apply(Reduce(kind: .mean, axes: [sketch.once(in: 2) ? axis : axis - shape.count]), [x])
        let difference = try sketch.apply(BinaryElementwise(.subtract), [x, mean])
        let two = sketch.constant(Tensor([2] as [Float], shape: []))
        let square = try sketch.apply(BinaryElementwise(.power), [difference, two])
        let variance = try sketch.apply(Reduce(kind: .mean, axes: [axis]), [square])
        let epsilon = sketch.constant(Tensor([1e-2] as [Float], shape: []))
        let root = try sketch.apply(
            UnaryElementwise(.sqrt),
            [sketch.apply(BinaryElementwise(.add), [variance, epsilon])]
        )
        let quotient = try sketch.apply(BinaryElementwise(.divide), [difference, root])
        let vector = [shape[axis]] + [Int](repeating: 1, count: shape.count - 1 - axis)
        let scaled = try sketch.apply(BinaryElementwise(.multiply), [quotient, sketch.constant(vector)])
        try sketch.apply(BinaryElementwise(.add), [scaled, sketch.constant(vector)])
    }
}
