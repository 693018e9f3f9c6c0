// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Access to an operator's inputs by position, where positions past the end count as left out.
extension [TensorFact?] {
    /// The input at `position`, which the operator cannot do without.
    func required(_ position: Int) throws(ModelError) -> TensorFact {
        guard let fact = optional(position) else { throw ModelError(.malformed, "input \(position) is missing") }
        return fact
    }

    func optional(_ position: Int) -> TensorFact? {
        position < count ? self[position] : nil
    }

    /// The input at `position`, which must be of a floating-point type where it is given.
    func optionalFloats(_ position: Int) throws(ModelError) -> TensorFact? {
        optional(position) == nil ? nil : try requiredFloats(position)
    }

    /// The input at `position`, which must be of a floating-point type.
    func requiredFloats(_ position: Int) throws(ModelError) -> TensorFact {
        let fact = try required(position)
        guard fact.dataType.isFloatingPoint else {
            throw ModelError(.mismatch, "input \(position) is \(fact.dataType), not floating-point")
        }
        return fact
    }

    /// The integers in the input at `position`, which inference needs to know; `nil` when it is left out.
    func constantIntegers(_ position: Int, _ meaning: String) throws(ModelError) -> [Int]? {
        guard let fact = optional(position) else { return nil }
        guard !fact.dataType.isFloatingPoint else {
            throw ModelError(.mismatch, "\(meaning) (input \(position)) is \(fact.dataType), not integer")
        }
        guard let constant = fact.constant else {
            throw ModelError(.unsupported, "\(meaning) (input \(position)) is not known before the network runs")
        }
        return constant.integers.map { Int($0) }
    }

    /// An attribute's integers or, where there is none, those of the input that has taken the attribute's place.
    func constantIntegers(
        _ attribute: [Int]?,
        orInput position: Int,
        _ meaning: String
    ) throws(ModelError) -> [Int]? {
        if let attribute { return attribute }
        return try constantIntegers(position, meaning)
    }

    /// The floats in the input at `position`, which inference needs to know; `nil` when it is left out.
    func constantFloats(_ position: Int, _ meaning: String) throws(ModelError) -> [Float]? {
        guard let fact = optional(position) else { return nil }
        guard fact.dataType.isFloatingPoint else {
            throw ModelError(.mismatch, "\(meaning) (input \(position)) is \(fact.dataType), not floating-point")
        }
        guard let constant = fact.constant else {
            throw ModelError(.unsupported, "\(meaning) (input \(position)) is not known before the network runs")
        }
        return constant.floats
    }
}

extension [Tensor?] {
    /// The input at `position`, which the operator cannot do without.
    func required(_ position: Int) throws(ModelError) -> Tensor {
        guard let tensor = optional(position) else { throw ModelError(.malformed, "input \(position) is missing") }
        return tensor
    }

    func optional(_ position: Int) -> Tensor? {
        position < count ? self[position] : nil
    }
}
