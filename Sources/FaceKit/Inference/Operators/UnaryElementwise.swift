// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A function applied to every element by itself (ONNX `Relu`, `Sigmoid`, `Exp`, …).
///
/// Input and output have the same shape and, but for `isNaN` and `isInfinite`, the same type.
package struct UnaryElementwise: Operator {
    package static let name = "UnaryElementwise"

    package enum Function: Sendable, Hashable {
        case relu
        /// `alpha * x` below zero.
        case leakyRelu(alpha: Float)
        /// `x` above `alpha`, else zero.
        case thresholdedRelu(alpha: Float)
        case elu(alpha: Float)
        case selu(alpha: Float, gamma: Float)
        case celu(alpha: Float)
        case sigmoid
        /// `max(0, min(1, alpha * x + beta))`.
        case hardSigmoid(alpha: Float, beta: Float)
        case hardSwish
        /// `x * sigmoid(alpha * x)`.
        case swish(alpha: Float)
        case mish
        case softplus, softsign
        case gelu(tanhApproximation: Bool)
        /// Bounds that are infinite do not bound.
        case clip(minimum: Float, maximum: Float)
        /// `x + bias` below `-lambda`, `x - bias` above `lambda`, else zero.
        case shrink(bias: Float, lambda: Float)
        case erf, exp, log, sqrt, reciprocal
        case absolute, negate, sign
        case floor, ceiling
        /// To the nearest whole number, halves to the even one.
        case round
        case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
        /// Of booleans.
        case not
        /// Of integers, bit by bit.
        case bitwiseNot
        case isNaN
        case isInfinite(negative: Bool, positive: Bool)
    }

    package var function: Function

    package init(function: Function) {
        self.function = function
    }

    package init(_ function: Function) {
        self.function = function
    }

    package var label: String {
        let written = "\(function)"
        return written.prefix(1).uppercased() + written.dropFirst().prefix { $0 != "(" }
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let allowed =
            switch function {
            case .not: x.dataType == .bool
            case .bitwiseNot: !x.dataType.isFloatingPoint && x.dataType != .bool
            case .relu, .absolute, .negate, .sign, .clip, .shrink: x.dataType != .bool
            default: x.dataType.isFloatingPoint
            }
        guard allowed else { throw ModelError(.mismatch, "\(label) is not defined for \(x.dataType)") }
        switch function {
        case .isNaN, .isInfinite: return [TensorFact(dataType: .bool, shape: x.shape)]
        default: return [TensorFact(dataType: x.dataType, shape: x.shape)]
        }
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        switch function {
        case .isNaN:
            return [Tensor(x.floats.map { $0.isNaN ? Int64(1) : 0 }, shape: x.shape, dataType: .bool)]
        case .isInfinite(let negative, let positive):
            let flags = x.floats.map { Int64($0.isInfinite && ($0 < 0 ? negative : positive) ? 1 : 0) }
            return [Tensor(flags, shape: x.shape, dataType: .bool)]
        default:
            if x.dataType.isFloatingPoint {
                return [Tensor(x.floats.map(apply), shape: x.shape, dataType: x.dataType)]
            }
            let results = x.integers.map { x.dataType.wrapping(apply($0)) }
            return [Tensor(results, shape: x.shape, dataType: x.dataType)]
        }
    }

    private func apply(_ x: Int64) -> Int64 {
        switch function {
        case .relu: max(x, 0)
        case .absolute: x < 0 ? 0 &- x : x
        case .negate: 0 &- x
        case .sign: x.signum()
        case .not: x == 0 ? 1 : 0
        case .bitwiseNot: ~x
        case .clip(let minimum, let maximum): Int64(clamping: min(max(Float(x), minimum), maximum))
        case .shrink: Int64(clamping: apply(Float(x)))
        default: preconditionFailure("\(label) passed inference for integers")
        }
    }

    private func apply(_ x: Float) -> Float {
        switch function {
        case .relu: x > 0 ? x : (x.isNaN ? x : 0)
        case .leakyRelu(let alpha): x < 0 ? alpha * x : x
        case .thresholdedRelu(let alpha): x > alpha ? x : 0
        case .elu(let alpha): x < 0 ? alpha * expm1f(x) : x
        case .selu(let alpha, let gamma): gamma * (x > 0 ? x : alpha * expm1f(x))
        case .celu(let alpha): x < 0 ? alpha * expm1f(x / alpha) : x
        case .sigmoid: Self.sigmoid(x)
        case .hardSigmoid(let alpha, let beta): max(0, min(1, alpha * x + beta))
        case .hardSwish: x * max(0, min(1, x / 6 + 0.5))
        case .swish(let alpha): x * Self.sigmoid(alpha * x)
        case .mish: x * tanhf(Self.softplus(x))
        case .softplus: Self.softplus(x)
        case .softsign: x / (1 + abs(x))
        case .gelu(tanhApproximation: false): 0.5 * x * (1 + erff(x * Float(0.5).squareRoot()))
        case .gelu(tanhApproximation: true):
            0.5 * x * (1 + tanhf((2 / Float.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .clip(let minimum, let maximum): min(max(x, minimum), maximum)
        case .shrink(let bias, let lambda): x < -lambda ? x + bias : (x > lambda ? x - bias : 0)
        case .erf: erff(x)
        case .exp: expf(x)
        case .log: logf(x)
        case .sqrt: x.squareRoot()
        case .reciprocal: 1 / x
        case .absolute: abs(x)
        case .negate: -x
        case .sign: x > 0 ? 1 : (x < 0 ? -1 : x)
        case .floor: x.rounded(.down)
        case .ceiling: x.rounded(.up)
        case .round: x.rounded(.toNearestOrEven)
        case .sin: sinf(x)
        case .cos: cosf(x)
        case .tan: tanf(x)
        case .asin: asinf(x)
        case .acos: acosf(x)
        case .atan: atanf(x)
        case .sinh: sinhf(x)
        case .cosh: coshf(x)
        case .tanh: tanhf(x)
        case .asinh: asinhf(x)
        case .acosh: acoshf(x)
        case .atanh: atanhf(x)
        case .not, .bitwiseNot, .isNaN, .isInfinite: preconditionFailure("\(label) passed inference for floats")
        }
    }

    private static func sigmoid(_ x: Float) -> Float {
        // The argument of exp stays negative, so that it never overflows.
        if x >= 0 { return 1 / (1 + expf(-x)) }
        let e = expf(x)
        return e / (1 + e)
    }

    private static func softplus(_ x: Float) -> Float {
        max(x, 0) + log1pf(expf(-abs(x)))
    }
}
