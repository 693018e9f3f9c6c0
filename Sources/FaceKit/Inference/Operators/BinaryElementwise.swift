// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A function of two broadcast tensors, element by element (ONNX `Add`, `Less`, `And`, …).
///
/// `minimum`, `maximum`, `sum` and `mean` take any number of inputs from one. All inputs are of one type, except
/// for `power`, whose result has the base's. Comparisons and logic give `bool`.
package struct BinaryElementwise: Operator {
    package static let name = "BinaryElementwise"

    package enum Function: Sendable, Hashable {
        case add, subtract, multiply, divide, power
        case minimum, maximum, sum, mean
        /// Remainder with the divisor's sign, or with the dividend's as C's `fmod` gives it.
        case modulo(truncating: Bool)
        case equal, less, lessOrEqual, greater, greaterOrEqual
        case and, or, exclusiveOr
        case bitwiseAnd, bitwiseOr, bitwiseExclusiveOr
        case shiftLeft, shiftRight
    }

    package var function: Function

    package init(function: Function) {
        self.function = function
    }

    package init(_ function: Function) {
        self.function = function
    }

    package var label: String {
        switch function {
        case .add: "Add"
        case .subtract: "Sub"
        case .multiply: "Mul"
        case .divide: "Div"
        case .power: "Pow"
        case .minimum: "Min"
        case .maximum: "Max"
        case .sum: "Sum"
        case .mean: "Mean"
        case .modulo: "Mod"
        case .equal: "Equal"
        case .less: "Less"
        case .lessOrEqual: "LessOrEqual"
        case .greater: "Greater"
        case .greaterOrEqual: "GreaterOrEqual"
        case .and: "And"
        case .or: "Or"
        case .exclusiveOr: "Xor"
        case .bitwiseAnd: "BitwiseAnd"
        case .bitwiseOr: "BitwiseOr"
        case .bitwiseExclusiveOr: "BitwiseXor"
        case .shiftLeft, .shiftRight: "BitShift"
        }
    }

    private var givesFlags: Bool {
        switch function {
        case .equal, .less, .lessOrEqual, .greater, .greaterOrEqual, .and, .or, .exclusiveOr: true
        default: false
        }
    }

    private var isVariadic: Bool {
        switch function {
        case .minimum, .maximum, .sum, .mean: true
        default: false
        }
    }

    private func allows(_ type: DataType) -> Bool {
        switch function {
        case .and, .or, .exclusiveOr: type == .bool
        case .bitwiseAnd, .bitwiseOr, .bitwiseExclusiveOr, .shiftLeft, .shiftRight:
            !type.isFloatingPoint && type != .bool
        case .equal: true
        case .mean: type.isFloatingPoint
        default: type != .bool
        }
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let first = try inputs.required(0)
        guard inputs.count == 2 || isVariadic else {
            throw ModelError(.malformed, "\(label) takes two inputs, not \(inputs.count)")
        }
        var shape = first.shape
        for position in inputs.indices.dropFirst() {
            let other = try inputs.required(position)
            guard other.dataType == first.dataType || function == .power else {
                throw ModelError(.mismatch, "inputs are \(first.dataType) and \(other.dataType)")
            }
            shape = try shape.broadcast(with: other.shape)
        }
        guard allows(first.dataType) else {
            throw ModelError(.mismatch, "\(label) is not defined for \(first.dataType)")
        }
        return [TensorFact(dataType: givesFlags ? .bool : first.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let fact = try inferred(inputs)[0]
        let first = try inputs.required(0)
        var operands: [Tensor] = []
        for position in inputs.indices { operands.append(try inputs.required(position).broadcast(to: fact.shape)) }

        if function == .power, operands.contains(where: { $0.dataType.isFloatingPoint }) {
            return [try power(operands[0], operands[1])]
        }
        if first.dataType.isFloatingPoint {
            if givesFlags {
                let flags = zip(operands[0].floats, operands[1].floats).map { compare($0, $1) ? Int64(1) : 0 }
                return [Tensor(flags, shape: fact.shape, dataType: .bool)]
            }
            var result = operands[0].floats
            for operand in operands.dropFirst() {
                let other = operand.floats
                for index in result.indices { result[index] = apply(result[index], other[index]) }
            }
            if function == .mean {
                for index in result.indices { result[index] /= Float(operands.count) }
            }
            return [Tensor(result, shape: fact.shape, dataType: fact.dataType)]
        }
        var result = operands[0].integers
        for operand in operands.dropFirst() {
            let other = operand.integers
            for index in result.indices {
                result[index] = fact.dataType.wrapping(try apply(result[index], other[index], first.dataType))
            }
        }
        return [Tensor(result, shape: fact.shape, dataType: fact.dataType)]
    }

    /// Base and exponent may be of different kinds; the power is worked out in double precision.
    private func power(_ base: Tensor, _ exponent: Tensor) throws(ModelError) -> Tensor {
        let bases = base.dataType.isFloatingPoint ? base.floats.map(Double.init) : base.integers.map(Double.init)
        let exponents =
            exponent.dataType.isFloatingPoint ? exponent.floats.map(Double.init) : exponent.integers.map(Double.init)
        let powers = zip(bases, exponents).map { Float(pow($0, $1)) }
        guard !base.dataType.isFloatingPoint else { return Tensor(powers, shape: base.shape, dataType: base.dataType) }
        let wrapped = powers.map { base.dataType.wrapping(Int64(clamping: $0)) }
        return Tensor(wrapped, shape: base.shape, dataType: base.dataType)
    }

    private func compare(_ a: Float, _ b: Float) -> Bool {
        switch function {
        case .equal: a == b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        default: preconditionFailure("\(label) passed inference for floats")
        }
    }

    private func apply(_ a: Float, _ b: Float) -> Float {
        switch function {
        case .add, .sum, .mean: return a + b
        case .subtract: return a - b
        case .multiply: return a * b
        case .divide: return a / b
        // Not-a-number wins, as in numpy's minimum and maximum.
        case .minimum: return b < a || b.isNaN ? b : a
        case .maximum: return b > a || b.isNaN ? b : a
        case .modulo(truncating: true): return fmodf(a, b)
        case .modulo(truncating: false):
            let remainder = fmodf(a, b)
            return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
        default: preconditionFailure("\(label) passed inference for floats")
        }
    }

    private func apply(_ a: Int64, _ b: Int64, _ type: DataType) throws(ModelError) -> Int64 {
        // uint64 is held by its bit pattern.
        let isBelow = type == .uint64 ? UInt64(bitPattern: a) < UInt64(bitPattern: b) : a < b
        switch function {
        case .add, .sum, .mean: return a &+ b
        case .subtract: return a &- b
        case .multiply: return a &* b
        case .divide:
            try refuseZero(b)
            return type == .uint64
                ? Int64(bitPattern: UInt64(bitPattern: a) / UInt64(bitPattern: b))
                : a.dividedReportingOverflow(by: b).partialValue
        case .modulo(let truncating):
            try refuseZero(b)
            if type == .uint64 { return Int64(bitPattern: UInt64(bitPattern: a) % UInt64(bitPattern: b)) }
            let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
            return !truncating && remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
        case .power: return wrappingPower(a, b)
        case .minimum: return isBelow ? a : b
        case .maximum: return isBelow ? b : a
        case .equal: return a == b ? 1 : 0
        case .less: return isBelow ? 1 : 0
        case .lessOrEqual: return isBelow || a == b ? 1 : 0
        case .greater: return isBelow || a == b ? 0 : 1
        case .greaterOrEqual: return isBelow ? 0 : 1
        case .and, .bitwiseAnd: return a & b
        case .or, .bitwiseOr: return a | b
        case .exclusiveOr, .bitwiseExclusiveOr: return a ^ b
        // A negative shift moves all bits out, like one by the type's width or more.
        case .shiftLeft: return b < 0 ? 0 : a << b
        case .shiftRight where type == .uint64:
            return b < 0 ? 0 : Int64(bitPattern: UInt64(bitPattern: a) >> UInt64(b))
        case .shiftRight: return b < 0 ? a >> 63 : a >> b
        }
    }

    private func refuseZero(_ divisor: Int64) throws(ModelError) {
        guard divisor != 0 else { throw ModelError(.mismatch, "\(label) divides an integer by zero") }
    }

    /// Squares and multiplies, so that a huge exponent costs 63 steps at most.
    private func wrappingPower(_ base: Int64, _ exponent: Int64) -> Int64 {
        guard exponent >= 0 else { return base == 1 ? 1 : (base == -1 ? (exponent & 1 == 0 ? 1 : -1) : 0) }
        var (result, square, rest) = (Int64(1), base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = result &* square }
            square = square &* square
            rest >>= 1
        }
        return result
    }
}
