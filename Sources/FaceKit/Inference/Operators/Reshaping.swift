// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The same elements under another shape (ONNX `Reshape`).
///
/// Inputs: x and, where `shape` is `nil`, the shape. In the shape -1 stands for the extent that follows from the
/// others, 0 for x's extent along the same axis.
package struct Reshape: Operator {
    package static let name = "Reshape"

    package var shape: [Int]?
    /// Whether 0 in the shape is an extent of zero instead of x's own.
    package var allowsZero: Bool

    package init(shape: [Int]? = nil, allowsZero: Bool = false) {
        self.shape = shape
        self.allowsZero = allowsZero
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        guard let pattern = try inputs.constantIntegers(shape, orInput: 1, "shape") else {
            throw ModelError(.malformed, "the shape (input 1) is missing")
        }
        let mismatch = ModelError(.mismatch, "shape \(x.shape) cannot become \(pattern)")
        var result: [Int] = []
        var open: Int?
        for (axis, extent) in pattern.enumerated() {
            switch extent {
            case -1:
                guard open == nil else { throw mismatch }
                open = axis
                result.append(1)
            case 0 where !allowsZero:
                guard axis < x.shape.count else { throw mismatch }
                result.append(x.shape[axis])
            default: result.append(extent)
            }
        }
        let known = try result.checkedElementCount()
        if let open {
            guard known > 0, x.shape.elementCount % known == 0 else { throw mismatch }
            result[open] = x.shape.elementCount / known
        }
        guard result.elementCount == x.shape.elementCount else { throw mismatch }
        return [TensorFact(dataType: x.dataType, shape: result)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [try inputs.required(0).reshaped(to: inferred(inputs)[0].shape)]
    }
}

/// A matrix: the axes before `axis` in rows, the others in columns (ONNX `Flatten`).
package struct Flatten: Operator {
    package static let name = "Flatten"

    /// From `-rank` to `rank`.
    package var axis: Int

    package init(axis: Int = 1) {
        self.axis = axis
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let axis = axis == x.shape.count ? axis : try x.shape.resolvedAxis(axis)
        return [
            TensorFact(dataType: x.dataType, shape: [x.shape[..<axis].reduce(1, *), x.shape[axis...].reduce(1, *)])
        ]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [try inputs.required(0).reshaped(to: inferred(inputs)[0].shape)]
    }
}

/// Axes of extent 1 left out (ONNX `Squeeze`).
///
/// Inputs: x and, where `axes` is `nil`, optionally the axes; without any, all axes of extent 1 go.
package struct Squeeze: Operator {
    package static let name = "Squeeze"

    package var axes: [Int]?

    package init(axes: [Int]? = nil) {
        self.axes = axes
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let named = try inputs.constantIntegers(axes, orInput: 1, "axes")
        let dropped = try x.shape.resolvedAxes(named ?? x.shape.indices.filter { x.shape[$0] == 1 })
        for axis in dropped where x.shape[axis] != 1 {
            throw ModelError(.mismatch, "axis \(axis) of \(x.shape) has more than one element")
        }
        let shape = x.shape.indices.filter { !dropped.contains($0) }.map { x.shape[$0] }
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [try inputs.required(0).reshaped(to: inferred(inputs)[0].shape)]
    }
}

/// Axes of extent 1 put in (ONNX `Unsqueeze`).
///
/// Inputs: x and, where `axes` is `nil`, the axes. They are positions in the output's shape.
package struct Unsqueeze: Operator {
    package static let name = "Unsqueeze"

    package var axes: [Int]?

    package init(axes: [Int]? = nil) {
        self.axes = axes
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        guard let named = try inputs.constantIntegers(axes, orInput: 1, "axes") else {
            throw ModelError(.malformed, "the axes (input 1) are missing")
        }
        let rank = x.shape.count + named.count
        let added = try [Int](repeating: 1, count: rank).resolvedAxes(named)
        var rest = x.shape.makeIterator()
        let shape = (0..<rank).map { added.contains($0) ? 1 : rest.next() ?? 1 }
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [try inputs.required(0).reshaped(to: inferred(inputs)[0].shape)]
    }
}

/// The input itself (ONNX `Identity`).
package struct Identity: Operator {
    package static let name = "Identity"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [try inputs.required(0)]
    }
}

