// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Where along an axis the largest or smallest element is (ONNX `ArgMax`, `ArgMin`).
package struct ArgumentOfExtremum: Operator {
    package static let name = "ArgMax"

    package enum Extremum: Sendable, Hashable {
        case maximum, minimum
    }

    package var extremum: Extremum
    /// Counted from the end when negative.
    package var axis: Int
    /// Whether the axis stays with extent 1.
    package var keepDimensions: Bool
    /// Whether the last of equal elements is chosen instead of the first.
    package var selectsLast: Bool

    package init(_ extremum: Extremum, axis: Int = 0, keepDimensions: Bool = true, selectsLast: Bool = false) {
        self.extremum = extremum
        self.axis = axis
        self.keepDimensions = keepDimensions
        self.selectsLast = selectsLast
    }

    package var label: String { extremum == .maximum ? "ArgMax" : "ArgMin" }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let axis = try x.shape.resolvedAxis(axis)
        guard x.shape[axis] > 0 else { throw ModelError(.mismatch, "axis \(axis) of \(x.shape) is empty") }
        let kept = keepDimensions ? [1] : []
        return [TensorFact(dataType: .int64, shape: Array(x.shape[..<axis]) + kept + x.shape[(axis + 1)...])]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let x = try inputs.required(0)
        let axis = try x.shape.resolvedAxis(axis)
        let positions = x.dataType.isFloatingPoint ? search(x.floats, x.shape, axis) : search(x.integers, x.shape, axis)
        return [Tensor(positions, shape: shape)]
    }

    private func search<Element: Comparable>(_ elements: [Element], _ shape: [Int], _ axis: Int) -> [Int64] {
        let extent = shape[axis]
        let inner = shape[(axis + 1)...].reduce(1, *)
        let outer = shape[..<axis].reduce(1, *)
        return (0..<outer * inner).map { lane in
            let start = lane / inner * extent * inner + lane % inner
            var best = 0
            for index in 1..<max(extent, 1) {
                let (element, record) = (elements[start + index * inner], elements[start + best * inner])
                let isBetter = extremum == .maximum ? element > record : element < record
                if isBetter || (selectsLast && element == record) { best = index }
            }
            return Int64(best)
        }
    }
}

/// The largest or smallest elements along an axis and where they are (ONNX `TopK`).
///
/// Inputs: x and, where `count` is `nil`, how many are wanted. Outputs: elements and positions, best first; of equal
/// elements the one with the lower position comes first.
package struct TopK: Operator {
    package static let name = "TopK"

    package var count: Int?
    /// Counted from the end when negative.
    package var axis: Int
    package var largest: Bool
    /// Whether the order is demanded; the elements come ordered in any case.
    package var sorted: Bool

    package init(count: Int? = nil, axis: Int = -1, largest: Bool = true, sorted: Bool = true) {
        self.count = count
        self.axis = axis
        self.largest = largest
        self.sorted = sorted
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let axis = try x.shape.resolvedAxis(axis)
        guard let count = try inputs.constantIntegers(count.map { [$0] }, orInput: 1, "k")?.first, count >= 0,
            count <= x.shape[axis]
        else {
            throw ModelError(.mismatch, "k is missing or not within the \(x.shape[axis]) elements of axis \(axis)")
        }
        var shape = x.shape
        shape[axis] = count
        return [TensorFact(dataType: x.dataType, shape: shape), TensorFact(dataType: .int64, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let x = try inputs.required(0)
        let axis = try x.shape.resolvedAxis(axis)
        let positions =
            x.dataType.isFloatingPoint
            ? rank(x.floats, x.shape, axis, shape[axis]) : rank(x.integers, x.shape, axis, shape[axis])
        let indices = Tensor(positions.map { Int64($0) }, shape: shape)
        return [try GatherElements(axis: axis).evaluate([x, indices])[0], indices]
    }

    private func rank<Element: Comparable>(
        _ elements: [Element],
        _ shape: [Int],
        _ axis: Int,
        _ count: Int
    ) -> [Int] {
        let extent = shape[axis]
        let inner = shape[(axis + 1)...].reduce(1, *)
        let outer = shape[..<axis].reduce(1, *)
        var ranked = [Int](repeating: 0, count: outer * count * inner)
        for lane in 0..<outer * inner {
            let start = lane / inner * extent * inner + lane % inner
            let order = (0..<extent).sorted { first, second in
                let (a, b) = (elements[start + first * inner], elements[start + second * inner])
                return a == b ? first < second : (largest ? a > b : a < b)
            }
            for (index, position) in order.prefix(count).enumerated() {
                ranked[lane / inner * count * inner + index * inner + lane % inner] = position
            }
        }
        return ranked
    }
}

/// Running sums along an axis (ONNX `CumSum`).
///
/// Inputs: x and the axis, a scalar. Output: x's shape.
package struct CumulativeSum: Operator {
    package static let name = "CumSum"

    /// Whether an element's own value is left out of its sum.
    package var exclusive: Bool
    /// Whether the sums run from the end.
    package var reverse: Bool

    package init(exclusive: Bool = false, reverse: Bool = false) {
        self.exclusive = exclusive
        self.reverse = reverse
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        guard let axis = try inputs.constantIntegers(1, "axis"), axis.count == 1, x.dataType != .bool else {
            throw ModelError(.mismatch, "the axis is not one number or x is \(x.dataType)")
        }
        _ = try x.shape.resolvedAxis(axis[0])
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let axis = try x.shape.resolvedAxis(Int(try inputs.required(1).integers[0]))
        if x.dataType.isFloatingPoint {
            let sums = accumulate(x.floats.map(Double.init), x.shape, axis, 0) { $0 + $1 }
            return [Tensor(sums.map { Float($0) }, shape: x.shape, dataType: x.dataType)]
        }
        let sums = accumulate(x.integers, x.shape, axis, 0) { $0 &+ $1 }
        return [Tensor(sums.map(x.dataType.wrapping), shape: x.shape, dataType: x.dataType)]
    }

    private func accumulate<Element>(
        _ elements: [Element],
        _ shape: [Int],
        _ axis: Int,
        _ zero: Element,
        _ add: (Element, Element) -> Element
    ) -> [Element] {
        let extent = shape[axis]
        let inner = shape[(axis + 1)...].reduce(1, *)
        var sums = elements
        for lane in 0..<shape[..<axis].reduce(1, *) * inner {
            let start = lane / inner * extent * inner + lane % inner
            var sum = zero
            for step in 0..<extent {
                let index = start + (reverse ? extent - 1 - step : step) * inner
                let next = add(sum, elements[index])
                sums[index] = exclusive ? sum : next
                sum = next
            }
        }
        return sums
    }
}
