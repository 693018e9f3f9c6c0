// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Slices of a tensor chosen by index (ONNX `Gather`).
///
/// Inputs: x and indices of any shape, counted from the end when negative. Output: x's shape with `axis` replaced by
/// the indices' shape.
package struct Gather: Operator {
    package static let name = "Gather"

    /// Counted from the end when negative.
    package var axis: Int

    package init(axis: Int = 0) {
        self.axis = axis
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let indices = try inputs.required(1)
        let axis = try x.shape.resolvedAxis(axis)
        guard !indices.dataType.isFloatingPoint else { throw ModelError(.mismatch, "indices are \(indices.dataType)") }
        let shape = Array(x.shape[..<axis]) + indices.shape + x.shape[(axis + 1)...]
        try shape.checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let x = try inputs.required(0)
        let axis = try x.shape.resolvedAxis(axis)
        let extent = x.shape[axis]
        let inner = x.shape[(axis + 1)...].reduce(1, *)
        let outer = x.shape[..<axis].reduce(1, *)
        let indices = try resolvedIndices(try inputs.required(1), extent)
        var offsets: [Int] = []
        offsets.reserveCapacity(shape.elementCount)
        for row in 0..<outer {
            for index in indices {
                let start = (row * extent + index) * inner
                offsets.append(contentsOf: start..<start + inner)
            }
        }
        return [x.picking(offsets, shape: shape)]
    }
}

/// Elements chosen one by one along an axis (ONNX `GatherElements`).
///
/// Inputs: x and indices of the same rank. Output: the indices' shape.
package struct GatherElements: Operator {
    package static let name = "GatherElements"

    /// Counted from the end when negative.
    package var axis: Int

    package init(axis: Int = 0) {
        self.axis = axis
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let indices = try inputs.required(1)
        let axis = try x.shape.resolvedAxis(axis)
        guard !indices.dataType.isFloatingPoint, indices.shape.count == x.shape.count,
            x.shape.indices.allSatisfy({ $0 == axis || indices.shape[$0] <= x.shape[$0] })
        else {
            throw ModelError(.mismatch, "indices \(indices.dataType) \(indices.shape) do not fit \(x.shape)")
        }
        return [TensorFact(dataType: x.dataType, shape: indices.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let indices = try inputs.required(1)
        let offsets = try elementOffsets(indices, in: x.shape, axis: x.shape.resolvedAxis(axis))
        return [x.picking(offsets, shape: indices.shape)]
    }
}

/// Where in a tensor of `shape` the elements are that `indices` choose along an axis, every other index being their
/// own position.
func elementOffsets(_ indices: Tensor, in shape: [Int], axis: Int) throws(ModelError) -> [Int] {
    var strides = shape.rowMajorStrides
    let step = strides[axis]
    strides[axis] = 0
    let chosen = try resolvedIndices(indices, shape[axis])
    return zip(indices.shape.offsets(strides: strides), chosen).map { $0 + $1 * step }
}

private func resolvedIndices(_ indices: Tensor, _ extent: Int) throws(ModelError) -> [Int] {
    try indices.integers.map { (index) throws(ModelError) in
        guard index >= -extent, index < extent else {
            throw ModelError(.mismatch, "index \(index) does not exist among \(extent)")
        }
        return Int(index < 0 ? index + Int64(extent) : index)
    }
}

/// A tensor repeated along axes of extent 1 to fill a shape (ONNX `Expand`).
///
/// Inputs: x and the shape, which broadcasts both ways.
package struct Expand: Operator {
    package static let name = "Expand"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let target = try inputs.constantIntegers(1, "shape") ?? []
        try target.checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: try x.shape.broadcast(with: target))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [try inputs.required(0).broadcast(to: inferred(inputs)[0].shape)]
    }
}

/// A tensor repeated along every axis (ONNX `Tile`).
///
/// Inputs: x and one count per axis.
package struct Tile: Operator {
    package static let name = "Tile"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let repeats = try inputs.constantIntegers(1, "repeats") ?? []
        guard repeats.count == x.shape.count, repeats.allSatisfy({ $0 >= 0 && $0 <= [Int].maximumElementCount }) else {
            throw ModelError(.mismatch, "repeats \(repeats) do not fit \(x.shape)")
        }
        let shape = zip(x.shape, repeats).map { $0 * $1 }
        try shape.checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let x = try inputs.required(0)
        // Seen as [repeats, extent] for every axis, where going along the repeats does not move.
        let strides = x.shape.rowMajorStrides
        let pairs = zip(shape, x.shape).flatMap { [$1 == 0 ? 0 : $0 / $1, $1] }
        return [x.picking(pairs.offsets(strides: strides.flatMap { [0, $0] }), shape: shape)]
    }
}

