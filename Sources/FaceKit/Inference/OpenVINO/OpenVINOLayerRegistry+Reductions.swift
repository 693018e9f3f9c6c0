// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OpenVINOLayerRegistry {
    /// Elements along axes combined into one.
    static let reductions: [String: Maker] = {
        var makers: [String: Maker] = [:]
        let kinds: [String: Reduce.Kind] = [
            "ReduceMean": .mean, "ReduceSum": .sum, "ReduceMax": .maximum, "ReduceMin": .minimum,
            "ReduceProd": .product, "ReduceL1": .l1, "ReduceL2": .l2,
        ]
        for (type, kind) in kinds {
            let maker: Maker = { (layer, inputs, builder) throws(ModelError) in
                let keepsDimensions = try layer.takeFlag("keep_dims")
                guard let axes = try inputs.integers(1, "axes", builder) else {
                    throw ModelError(.malformed, "no axes")
                }
                let made = Reduce(kind: kind, axes: axes, keepDimensions: keepsDimensions, ignoresEmptyAxes: true)
                return [builder.add(made, [try inputs[0]], name: layer.name)]
            }
            makers[type] = maker
        }
        return makers
    }()

    /// Normalisation by stored or by the input's own statistics.
    static let normalizations: [String: Maker] = [
        "SoftMax": single { (layer) throws(ModelError) in Softmax(axis: try layer.takeInteger("axis") ?? 1) },
        "LogSoftmax": single { (layer) throws(ModelError) in LogSoftmax(axis: try layer.takeInteger("axis") ?? 1) },
        "BatchNormInference": { (layer, inputs, builder) throws(ModelError) in
            let (old, new) = (try layer.takeFloat("eps"), try layer.takeFloat("epsilon"))
            let epsilon = new ?? old ?? 1e-5
            // Operator set 1 has scale and shift before the input, later ones behind it.
            let order = layer.opset == "opset5" ? [0, 1, 2, 3, 4] : [2, 0, 1, 3, 4]
            let arguments = try order.map { (position) throws(ModelError) in try inputs[position] }
            return [builder.add(BatchNormalization(epsilon: epsilon), arguments, name: layer.name)]
        },
        "NormalizeL2": { (layer, inputs, builder) throws(ModelError) in
            guard let epsilon = try layer.takeFloat("eps") else { throw ModelError(.malformed, "no eps") }
            guard let axes = try inputs.integers(1, "axes", builder) else { throw ModelError(.malformed, "no axes") }
            let mode = layer.takeText("eps_mode") ?? "add"
            guard mode == "add" || mode == "max" else { throw ModelError(.unsupported, "eps_mode \(mode)") }
            let name = layer.name
            let sum = builder.add(
                Reduce(kind: .sumOfSquares, axes: axes, keepDimensions: true, ignoresEmptyAxes: true),
                [try inputs[0]],
                name: name + "/sum"
            )
            let constant = builder.constant(Tensor([epsilon], shape: []), name: name + "/epsilon")
            let bounded = builder.add(
                BinaryElementwise(mode == "add" ? .add : .maximum),
                [sum, constant],
                name: name + "/bounded"
            )
            let norm = builder.add(UnaryElementwise(.sqrt), [bounded], name: name + "/norm")
            return [builder.add(BinaryElementwise(.divide), [try inputs[0], norm], name: name)]
        },
        "LRN": { (layer, inputs, builder) throws(ModelError) in
            guard try inputs.integers(1, "axes", builder) == [1] else {
                throw ModelError(.unsupported, "axes other than the channels")
            }
            guard let size = try layer.takeInteger("size") else { throw ModelError(.malformed, "no size") }
            let made = LocalResponseNormalization(
                size: size,
                alpha: try layer.takeFloat("alpha") ?? 1e-4,
                beta: try layer.takeFloat("beta") ?? 0.75,
                bias: try layer.takeFloat("bias") ?? 1
            )
            return [builder.add(made, [try inputs[0]], name: layer.name)]
        },
    ]
}
