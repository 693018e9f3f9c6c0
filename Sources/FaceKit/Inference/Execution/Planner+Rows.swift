// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// Operators that work along axes: softmax, reductions and normalisation.
extension Planner {
    mutating func emitSoftmax(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let softmax = node.operator as? Softmax, let x = node.input(0) else { return false }
        let shape = shape(of: x)
        let axis = softmax.axis < 0 ? softmax.axis + shape.count : softmax.axis
        guard shape.indices.contains(axis), !softmax.flattensTrailingAxes || axis == shape.count - 1 else {
            return false
        }
        return try emitRows(node, CFK_ROWS_SOFTMAX, axes: axis...axis)
    }

    mutating func emitReduce(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let reduce = node.operator as? Reduce, let x = node.input(0) else { return false }
        let rank = shape(of: x).count
        let given = reduce.axes ?? node.input(1).flatMap { constant($0) }?.integers.map { Int($0) } ?? []
        let axes = given.map { $0 < 0 ? $0 + rank : $0 }.sorted()
        guard let first = axes.first, let last = axes.last, last - first == axes.count - 1, last < rank, first >= 0
        else {
            return false
        }
        switch reduce.kind {
        case .sum: return try emitRows(node, CFK_ROWS_SUM, axes: first...last)
        case .mean: return try emitRows(node, CFK_ROWS_MEAN, axes: first...last)
        case .l2: return try emitRows(node, CFK_ROWS_L2, axes: first...last)
        default: return false
        }
    }

    mutating func emitNormalization(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let normalization = node.operator as? AxisNormalization, let x = node.input(0),
            let output = node.output(0), let scale = packVector(node.input(1)), let shift = packVector(node.input(2))
        else { return false }
        guard normalization.axis == 1, prefersBlocks(x) else {
            return try emitRows(
                node,
                CFK_ROWS_NORMALIZE,
                axes: normalization.axis...normalization.axis,
                epsilon: normalization.epsilon,
                scale: scale,
                shift: shift
            )
        }
        let shape = shape(of: x)
        var normalize = cfk_normalize()
        (normalize.batch, normalize.channels) = (Int32(shape[0]), Int32(shape[1]))
        normalize.pixels = Int64(shape[2] * shape[3])
        normalize.epsilon = normalization.epsilon
        guard unsafe kernels.functions.normalize_prepare(&normalize, Int32(threadCount)) == CFK_OK else { return false }
        let input = try read(x, in: .blocked)
        let target = allocate(output, in: .blocked)
        let (parameters, run) = unsafe (normalize, kernels.functions.normalize_run)
        addStep(
            node.name,
            "Normalization",
            reads: [input],
            writes: [target],
            phases: [
                Plan.Phase(itemCount: Int(normalize.items)) { state, items, _ in
                    var normalize = parameters
                    var (from, to) = unsafe (state.map(input), state.map(target))
                    unsafe run(
                        &normalize,
                        &from,
                        scale.pointer,
                        shift.pointer,
                        &to,
                        Int64(items.lowerBound),
                        Int64(items.upperBound)
                    )
                }
            ]
        )
        return true
    }

    /// Plans an operation along neighbouring axes of a planar value.
    private mutating func emitRows(
        _ node: Graph.Node,
        _ operation: cfk_rows_operation,
        axes: ClosedRange<Int>,
        epsilon: Float = 0,
        scale: PackedFloats? = nil,
        shift: PackedFloats? = nil
    ) throws(ModelError) -> Bool {
        guard let x = node.input(0), let output = node.output(0), isFloat(x) else { return false }
        let shape = shape(of: x)
        var rows = cfk_rows()
        rows.operation = operation
        rows.epsilon = epsilon
        rows.outer = Int64(shape[..<axes.lowerBound].reduce(1, *))
        rows.extent = Int64(shape[axes].reduce(1, *))
        rows.inner = Int64(shape[(axes.upperBound + 1)...].reduce(1, *))
        guard unsafe kernels.functions.rows_prepare(&rows, Int32(threadCount)) == CFK_OK else { return false }
        let input = try read(x, in: .planar)
        let target = allocate(output, in: .planar)
        let (parameters, run) = unsafe (rows, kernels.functions.rows_run)
        addStep(
            node.name,
            node.operator.label,
            reads: [input],
            writes: [target],
            phases: [
                Plan.Phase(itemCount: Int(rows.items)) { state, items, _ in
                    var rows = parameters
                    unsafe run(
                        &rows,
                        state.reading(input),
                        scale?.pointer,
                        shift?.pointer,
                        state.writing(target),
                        Int64(items.lowerBound),
                        Int64(items.upperBound)
                    )
                }
            ]
        )
        return true
    }
}
