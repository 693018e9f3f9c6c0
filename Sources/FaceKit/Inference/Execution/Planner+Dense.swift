// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Planner {
    /// Plans `activation(x W + b)` with constant W.
    ///
    /// A flattened map is read in blocks as it is: the weights are permuted when they are packed.
    mutating func emitDense(_ node: Graph.Node) throws(ModelError) -> Bool {
        typealias Slot = FusedDense.Slot
        guard let layer = FusedDense(node), let x = node.input(Slot.x), let weightID = node.input(Slot.weights),
            let tensor = constant(weightID), let output = node.output(0), shape(of: x).count >= 2
        else { return false }
        let inputs = node.inputs + Array(repeating: nil, count: max(0, Slot.count - node.inputs.count))
        let inputShape = shape(of: x)
        let (rows, depth) = (inputShape.dropLast().reduce(1, *), inputShape[inputShape.count - 1])
        let outputs = shape(of: output).last ?? 0
        for slot in [Slot.bias, Slot.slopes] {
            guard let id = inputs[slot] else { continue }
            guard let vector = constant(id), vector.count == outputs, vector.shape.last == outputs else { return false }
        }
        var dense = cfk_dense()
        (dense.activation, dense.low, dense.high) = layer.activation.code
        dense.batch = Int32(rows)
        dense.out_features = Int32(outputs)
        (dense.in_channels, dense.in_height, dense.in_width) = (Int32(depth), 1, 1)
        let transposed = layer.product.transposesB
        dense.weight_row_stride = transposed ? Int64(depth) : 1
        dense.weight_column_stride = transposed ? 1 : Int64(outputs)
        var source = x
        if inputShape.count == 2, let map = blockedSource(of: x), shape(of: map).count == 4, shape(of: map)[0] == rows {
            source = map
            dense.blocked_input = 1
            dense.in_channels = Int32(shape(of: map)[1])
            (dense.in_height, dense.in_width) = (Int32(shape(of: map)[2]), Int32(shape(of: map)[3]))
        }
        guard unsafe kernels.functions.dense_prepare(&dense, Int32(threadCount)) == CFK_OK else { return false }
        let packed = packWeights(tensor, of: weightID, dense)
        var input = try read(source, in: dense.blocked_input != 0 ? .blocked : .planar)
        if input.layout == .planar { input.batchStride = depth }
        let target = allocate(output, in: .planar)
        let (bias, slopes) = (packVector(inputs[Slot.bias]), packVector(inputs[Slot.slopes]))
        let (parameters, run) = unsafe (dense, kernels.functions.dense_run)
        let rowsOfInput = input
        addStep(
            node.name,
            "Dense",
            reads: [input],
            writes: [target],
            scratchFloats: Int(dense.scratch_floats),
            cycles: Double(tensor.count) * Double(rows) / Double(Location.blockWidth),
            phases: [
                Plan.Phase(itemCount: Int(dense.items)) { state, items, thread in
                    var dense = parameters
                    var buffers = unsafe cfk_dense_buffers()
                    unsafe buffers.input = state.map(rowsOfInput)
                    unsafe buffers.output = state.writing(target)
                    unsafe buffers.output_stride = Int64(outputs)
                    unsafe buffers.weights = packed.pointer
                    unsafe buffers.bias = bias?.pointer
                    unsafe buffers.slopes = slopes?.pointer
                    unsafe run(
                        &dense,
                        &buffers,
                        Int64(items.lowerBound),
                        Int64(items.upperBound),
                        state.scratch(thread: thread)
                    )
                }
            ]
        )
        return true
    }

    private func packWeights(_ tensor: Tensor, of id: Graph.ValueID, _ dense: cfk_dense) -> PackedFloats {
        let pack = unsafe kernels.functions.dense_pack
        let pool = pool
        let key = WeightStore.Key(
            value: id,
            form: WeightStore.denseForm,
            reading: [
                dense.blocked_input != 0 ? Int(dense.in_channels) : 0, Int(dense.weight_row_stride),
                Int(dense.weight_column_stride),
            ]
        )
        return weights.floats(for: key) {
            unsafe PackedFloats(
                count: Int(dense.packed_floats),
                from: tensor.floats,
                items: Int(dense.pack_items),
                pool: pool
            ) { source, packed, items in
                var dense = dense
                unsafe pack(&dense, source, packed, Int64(items.lowerBound), Int64(items.upperBound))
            }
        }
    }
}