/// The input itself and, on request, a mask of ones: what dropout is once training is over (ONNX `Dropout`).
package struct Dropout: Operator {
    package static let name = "Dropout"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        if let training = inputs.optional(2) {
            guard let flag = training.constant, !flag.dataType.isFloatingPoint, flag.integers == [0] else {
                throw ModelError(.unsupported, "training mode")
            }
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape), TensorFact(dataType: .bool, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        return [x, Tensor([Int64](repeating: 1, count: x.count), shape: x.shape, dataType: .bool)]
    }
}

/// Axes in another order (ONNX `Transpose`).
package struct Transpose: Operator {
    package static let name = "Transpose"

    /// For each axis of the output the axis of the input; `nil` reverses the axes.
    package var permutation: [Int]?

    package init(permutation: [Int]? = nil) {
        self.permutation = permutation
    }

    private func resolved(_ shape: [Int]) throws(ModelError) -> [Int] {
        let permutation = try shape.resolvedAxes(permutation ?? shape.indices.reversed())
        guard permutation.count == shape.count else {
            throw ModelError(.mismatch, "permutation \(permutation) does not fit shape \(shape)")
        }
        return permutation
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        return [TensorFact(dataType: x.dataType, shape: try resolved(x.shape).map { x.shape[$0] })]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let permutation = try resolved(x.shape)
        let strides = x.shape.rowMajorStrides
        let shape = permutation.map { x.shape[$0] }
        return [x.picking(shape.offsets(strides: permutation.map { strides[$0] }), shape: shape)]
    }
}

