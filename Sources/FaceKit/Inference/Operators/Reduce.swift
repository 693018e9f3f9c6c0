// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Elements along some axes combined into one (ONNX `ReduceSum`, `ReduceMean`, …).
///
/// Inputs: x and, where `axes` is `nil`, optionally the axes. Sums are kept in double precision.
package struct Reduce: Operator {
    package static let name = "Reduce"

    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case sum = "ReduceSum"
        case mean = "ReduceMean"
        case maximum = "ReduceMax"
        case minimum = "ReduceMin"
        case product = "ReduceProd"
        case l1 = "ReduceL1"
        case l2 = "ReduceL2"
        case sumOfSquares = "ReduceSumSquare"
        case logarithmOfSum = "ReduceLogSum"
        case logarithmOfSumOfExponentials = "ReduceLogSumExp"
    }

    package var kind: Kind
    /// Counted from the end when negative; `nil` when they are the second input or all axes are meant.
    package var axes: [Int]?
    /// Whether reduced axes stay with extent 1.
    package var keepDimensions: Bool
    /// Whether no axes means that nothing is reduced, instead of everything.
    package var ignoresEmptyAxes: Bool

    package init(kind: Kind, axes: [Int]? = nil, keepDimensions: Bool = true, ignoresEmptyAxes: Bool = false) {
        self.kind = kind
        self.axes = axes
        self.keepDimensions = keepDimensions
        self.ignoresEmptyAxes = ignoresEmptyAxes
    }

    package var label: String { kind.rawValue }

    /// The axes to reduce, counted from the front.
    private func resolvedAxes(_ shape: [Int], _ inputs: [TensorFact?]) throws(ModelError) -> [Int] {
        let named = try inputs.constantIntegers(axes, orInput: 1, "axes") ?? []
        return try named.isEmpty && !ignoresEmptyAxes ? Array(shape.indices) : shape.resolvedAxes(named)
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let axes = try resolvedAxes(x.shape, inputs)
        switch kind {
        case .maximum, .minimum: break
        default:
            guard x.dataType != .bool else { throw ModelError(.mismatch, "\(label) is not defined for bool") }
        }
        let shape =
            keepDimensions
            ? x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] }
            : x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let fact = try inferred(inputs)[0]
        let x = try inputs.required(0)
        let axes = try resolvedAxes(x.shape, inputs.map { $0.map(TensorFact.init(constant:)) })
        let kept = x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] }
        // Where each input element goes.
        let targets = x.shape.offsets(strides: kept.broadcastStrides(to: x.shape))
        let count = fact.shape.elementCount
        if x.dataType.isFloatingPoint {
            let result = reduce(x.floats.map(Double.init), to: targets, count)
            return [Tensor(result.map { Float($0) }, shape: fact.shape, dataType: x.dataType)]
        }
        switch kind {
        case .sum, .maximum, .minimum, .product, .l1, .sumOfSquares:
            let result = reduce(x.integers, x.dataType, to: targets, count).map(x.dataType.wrapping)
            return [Tensor(result, shape: fact.shape, dataType: x.dataType)]
        case .mean, .l2, .logarithmOfSum, .logarithmOfSumOfExponentials:
            let result = reduce(x.integers.map(Double.init), to: targets, count)
            let integers = result.map { x.dataType.wrapping(Int64(clamping: Float($0))) }
            return [Tensor(integers, shape: fact.shape, dataType: x.dataType)]
        }
    }

    private func reduce(_ elements: [Double], to targets: [Int], _ count: Int) -> [Double] {
        var (result, peaks): ([Double], [Double]) = ([], [])
        switch kind {
        case .maximum: result = [Double](repeating: -.infinity, count: count)
        case .minimum: result = [Double](repeating: .infinity, count: count)
        case .product: result = [Double](repeating: 1, count: count)
        default: result = [Double](repeating: 0, count: count)
        }
        if kind == .logarithmOfSumOfExponentials {
            // Exponents relative to the largest do not overflow.
            peaks = [Double](repeating: -.infinity, count: count)
            for (element, target) in zip(elements, targets) { peaks[target] = max(peaks[target], element) }
            peaks = peaks.map { $0.isFinite ? $0 : 0 }
        }
        for (element, target) in zip(elements, targets) {
            switch kind {
            case .sum, .mean, .logarithmOfSum: result[target] += element
            case .maximum: result[target] = element > result[target] || element.isNaN ? element : result[target]
            case .minimum: result[target] = element < result[target] || element.isNaN ? element : result[target]
            case .product: result[target] *= element
            case .l1: result[target] += abs(element)
            case .l2, .sumOfSquares: result[target] += element * element
            case .logarithmOfSumOfExponentials: result[target] += exp(element - peaks[target])
            }
        }
        switch kind {
        case .mean:
            let run = Double(elements.count) / Double(max(count, 1))
            return result.map { $0 / run }
        case .l2: return result.map { $0.squareRoot() }
        case .logarithmOfSum: return result.map { log($0) }
        case .logarithmOfSumOfExponentials: return zip(result, peaks).map { log($0) + $1 }
        default: return result
        }
    }

    private func reduce(_ elements: [Int64], _ type: DataType, to targets: [Int], _ count: Int) -> [Int64] {
        let range = type == .bool ? 0...1 : type.integerRange ?? .min ... .max
        let start =
            switch kind {
            case .maximum: range.lowerBound
            case .minimum: range.upperBound
            case .product: Int64(1)
            default: Int64(0)
            }
        var result = [Int64](repeating: start, count: count)
        for (element, target) in zip(elements, targets) {
            switch kind {
            case .maximum: result[target] = max(result[target], element)
            case .minimum: result[target] = min(result[target], element)
            case .product: result[target] = result[target] &* element
            case .l1: result[target] = result[target] &+ (element < 0 ? 0 &- element : element)
            case .sumOfSquares: result[target] = result[target] &+ element &* element
            default: result[target] = result[target] &+ element
            }
        }
        return result
    }
}
