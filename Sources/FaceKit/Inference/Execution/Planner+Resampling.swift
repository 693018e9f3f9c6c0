// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Planner {
    /// Enlargement by whole factors copies; everything else interpolates.
    mutating func emitResizing(_ node: Graph.Node) throws(ModelError) -> Bool {
        if try emitResize(node) { return true }
        return try emitResampling(node)
    }

    /// Interpolation, and padding by the map's own elements.
    mutating func emitResampling(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let resampling = node.operator as? any SpatialResampling, let x = node.input(0),
            let output = node.output(0), shape(of: x).count == 4, isFloat(x),
            let (rows, columns) = try resampling.resampledAxes(
                node.inputs.map { input in
                    input.map { id in constant(id).map(TensorFact.init(constant:)) ?? TensorFact(shape: shape(of: id)) }
                }
            )
        else { return false }
        let (from, to) = (shape(of: x), shape(of: output))
        guard rows.taps.count == to[2], columns.taps.count == to[3] else { return false }
        var resample = cfk_resample()
        (resample.batch, resample.channels) = (Int32(from[0]), Int32(from[1]))
        (resample.in_height, resample.in_width) = (Int32(from[2]), Int32(from[3]))
        (resample.out_height, resample.out_width) = (Int32(to[2]), Int32(to[3]))
        (resample.row_taps, resample.column_taps) = (Int32(rows.tapCount), Int32(columns.tapCount))
        guard unsafe kernels.functions.resample_prepare(&resample, Int32(threadCount)) == CFK_OK else { return false }
        let source = try read(x, in: .blocked)
        let target = allocate(output, in: .blocked)
        let (parameters, run) = unsafe (resample, kernels.functions.resample_run)
        let (rowTable, columnTable) = (PackedFloats(rows.table), PackedFloats(columns.table))
        addStep(
            node.name,
            node.operator.label,
            reads: [source],
            writes: [target],
            scratchFloats: Int(resample.scratch_floats),
            phases: [
                Plan.Phase(itemCount: Int(resample.items)) { state, items, thread in
                    var resample = parameters
                    var (from, to) = unsafe (state.map(source), state.map(target))
                    unsafe run(
                        &resample,
                        &from,
                        rowTable.pointer,
                        columnTable.pointer,
                        &to,
                        Int64(items.lowerBound),
                        Int64(items.upperBound),
                        state.scratch(thread: thread)
                    )
                }
            ]
        )
        return true
    }
}
