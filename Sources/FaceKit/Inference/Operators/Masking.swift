// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The upper or lower triangle of matrices, zero elsewhere (ONNX `Trilu`).
///
/// Inputs: x […, rows, columns] and, optionally, the diagonal to cut at, 0 being the main one. Output: x's shape.
package struct Triangle: Operator {
    package static let name = "Trilu"

    package var upper: Bool

    package init(upper: Bool = true) {
        self.upper = upper
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        guard x.shape.count >= 2 else { throw ModelError(.mismatch, "input \(x.shape) is no matrix") }
        if let diagonal = inputs.optional(1), diagonal.shape.elementCount != 1 || diagonal.dataType.isFloatingPoint {
            throw ModelError(.mismatch, "diagonal \(diagonal.dataType) \(diagonal.shape) is not one integer")
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let bound = Int64([Int].maximumElementCount)
        let diagonal = Int(min(max(inputs.optional(1)?.integers[0] ?? 0, -bound), bound))
        let (rows, columns) = (x.shape[x.shape.count - 2], x.shape[x.shape.count - 1])
        let offsets = (0..<x.count).map { index in
            let distance = index % columns - index / columns % rows
            return (upper ? distance >= diagonal : distance <= diagonal) ? index : -1
        }
        return [x.picking(offsets, shape: x.shape)]
    }
}

/// Vectors with one element switched on (ONNX `OneHot`).
///
/// Inputs: indices of any shape, counted from the end when negative; the vectors' length, a scalar; the values for off
/// and on. Output: the indices' shape with the vectors put in at `axis`. An index outside the vector switches nothing on.
package struct OneHot: Operator {
    package static let name = "OneHot"

    /// Counted from the end of the output's axes when negative.
    package var axis: Int

    package init(axis: Int = -1) {
        self.axis = axis
    }

    private func depth(_ fact: TensorFact) throws(ModelError) -> Int {
        guard let constant = fact.constant else {
            throw ModelError(.unsupported, "the length (input 1) is not known before the network runs")
        }
        let numbers = fact.dataType.isFloatingPoint ? constant.floats.map { Int64(clamping: $0) } : constant.integers
        guard numbers.count == 1, numbers[0] >= 0, numbers[0] <= [Int].maximumElementCount else {
            throw ModelError(.mismatch, "length \(numbers)")
        }
        return Int(numbers[0])
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let indices = try inputs.required(0)
        let depth = try depth(try inputs.required(1))
        let values = try inputs.required(2)
        guard values.shape == [2] else { throw ModelError(.mismatch, "values \(values.shape) are not two") }
        let axis = try indices.shape.resolvedAxis(axis, allowingEnd: true)
        let shape = indices.shape[..<axis] + [depth] + indices.shape[axis...]
        try Array(shape).checkedElementCount()
        return [TensorFact(dataType: values.dataType, shape: Array(shape))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let indices = try inputs.required(0)
        let axis = try indices.shape.resolvedAxis(axis, allowingEnd: true)
        let depth = shape[axis]
        let inner = shape[(axis + 1)...].reduce(1, *)
        let chosen = indices.dataType.isFloatingPoint ? indices.floats.map { Int64(clamping: $0) } : indices.integers
        let offsets = (0..<shape.elementCount).map { element in
            let index = chosen[element / (inner * depth) * inner + element % inner]
            let position = Int64(element / inner % depth)
            return index == position || (index < 0 && index + Int64(depth) == position) ? 1 : 0
        }
        return [try inputs.required(2).picking(offsets, shape: shape)]
    }
}

/// The positions of all elements that are not zero (ONNX `NonZero`).
///
/// Output: int64 [rank, count]. How many there are depends on the data, so the shape is known only when the input is.
package struct NonZero: Operator {
    package static let name = "NonZero"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        guard let x = try inputs.required(0).constant else {
            throw ModelError(.unsupported, "the shape of the output depends on the data")
        }
        let flags = x.dataType.isFloatingPoint ? x.floats.map { $0 != 0 } : x.integers.map { $0 != 0 }
        let found = flags.indices.filter { flags[$0] }
        let strides = x.shape.rowMajorStrides
        let positions = x.shape.indices.flatMap { axis in
            found.map { Int64($0 / strides[axis] % x.shape[axis]) }
        }
        return [TensorFact(constant: Tensor(positions, shape: [x.shape.count, found.count]))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        try inferred(inputs).compactMap(\.constant)
    }
}

/// The first tensor's numbers as the second's type (ONNX `CastLike`).
package struct CastLike: Operator {
    package static let name = "CastLike"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        [TensorFact(dataType: try inputs.required(1).dataType, shape: try inputs.required(0).shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        try Cast(to: try inputs.required(1).dataType).evaluate(Array(inputs.prefix(1)))
    }
}