/// Elements of two tensors by a condition (ONNX `Where`).
///
/// Inputs: condition (bool), what is taken where it holds, what is taken elsewhere; all broadcast.
package struct Where: Operator {
    package static let name = "Where"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let condition = try inputs.required(0)
        let x = try inputs.required(1)
        let y = try inputs.required(2)
        guard condition.dataType == .bool, x.dataType == y.dataType else {
            throw ModelError(.mismatch, "inputs are \(condition.dataType), \(x.dataType) and \(y.dataType)")
        }
        let shape = try condition.shape.broadcast(with: x.shape).broadcast(with: y.shape)
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let fact = try inferred(inputs)[0]
        let condition = try inputs.required(0).broadcast(to: fact.shape).integers
        let x = try inputs.required(1).broadcast(to: fact.shape)
        let y = try inputs.required(2).broadcast(to: fact.shape)
        if fact.dataType.isFloatingPoint {
            let (a, b) = (x.floats, y.floats)
            let chosen = condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] }
            return [Tensor(chosen, shape: fact.shape, dataType: fact.dataType)]
        }
        let (a, b) = (x.integers, y.integers)
        let chosen = condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] }
        return [Tensor(chosen, shape: fact.shape, dataType: fact.dataType)]
    }
}

/// Blocks of channels laid out as squares of elements (ONNX `DepthToSpace`, pixel shuffle).
///
/// Input: [batch, channels, height, width]. Output: [batch, channels / b², height · b, width · b].
package struct DepthToSpace: Operator {
    package static let name = "DepthToSpace"

    package var blockSize: Int
    /// Whether neighbouring channels belong to different squares (mode DCR) or to the same one (mode CRD).
    package var depthFirst: Bool

    package init(blockSize: Int, depthFirst: Bool = true) {
        self.blockSize = blockSize
        self.depthFirst = depthFirst
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        guard x.shape.count == 4, blockSize > 0, blockSize < 1 << 15, x.shape[1] % (blockSize * blockSize) == 0 else {
            throw ModelError(.mismatch, "input \(x.shape) and block size \(blockSize) do not fit")
        }
        let channels = x.shape[1] / (blockSize * blockSize)
        return [
            TensorFact(
                dataType: x.dataType,
                shape: [x.shape[0], channels, x.shape[2] * blockSize, x.shape[3] * blockSize]
            )
        ]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let x = try inputs.required(0)
        let (height, width, plane) = (x.shape[2], x.shape[3], x.shape[2] * x.shape[3])
        let (channelStep, blockStep) = depthFirst ? (plane, shape[1] * plane) : (blockSize * blockSize * plane, plane)
        let offsets = [shape[0], shape[1], height, blockSize, width, blockSize].offsets(
            strides: [x.shape[1] * plane, channelStep, width, blockSize * blockStep, 1, blockStep])
        return [x.picking(offsets, shape: shape)]
    }
}

/// Squares of elements laid out as channels (ONNX `SpaceToDepth`).
///
/// Input: [batch, channels, height, width]. Output: [batch, channels · b², height / b, width / b].
package struct SpaceToDepth: Operator {
    package static let name = "SpaceToDepth"

    package var blockSize: Int

    package init(blockSize: Int) {
        self.blockSize = blockSize
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        guard x.shape.count == 4, blockSize > 0, blockSize < 1 << 15, x.shape[2] % blockSize == 0,
            x.shape[3] % blockSize == 0
        else {
            throw ModelError(.mismatch, "input \(x.shape) and block size \(blockSize) do not fit")
        }
        let channels = x.shape[1] * blockSize * blockSize
        return [
            TensorFact(
                dataType: x.dataType,
                shape: [x.shape[0], channels, x.shape[2] / blockSize, x.shape[3] / blockSize]
            )
        ]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let x = try inputs.required(0)
        let (width, plane) = (x.shape[3], x.shape[2] * x.shape[3])
        let offsets = [shape[0], blockSize, blockSize, x.shape[1], shape[2], shape[3]].offsets(
            strides: [x.shape[1] * plane, width, 1, plane, blockSize * width, blockSize])
        return [x.picking(offsets, shape: shape)]
    }
}
