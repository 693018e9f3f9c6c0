// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OpenVINOLayerRegistry {
    /// Functions of single elements, of two tensors element by element, and activations.
    static let elementwise: [String: Maker] = {
        var makers: [String: Maker] = [
            "Clamp": unary { (layer) throws(ModelError) in
                .clip(
                    minimum: try layer.takeFloat("min") ?? -.infinity,
                    maximum: try layer.takeFloat("max") ?? .infinity
                )
            },
            "Elu": unary { (layer) throws(ModelError) in .elu(alpha: try layer.takeFloat("alpha") ?? 1) },
            "HSigmoid": unary { (_) throws(ModelError) in .hardSigmoid(alpha: 1 / 6, beta: 0.5) },
            "Gelu": unary { (layer) throws(ModelError) in
                switch layer.takeText("approximation_mode")?.uppercased() ?? "ERF" {
                case "ERF": .gelu(tanhApproximation: false)
                case "TANH": .gelu(tanhApproximation: true)
                case let other: throw ModelError(.unsupported, "approximation_mode \(other)")
                }
            },
            "Round": unary { (layer) throws(ModelError) in
                let mode = layer.takeText("mode")?.lowercased() ?? "half_to_even"
                guard mode == "half_to_even" else { throw ModelError(.unsupported, "mode \(mode)") }
                return .round
            },
            "Swish": { (layer, inputs, builder) throws(ModelError) in
                let beta = try inputs.float(1, "beta", builder) ?? 1
                return [builder.add(UnaryElementwise(.swish(alpha: beta)), [try inputs[0]], name: layer.name)]
            },
            "HardSigmoid": { (layer, inputs, builder) throws(ModelError) in
                guard let alpha = try inputs.float(1, "alpha", builder),
                    let beta = try inputs.float(2, "beta", builder)
                else { throw ModelError(.malformed, "alpha or beta is missing") }
                let function = UnaryElementwise(.hardSigmoid(alpha: alpha, beta: beta))
                return [builder.add(function, [try inputs[0]], name: layer.name)]
            },
            "PReLU": { (layer, inputs, builder) throws(ModelError) in
                var slope = try inputs[1]
                // One slope per channel stands along axis 1, not along the last one as broadcasting has it.
                let count = layer.rank(1) == 1 ? layer.inputs[1].shape[0] : nil
                if let rank = layer.rank(0), rank > 2, let count, count != 1 {
                    let shape = [count] + [Int](repeating: 1, count: rank - 2)
                    slope = builder.add(Reshape(shape: shape), [slope], name: layer.name + "/slope")
                }
                return [builder.add(PRelu(), [try inputs[0], slope], name: layer.name)]
            },
            "FakeQuantize": single { (layer) throws(ModelError) in
                guard let levels = try layer.takeInteger("levels") else { throw ModelError(.malformed, "no levels") }
                try checkBroadcast(&layer)
                return FakeQuantize(levels: levels)
            },
            "SquaredDifference": { (layer, inputs, builder) throws(ModelError) in
                try checkBroadcast(&layer)
                let operands = [try inputs[0], try inputs[1]]
                let difference = builder.add(
                    BinaryElementwise(.subtract),
                    operands,
                    name: layer.name + "/difference"
                )
                return [builder.add(BinaryElementwise(.multiply), [difference, difference], name: layer.name)]
            },
            "Select": single { (layer) throws(ModelError) in
                try checkBroadcast(&layer)
                return Where()
            },
        ]
        for (type, function) in unaryFunctions {
            makers[type] = single { (_) throws(ModelError) in UnaryElementwise(function) }
        }
        for (type, function) in binaryFunctions {
            makers[type] = single { (layer) throws(ModelError) in
                try checkBroadcast(&layer)
                return BinaryElementwise(function)
            }
        }
        return makers
    }()

    private static let unaryFunctions: [String: UnaryElementwise.Function] = [
        "ReLU": .relu, "Sigmoid": .sigmoid, "Tanh": .tanh, "Exp": .exp, "Log": .log, "Sqrt": .sqrt,
        "HSwish": .hardSwish, "Mish": .mish, "SoftPlus": .softplus, "SoftSign": .softsign, "Erf": .erf,
        "Abs": .absolute, "Negative": .negate, "Sign": .sign, "Floor": .floor, "Ceiling": .ceiling,
        "Sin": .sin, "Cos": .cos, "Tan": .tan, "Asin": .asin, "Acos": .acos, "Atan": .atan,
        "Sinh": .sinh, "Cosh": .cosh, "LogicalNot": .not,
    ]

    private static let binaryFunctions: [String: BinaryElementwise.Function] = [
        "Add": .add, "Subtract": .subtract, "Multiply": .multiply, "Divide": .divide, "Power": .power,
        "Maximum": .maximum, "Minimum": .minimum,
        "Mod": .modulo(truncating: true), "FloorMod": .modulo(truncating: false),
        "Equal": .equal, "Less": .less, "LessEqual": .lessOrEqual, "Greater": .greater, "GreaterEqual": .greaterOrEqual,
        "LogicalAnd": .and, "LogicalOr": .or, "LogicalXor": .exclusiveOr,
    ]

    private static func unary(
        _ function: @escaping @Sendable (inout OpenVINOLayer) throws(ModelError) -> UnaryElementwise.Function
    ) -> Maker {
        single { (layer) throws(ModelError) in UnaryElementwise(try function(&layer)) }
    }

    /// Refuses the broadcasting of PaddlePaddle, which aligns shapes elsewhere than at the end.
    private static func checkBroadcast(_ layer: inout OpenVINOLayer) throws(ModelError) {
        let rule = layer.takeText("auto_broadcast") ?? "numpy"
        guard rule == "numpy" || rule == "none" else { throw ModelError(.unsupported, "auto_broadcast \(rule)") }
        // Whether integer division rounds down; the engine's operators divide floats.
        layer.ignore("m_pythondiv")
    }
}
