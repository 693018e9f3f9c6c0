// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The building blocks that face-api.js's networks share.
///
/// Filters lie in the files as [height, width, channels, outputs], matrices as [inputs, outputs].
struct FaceAPIBuilder {
    typealias Value = Graph.ValueID

    let weights: WeightManifest
    private var builder = GraphBuilder()

    init(_ weights: WeightManifest) {
        self.weights = weights
    }

    var graph: Graph { builder.graph }

    /// The network's input, RGB pictures of a fixed size or of any.
    mutating func pictures(side: Int?) -> Value {
        builder.input("input", shape: [nil, 3, side, side])
    }

    mutating func output(_ value: Value, _ name: String) {
        builder.output(value, name: name)
    }

    mutating func constant(
        _ name: String,
        _ shape: [Int],
        permutation: [Int]? = nil
    ) throws(ModelError) -> Value {
        builder.constant(try weights.tensor(name, shape: shape, permutation: permutation), name: name)
    }

    mutating func constant(_ tensor: Tensor, _ name: String) -> Value {
        builder.constant(tensor, name: name)
    }

    mutating func add(_ made: any Operator, _ inputs: [Value], _ name: String) -> Value {
        builder.add(made, inputs, name: name)
    }

    mutating func relu(_ x: Value, _ name: String) -> Value {
        add(UnaryElementwise(.relu), [x], name + "/relu")
    }

    mutating func sum(_ x: Value, _ y: Value, _ name: String) -> Value {
        add(BinaryElementwise(.add), [x, y], name)
    }

    /// A convolution with bias that keeps the extents, divided by the stride and rounded up.
    mutating func convolution(
        _ x: Value,
        _ name: String,
        channels: Int,
        outputs: Int,
        kernel: Int,
        stride: Int = 1
    ) throws(ModelError) -> Value {
        let filters = try constant(
            name + "/filters",
            [kernel, kernel, channels, outputs],
            permutation: [3, 2, 0, 1]
        )
        let bias = try constant(name + "/bias", [outputs])
        let made = Convolution(strides: [stride, stride], padding: .sameUpper)
        return add(made, [x, filters, bias], name)
    }

    /// A 3×3 filter for each channel, then a 1×1 convolution with bias.
    mutating func separableConvolution(
        _ x: Value,
        _ name: String,
        channels: Int,
        outputs: Int,
        stride: Int = 1
    ) throws(ModelError) -> Value {
        let depthwise = try constant(name + "/depthwise_filter", [3, 3, channels, 1], permutation: [2, 3, 0, 1])
        let pointwise = try constant(
            name + "/pointwise_filter",
            [1, 1, channels, outputs],
            permutation: [3, 2, 0, 1]
        )
        let bias = try constant(name + "/bias", [outputs])
        let filtered = add(
            Convolution(strides: [stride, stride], groups: channels, padding: .sameUpper),
            [x, depthwise],
            name + "/depthwise"
        )
        return add(Convolution(), [filtered, pointwise, bias], name)
    }

    /// A matrix product with bias.
    mutating func dense(
        _ x: Value,
        _ name: String,
        inputs: Int,
        outputs: Int
    ) throws(ModelError) -> Value {
        let matrix = try constant(name + "/weights", [inputs, outputs])
        let bias = try constant(name + "/bias", [outputs])
        return add(Gemm(), [x, matrix, bias], name)
    }

    mutating func softmax(_ x: Value, _ name: String) -> Value {
        add(Softmax(axis: 1), [x], name + "/softmax")
    }

    /// The mean under a square window with stride 2, as a vector.
    mutating func pooledVector(_ x: Value, side: Int, _ name: String) -> Value {
        let mean = add(AveragePool(kernelShape: [side, side], strides: [2, 2]), [x], name + "/mean")
        return add(Flatten(), [mean], name + "/vector")
    }
}
