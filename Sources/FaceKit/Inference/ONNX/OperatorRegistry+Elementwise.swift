// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OperatorRegistry {
    static let elementwise: [String: Maker] = {
        var makers: [String: Maker] = [
            "LeakyRelu": { (node) throws(ModelError) in
                UnaryElementwise(.leakyRelu(alpha: try node.takeFloat("alpha") ?? 0.01))
            },
            "ThresholdedRelu": { (node) throws(ModelError) in
                UnaryElementwise(.thresholdedRelu(alpha: try node.takeFloat("alpha") ?? 1))
            },
            "Elu": { (node) throws(ModelError) in
                UnaryElementwise(.elu(alpha: try node.takeFloat("alpha") ?? 1))
            },
            "Selu": { (node) throws(ModelError) in
                UnaryElementwise(
                    .selu(
                        alpha: try node.takeFloat("alpha") ?? 1.6732632,
                        gamma: try node.takeFloat("gamma") ?? 1.050701
                    )
                )
            },
            "Celu": { (node) throws(ModelError) in
                UnaryElementwise(.celu(alpha: try node.takeFloat("alpha") ?? 1))
            },
            "HardSigmoid": { (node) throws(ModelError) in
                UnaryElementwise(
                    .hardSigmoid(alpha: try node.takeFloat("alpha") ?? 0.2, beta: try node.takeFloat("beta") ?? 0.5)
                )
            },
            "Gelu": { (node) throws(ModelError) in
                let approximation = try node.takeText("approximate") ?? "none"
                guard ["none", "tanh"].contains(approximation) else {
                    throw ModelError(.unsupported, "approximation \(approximation)")
                }
                return UnaryElementwise(.gelu(tanhApproximation: approximation == "tanh"))
            },
            "Swish": { (node) throws(ModelError) in
                UnaryElementwise(.swish(alpha: try node.takeFloat("alpha") ?? 1))
            },
            "Shrink": { (node) throws(ModelError) in
                UnaryElementwise(
                    .shrink(bias: try node.takeFloat("bias") ?? 0, lambda: try node.takeFloat("lambd") ?? 0.5)
                )
            },
            "IsInf": { (node) throws(ModelError) in
                UnaryElementwise(
                    .isInfinite(
                        negative: try node.takeFlag("detect_negative", default: true),
                        positive: try node.takeFlag("detect_positive", default: true)
                    )
                )
            },
            "Clip": { (node) throws(ModelError) in
                if node.opset >= 11 { return Clip() }
                return UnaryElementwise(
                    .clip(
                        minimum: try node.takeFloat("min") ?? -.infinity,
                        maximum: try node.takeFloat("max") ?? .infinity
                    )
                )
            },
            "PRelu": { (node) throws(ModelError) in
                // Until opset 6 a vector of slopes belonged to the channels, wherever they were.
                guard node.opset >= 7 else { throw ModelError(.unsupported, "operator set \(node.opset)") }
                return PRelu()
            },
            "Where": { (_) throws(ModelError) in Where() },
            "Mod": { (node) throws(ModelError) in
                BinaryElementwise(.modulo(truncating: try node.takeFlag("fmod")))
            },
            "BitShift": { (node) throws(ModelError) in
                switch try node.takeText("direction") {
                case "LEFT": return BinaryElementwise(.shiftLeft)
                case "RIGHT": return BinaryElementwise(.shiftRight)
                default: throw ModelError(.malformed, "direction is missing or neither LEFT nor RIGHT")
                }
            },
            "Softmax": { (node) throws(ModelError) in
                let axis = try node.takeInteger("axis")
                // Up to opset 12 all axes from the second on were normalised together.
                return node.opset < 13
                    ? Softmax(axis: axis ?? 1, flattensTrailingAxes: true) : Softmax(axis: axis ?? -1)
            },
            "LogSoftmax": { (node) throws(ModelError) in
                let axis = try node.takeInteger("axis")
                return node.opset < 13
                    ? LogSoftmax(axis: axis ?? 1, flattensTrailingAxes: true) : LogSoftmax(axis: axis ?? -1)
            },
        ]
        let unary: [String: UnaryElementwise.Function] = [
            "Relu": .relu, "Sigmoid": .sigmoid, "HardSwish": .hardSwish, "Mish": .mish, "Softplus": .softplus,
            "Softsign": .softsign, "Erf": .erf, "Exp": .exp, "Log": .log, "Sqrt": .sqrt, "Reciprocal": .reciprocal,
            "Abs": .absolute, "Neg": .negate, "Sign": .sign, "Floor": .floor, "Ceil": .ceiling, "Round": .round,
            "Sin": .sin, "Cos": .cos, "Tan": .tan, "Asin": .asin, "Acos": .acos, "Atan": .atan, "Sinh": .sinh,
            "Cosh": .cosh, "Tanh": .tanh, "Asinh": .asinh, "Acosh": .acosh, "Atanh": .atanh, "Not": .not,
            "BitwiseNot": .bitwiseNot, "IsNaN": .isNaN,
        ]
        for (type, function) in unary {
            let maker: Maker = { (_) throws(ModelError) in UnaryElementwise(function) }
            makers[type] = maker
        }
        let binary: [BinaryElementwise.Function] = [
            .add, .subtract, .multiply, .divide, .power, .minimum, .maximum, .sum, .mean, .equal, .less, .lessOrEqual,
            .greater, .greaterOrEqual, .and, .or, .exclusiveOr, .bitwiseAnd, .bitwiseOr, .bitwiseExclusiveOr,
        ]
        for function in binary {
            let made = BinaryElementwise(function)
            let maker: Maker = { (_) throws(ModelError) in made }
            makers[made.label] = maker
        }
        return makers
    }()
}
