// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Inception-ResNet-v1 (Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on
/// Learning", 2016) as FaceNet's ports to PyTorch have it, with their names of layers (github.com/timesler/facenet-pytorch).
///
/// Input: [batch, 3, height, width], RGB, (pixel - 127.5) / 128; trained at 160 pixels square. Output: `embedding`
/// [batch, 512] of unit length.
struct InceptionResNetV1 {
    private typealias Value = Graph.ValueID

    /// A convolution without bias, its normalisation and ReLU.
    private struct Layer {
        var outputs: Int
        var kernel: [Int]
        var stride = 1
        /// Whether the extents are kept.
        var isPadded = false

        init(_ outputs: Int, _ height: Int, _ width: Int, stride: Int = 1, isPadded: Bool = false) {
            (self.outputs, kernel, self.stride, self.isPadded) = (outputs, [height, width], stride, isPadded)
        }
    }

    private static let epsilon: Float = 1e-3

    private let weights: StateDictionary
    private var builder = GraphBuilder()

    private init(_ weights: StateDictionary) {
        self.weights = weights
    }

    /// - Throws: `malformed` when a tensor is missing or of another shape.
    static func graph(_ weights: StateDictionary) throws(ModelError) -> Graph {
        var network = Self(weights)
        try network.build()
        return network.builder.graph
    }

    private mutating func build() throws(ModelError) {
        var x = builder.input("input", shape: [nil, 3, nil, nil])
        var channels = 3
        let stem: [(name: String, layer: Layer)] = [
            ("conv2d_1a", Layer(32, 3, 3, stride: 2)), ("conv2d_2a", Layer(32, 3, 3)),
            ("conv2d_2b", Layer(64, 3, 3, isPadded: true)), ("conv2d_3b", Layer(80, 1, 1)),
            ("conv2d_4a", Layer(192, 3, 3)), ("conv2d_4b", Layer(256, 3, 3, stride: 2)),
        ]
        for (name, layer) in stem {
            if name == "conv2d_3b" { x = pool(x, "maxpool_3a") }
            x = try convolution(x, name, channels, layer)
            channels = layer.outputs
        }
        for block in 0..<5 { x = try block35(x, "repeat_1.\(block)") }
        x = try mixed6(x, "mixed_6a")
        for block in 0..<10 { x = try block17(x, "repeat_2.\(block)") }
        x = try mixed7(x, "mixed_7a")
        for block in 0..<5 { x = try block8(x, "repeat_3.\(block)", scale: 0.2, isRectified: true) }
        x = try block8(x, "block8", scale: 1, isRectified: false)
        x = builder.add(GlobalAveragePool(), [x], name: "avgpool_1a")
        x = builder.add(Flatten(), [x], name: "vector")
        let matrix = try constant("last_linear.weight", [512, 1792])
        x = builder.add(Gemm(transposesB: true), [x, matrix], name: "last_linear")
        x = try normalization(x, "last_bn", 512)
        builder.output(builder.add(LpNormalization(axis: 1), [x], name: "normalised"), name: "embedding")
    }

    // MARK: Blocks

    private mutating func block35(_ x: Value, _ name: String) throws(ModelError) -> Value {
        try residual(
            x,
            name,
            channels: 256,
            branches: [
                [Layer(32, 1, 1)],
                [Layer(32, 1, 1), Layer(32, 3, 3, isPadded: true)],
                [Layer(32, 1, 1), Layer(32, 3, 3, isPadded: true), Layer(32, 3, 3, isPadded: true)],
            ],
            scale: 0.17
        )
    }

    private mutating func block17(_ x: Value, _ name: String) throws(ModelError) -> Value {
        try residual(
            x,
            name,
            channels: 896,
            branches: [
                [Layer(128, 1, 1)],
                [Layer(128, 1, 1), Layer(128, 1, 7, isPadded: true), Layer(128, 7, 1, isPadded: true)],
            ],
            scale: 0.1
        )
    }

    private mutating func block8(
        _ x: Value,
        _ name: String,
        scale: Float,
        isRectified: Bool
    ) throws(ModelError) -> Value {
        try residual(
            x,
            name,
            channels: 1792,
            branches: [
                [Layer(192, 1, 1)],
                [Layer(192, 1, 1), Layer(192, 1, 3, isPadded: true), Layer(192, 3, 1, isPadded: true)],
            ],
            scale: scale,
            isRectified: isRectified
        )
    }