/// Tensors one after the other along an axis (ONNX `Concat`).
package struct Concat: Operator {
    package static let name = "Concat"

    /// Counted from the end when negative.
    package var axis: Int

    package init(axis: Int) {
        self.axis = axis
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let first = try inputs.required(0)
        let axis = try first.shape.resolvedAxis(axis)
        var shape = first.shape
        for position in inputs.indices.dropFirst() {
            let next = try inputs.required(position)
            guard next.dataType == first.dataType, next.shape.count == shape.count,
                shape.indices.allSatisfy({ $0 == axis || next.shape[$0] == shape[$0] })
            else {
                throw ModelError(
                    .mismatch,
                    "\(first.dataType) \(first.shape) and \(next.dataType) \(next.shape) do not join at axis \(axis)"
                )
            }
            shape[axis] += next.shape[axis]
        }
        try shape.checkedElementCount()
        return [TensorFact(dataType: first.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let fact = try inferred(inputs)[0]
        let axis = try fact.shape.resolvedAxis(axis)
        let outer = fact.shape[..<axis].reduce(1, *)
        let tensors = inputs.compactMap { $0 }
        if fact.dataType.isFloatingPoint {
            let joined = Self.join(tensors.map(\.floats), outer)
            return [Tensor(joined, shape: fact.shape, dataType: fact.dataType)]
        }
        return [Tensor(Self.join(tensors.map(\.integers), outer), shape: fact.shape, dataType: fact.dataType)]
    }

    private static func join<Element>(_ parts: [[Element]], _ outer: Int) -> [Element] {
        var joined: [Element] = []
        joined.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        for row in 0..<outer {
            for part in parts {
                let run = part.count / outer
                joined.append(contentsOf: part[row * run..<(row + 1) * run])
            }
        }
        return joined
    }
}

/// One tensor cut along an axis (ONNX `Split`).
///
/// Inputs: x and, where `sizes` is `nil`, optionally the extents of the parts; without any, `outputCount` parts of
/// equal extent, the last one smaller if need be.
package struct Split: Operator {
    package static let name = "Split"

    /// Counted from the end when negative.
    package var axis: Int
    package var sizes: [Int]?
    package var outputCount: Int

    package init(axis: Int = 0, sizes: [Int]? = nil, outputCount: Int) {
        self.axis = axis
        self.sizes = sizes
        self.outputCount = outputCount
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let axis = try x.shape.resolvedAxis(axis)
        let extent = x.shape[axis]
        var sizes = try inputs.constantIntegers(sizes, orInput: 1, "sizes") ?? []
        if sizes.isEmpty, outputCount > 0 {
            let part = (extent + outputCount - 1) / outputCount
            sizes = (0..<outputCount).map { max(0, min(part, extent - $0 * part)) }
        }
        var rest = extent
        for size in sizes where size < 0 || size > rest {
            throw ModelError(.mismatch, "parts of \(sizes) do not fill axis \(axis) of \(x.shape)")
        }
        for size in sizes { rest -= min(size, rest) }
        guard sizes.count == outputCount, rest == 0, sizes.reduce(0, { $0 &+ $1 }) == extent else {
            throw ModelError(.mismatch, "\(outputCount) parts of \(sizes) do not fill axis \(axis) of \(x.shape)")
        }
        return sizes.map { size in
            var shape = x.shape
            shape[axis] = size
            return TensorFact(dataType: x.dataType, shape: shape)
        }
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let axis = try x.shape.resolvedAxis(axis)
        let strides = x.shape.rowMajorStrides
        var start = 0
        return try inferred(inputs).map { part in
            defer { start += part.shape[axis] }
            return x.picking(part.shape.offsets(strides: strides, from: start * strides[axis]), shape: part.shape)
        }
    }
}

/// Elements at equal steps between two bounds along some axes (ONNX `Slice`).
///
/// Inputs: x and, where `bounds` is `nil`, starts, ends and, optionally, axes and steps.
package struct Slice: Operator {
    package static let name = "Slice"

    /// One entry per sliced axis; positions and axes are counted from the end when negative, ends are exclusive.
    package struct Bounds: Sendable, Hashable {
        package var starts: [Int]
        package var ends: [Int]
        /// `nil` stands for the first axes in order.
        package var axes: [Int]?
        /// `nil` stands for 1 along each; negative steps run backwards.
        package var steps: [Int]?

        package init(starts: [Int], ends: [Int], axes: [Int]? = nil, steps: [Int]? = nil) {
            self.starts = starts
            self.ends = ends
            self.axes = axes
            self.steps = steps
        }
    }

    package var bounds: Bounds?

    package init(bounds: Bounds? = nil) {
        self.bounds = bounds
    }

    /// First element, step and count along every axis of `shape`.
    private func ranges(
        _ shape: [Int],
        _ inputs: [TensorFact?]
    ) throws(ModelError) -> [(start: Int, step: Int, count: Int)] {
        var bounds = bounds
        if bounds == nil {
            guard let starts = try inputs.constantIntegers(1, "starts"),
                let ends = try inputs.constantIntegers(2, "ends")
            else { throw ModelError(.malformed, "starts or ends are missing") }
            bounds = Bounds(
                starts: starts,
                ends: ends,
                axes: try inputs.constantIntegers(3, "axes"),
                steps: try inputs.constantIntegers(4, "steps")
            )
        }
        var ranges = shape.map { (start: 0, step: 1, count: $0) }
        guard let bounds else { return ranges }
        let axes = try shape.resolvedAxes(bounds.axes ?? Array(bounds.starts.indices))
        let steps = bounds.steps ?? bounds.starts.map { _ in 1 }
        guard bounds.ends.count == bounds.starts.count, axes.count == bounds.starts.count, steps.count == axes.count
        else {
            throw ModelError(
                .mismatch,
                "starts \(bounds.starts), ends \(bounds.ends), axes \(axes), steps \(steps) do not fit"
            )
        }
        for (index, axis) in axes.enumerated() {
            let (extent, step) = (shape[axis], steps[index])
            guard step != 0, step != .min else { throw ModelError(.mismatch, "step \(step) along axis \(axis)") }
            let lowest = step > 0 ? 0 : -1
            let highest = step > 0 ? extent : extent - 1
            func clamped(_ position: Int) -> Int {
                let fromFront = position < 0 ? position + extent : position
                return min(max(fromFront, lowest), highest)
            }
            let start = clamped(bounds.starts[index])
            let end = clamped(bounds.ends[index])
            let span = step > 0 ? end - start : start - end
            let count = span <= 0 ? 0 : (span - 1) / abs(step) + 1
            // A step beyond the extent is never taken, but must not overflow where it is multiplied.
            ranges[axis] = (start, min(max(step, -extent), max(extent, 1)), count)
        }
        return ranges
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        return [TensorFact(dataType: x.dataType, shape: try ranges(x.shape, inputs).map(\.count))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let ranges = try ranges(x.shape, inputs.map { $0.map(TensorFact.init(constant:)) })
        let strides = x.shape.rowMajorStrides
        let shape = ranges.map(\.count)
        let offset = ranges.indices.reduce(0) { $0 + ranges[$1].start * strides[$1] }
        let steps = ranges.indices.map { ranges[$0].step * strides[$0] }
        return [x.picking(shape.offsets(strides: steps, from: offset), shape: shape)]
    }
}
