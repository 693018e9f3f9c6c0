// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What happens to the element that is already there when another one is scattered onto it.
package enum ScatterReduction: String, Sendable, Hashable {
    case replace = "none"
    case add
    case multiply = "mul"
    case maximum = "max"
    case minimum = "min"
}

/// Slices of a tensor chosen by tuples of indices (ONNX `GatherND`).
///
/// Inputs: x and indices [batch…, …, tuple]. Output: the indices' shape without the tuples, then what remains of x's.
package struct GatherND: Operator {
    package static let name = "GatherND"

    /// How many leading axes x and the indices have in common.
    package var batchAxes: Int

    package init(batchAxes: Int = 0) {
        self.batchAxes = batchAxes
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let indices = try inputs.required(1)
        guard !indices.dataType.isFloatingPoint, let tuple = indices.shape.last, batchAxes >= 0,
            batchAxes < indices.shape.count, tuple <= x.shape.count - batchAxes,
            x.shape.prefix(batchAxes) == indices.shape.prefix(batchAxes)
        else {
            throw ModelError(.mismatch, "indices \(indices.dataType) \(indices.shape) do not fit \(x.shape)")
        }
        let shape = indices.shape.dropLast() + x.shape[(batchAxes + tuple)...]
        try Array(shape).checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: Array(shape))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let x = try inputs.required(0)
        let indices = try inputs.required(1)
        let starts = try sliceStarts(indices, in: x.shape, batchAxes: batchAxes)
        let width = x.shape[(batchAxes + indices.shape[indices.shape.count - 1])...].reduce(1, *)
        return [x.picking(starts.flatMap { Array($0..<$0 + width) }, shape: shape)]
    }
}

/// A tensor with slices replaced, chosen by tuples of indices (ONNX `ScatterND`).
///
/// Inputs: x, indices […, tuple] and updates: the indices' shape without the tuples, then what remains of x's.
/// Output: x's shape.
package struct ScatterND: Operator {
    package static let name = "ScatterND"

    package var reduction: ScatterReduction

    package init(reduction: ScatterReduction = .replace) {
        self.reduction = reduction
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let indices = try inputs.required(1)
        let updates = try inputs.required(2)
        guard !indices.dataType.isFloatingPoint, let tuple = indices.shape.last, tuple <= x.shape.count,
            updates.dataType == x.dataType, updates.shape == indices.shape.dropLast() + x.shape[tuple...]
        else {
            throw ModelError(
                .mismatch,
                "indices \(indices.shape) and updates \(updates.dataType) \(updates.shape) do not fit \(x.shape)"
            )
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        _ = try inferred(inputs)
        let x = try inputs.required(0)
        let indices = try inputs.required(1)
        let starts = try sliceStarts(indices, in: x.shape, batchAxes: 0)
        let width = x.shape[indices.shape[indices.shape.count - 1]...].reduce(1, *)
        return [x.scattering(try inputs.required(2), to: starts.flatMap { Array($0..<$0 + width) }, reduction)]
    }
}

/// A tensor with elements replaced one by one along an axis (ONNX `ScatterElements`).
///
/// Inputs: x, indices of the same rank, updates of the indices' shape. Output: x's shape.
package struct ScatterElements: Operator {
    package static let name = "ScatterElements"

    /// Counted from the end when negative.
    package var axis: Int
    package var reduction: ScatterReduction

    package init(axis: Int = 0, reduction: ScatterReduction = .replace) {
        self.axis = axis
        self.reduction = reduction
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let updates = try inputs.required(2)
        let chosen = try GatherElements(axis: axis).infer(Array(inputs.prefix(2)))[0]
        guard updates.dataType == x.dataType, updates.shape == chosen.shape else {
            throw ModelError(
                .mismatch,
                "updates \(updates.dataType) \(updates.shape) do not fit indices \(chosen.shape)"
            )
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let offsets = try elementOffsets(try inputs.required(1), in: x.shape, axis: x.shape.resolvedAxis(axis))
        return [x.scattering(try inputs.required(2), to: offsets, reduction)]
    }
}

/// Where in a tensor of `shape` the slices begin that the index tuples choose.
private func sliceStarts(_ indices: Tensor, in shape: [Int], batchAxes: Int) throws(ModelError) -> [Int] {
    let tuple = indices.shape[indices.shape.count - 1]
    let strides = shape.rowMajorStrides
    let numbers = indices.integers
    let tuples = indices.shape.dropLast().reduce(1, *)
    let perBatch = indices.shape[batchAxes...].dropLast().reduce(1, *)
    let batchWidth = shape[batchAxes...].reduce(1, *)
    var starts: [Int] = []
    for position in 0..<tuples {
        var start = position / max(perBatch, 1) * batchWidth
        for element in 0..<tuple {
            let extent = shape[batchAxes + element]
            let index = numbers[position * tuple + element]
            guard index >= -extent, index < extent else {
                throw ModelError(.mismatch, "index \(index) does not exist among \(extent)")
            }
            start += (index < 0 ? Int(index) + extent : Int(index)) * strides[batchAxes + element]
        }
        starts.append(start)
    }
    return starts
}

extension Tensor {
    /// The tensor with `updates` put at `offsets`, one after the other.
    fileprivate func scattering(_ updates: Tensor, to offsets: [Int], _ reduction: ScatterReduction) -> Tensor {
        func scatter<Element: Comparable>(
            _ elements: [Element],
            _ updates: [Element],
            _ add: (Element, Element) -> Element,
            _ multiply: (Element, Element) -> Element
        ) -> [Element] {
            var elements = elements
            for (offset, update) in zip(offsets, updates) {
                let old = elements[offset]
                switch reduction {
                case .replace: elements[offset] = update
                case .add: elements[offset] = add(old, update)
                case .multiply: elements[offset] = multiply(old, update)
                case .maximum: elements[offset] = max(old, update)
                case .minimum: elements[offset] = min(old, update)
                }
            }
            return elements
        }
        if dataType.isFloatingPoint {
            return Tensor(scatter(floats, updates.floats, +, *), shape: shape, dataType: dataType)
        }
        let scattered = scatter(integers, updates.integers, &+, &*)
        return Tensor(scattered.map(dataType.wrapping), shape: shape, dataType: dataType)
    }
}