    private mutating func mixed6(_ x: Value, _ name: String) throws(ModelError) -> Value {
        let parts = [
            try branch(x, name + ".branch0", 256, [Layer(384, 3, 3, stride: 2)]),
            try branch(
                x,
                name + ".branch1",
                256,
                [Layer(192, 1, 1), Layer(192, 3, 3, isPadded: true), Layer(256, 3, 3, stride: 2)]
            ),
            pool(x, name + ".branch2"),
        ]
        return builder.add(Concat(axis: 1), parts, name: name)
    }

    private mutating func mixed7(_ x: Value, _ name: String) throws(ModelError) -> Value {
        let parts = [
            try branch(x, name + ".branch0", 896, [Layer(256, 1, 1), Layer(384, 3, 3, stride: 2)]),
            try branch(x, name + ".branch1", 896, [Layer(256, 1, 1), Layer(256, 3, 3, stride: 2)]),
            try branch(
                x,
                name + ".branch2",
                896,
                [Layer(256, 1, 1), Layer(256, 3, 3, isPadded: true), Layer(256, 3, 3, stride: 2)]
            ),
            pool(x, name + ".branch3"),
        ]
        return builder.add(Concat(axis: 1), parts, name: name)
    }

    /// The branches side by side, brought to the input's channels, scaled and added to the input.
    private mutating func residual(
        _ x: Value,
        _ name: String,
        channels: Int,
        branches: [[Layer]],
        scale: Float,
        isRectified: Bool = true
    ) throws(ModelError) -> Value {
        var parts: [Value] = []
        for (position, layers) in branches.enumerated() {
            parts.append(try branch(x, "\(name).branch\(position)", channels, layers))
        }
        let joined = builder.add(Concat(axis: 1), parts, name: name + ".joined")
        let inner = branches.reduce(0) { $0 + ($1.last?.outputs ?? 0) }
        let kernel = try constant(name + ".conv2d.weight", [channels, inner, 1, 1])
        let bias = try constant(name + ".conv2d.bias", [channels])
        var y = builder.add(Convolution(), [joined, kernel, bias], name: name + ".conv2d")
        if scale != 1 {
            let factor = builder.constant(Tensor([scale], shape: []), name: name + ".scale")
            y = builder.add(BinaryElementwise(.multiply), [y, factor], name: name + ".scaled")
        }
        y = builder.add(BinaryElementwise(.add), [y, x], name: name + ".sum")
        return isRectified ? builder.add(UnaryElementwise(.relu), [y], name: name + ".relu") : y
    }

    /// Layers one after the other; one alone has no number in its name.
    private mutating func branch(
        _ x: Value,
        _ name: String,
        _ channels: Int,
        _ layers: [Layer]
    ) throws(ModelError) -> Value {
        var (x, channels) = (x, channels)
        for (position, layer) in layers.enumerated() {
            x = try convolution(x, layers.count == 1 ? name : "\(name).\(position)", channels, layer)
            channels = layer.outputs
        }
        return x
    }

    // MARK: Layers

    private mutating func pool(_ x: Value, _ name: String) -> Value {
        builder.add(MaxPool(kernelShape: [3, 3], strides: [2, 2]), [x], name: name)
    }

    private mutating func convolution(
        _ x: Value,
        _ name: String,
        _ channels: Int,
        _ layer: Layer
    ) throws(ModelError) -> Value {
        let kernel = try constant(name + ".conv.weight", [layer.outputs, channels] + layer.kernel)
        let pads = layer.isPadded ? layer.kernel.map { $0 / 2 } : [0, 0]
        let made = Convolution(strides: [layer.stride, layer.stride], padding: .explicit(begin: pads, end: pads))
        let convolved = builder.add(made, [x, kernel], name: name + ".conv")
        let normalized = try normalization(convolved, name + ".bn", layer.outputs)
        return builder.add(UnaryElementwise(.relu), [normalized], name: name + ".relu")
    }

    private mutating func normalization(_ x: Value, _ name: String, _ channels: Int) throws(ModelError) -> Value {
        var inputs: [Value] = [x]
        for part in ["weight", "bias", "running_mean", "running_var"] {
            inputs.append(try constant("\(name).\(part)", [channels]))
        }
        return builder.add(BatchNormalization(epsilon: Self.epsilon), inputs, name: name)
    }

    private mutating func constant(_ name: String, _ shape: [Int]) throws(ModelError) -> Value {
        builder.constant(try weights.floats(name, shape: shape), name: name)
    }
}
