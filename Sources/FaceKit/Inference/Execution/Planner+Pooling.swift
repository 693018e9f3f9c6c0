// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Planner {
    /// Pooling over two axes, before a kernel has prepared it.
    struct PoolingLayer {
        var pool: cfk_pool
        var name: String
        var label: String
        var x: Graph.ValueID
        var output: Graph.ValueID
    }

    /// - Returns: `nil` when no kernel does this one.
    func poolingLayer(_ node: Graph.Node) throws(ModelError) -> PoolingLayer? {
        guard let x = node.input(0), let output = node.output(0), node.outputs.dropFirst().allSatisfy({ $0 == nil }),
            shape(of: x).count == 4
        else { return nil }
        let shape = shape(of: x)
        var pool = cfk_pool()
        pool.batch = Int32(shape[0])
        pool.channels = Int32(shape[1])
        (pool.in_height, pool.in_width) = (Int32(shape[2]), Int32(shape[3]))
        (pool.dilation_height, pool.dilation_width, pool.stride_height, pool.stride_width) = (1, 1, 1, 1)
        let window: SlidingWindow
        switch node.operator {
        case let maximum as MaxPool:
            pool.mode = CFK_POOL_MAX
            window = try SlidingWindow(
                input: Array(shape[2...]),
                kernel: maximum.kernelShape,
                strides: maximum.strides,
                dilations: maximum.dilations,
                padding: maximum.padding,
                ceiling: maximum.ceiling
            )
        case let average as AveragePool:
            pool.mode = average.includesPadding ? CFK_POOL_AVERAGE_WITH_PADDING : CFK_POOL_AVERAGE
            window = try SlidingWindow(
                input: Array(shape[2...]),
                kernel: average.kernelShape,
                strides: average.strides,
                dilations: average.dilations,
                padding: average.padding,
                ceiling: average.ceiling
            )
            switch average.padding {
            case .explicit(_, let end) where end.count == 2:
                (pool.pad_bottom, pool.pad_right) = (Int32(end[0]), Int32(end[1]))
            case .sameUpper, .sameLower:
                (pool.pad_bottom, pool.pad_right) = (Int32(window.end[0]), Int32(window.end[1]))
            case .explicit, .valid: break
            }
        case is GlobalAveragePool:
            pool.mode = CFK_POOL_AVERAGE
            window = try SlidingWindow(
                input: Array(shape[2...]),
                kernel: Array(shape[2...]),
                strides: [],
                dilations: [],
                padding: .valid
            )
        default: return nil
        }
        guard window.begin.allSatisfy({ $0 >= 0 }) else { return nil }
        (pool.out_height, pool.out_width) = (Int32(window.output[0]), Int32(window.output[1]))
        (pool.kernel_height, pool.kernel_width) = (Int32(window.kernel[0]), Int32(window.kernel[1]))
        (pool.stride_height, pool.stride_width) = (Int32(window.strides[0]), Int32(window.strides[1]))
        (pool.dilation_height, pool.dilation_width) = (Int32(window.dilations[0]), Int32(window.dilations[1]))
        (pool.pad_top, pool.pad_left) = (Int32(window.begin[0]), Int32(window.begin[1]))
        return PoolingLayer(pool: pool, name: node.name, label: node.operator.label, x: x, output: output)
    }

    mutating func emitPooling(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let layer = try poolingLayer(node) else { return false }
        var pool = layer.pool
        guard unsafe kernels.functions.pool_prepare(&pool, Int32(threadCount)) == CFK_OK else { return false }
        let input = try read(layer.x, in: .blocked)
        let target = allocate(layer.output, in: .blocked)
        let (parameters, run) = unsafe (pool, kernels.functions.pool_run)
        addStep(
            layer.name,
            layer.label,
            reads: [input],
            writes: [target],
            phases: [
                Plan.Phase(itemCount: Int(pool.items)) { state, items, _ in
                    var pool = parameters
                    var (from, to) = unsafe (state.map(input), state.map(target))
                    unsafe run(&pool, &from, &to, Int64(items.lowerBound), Int64(items.upperBound))
                }
            ]
        )
        return true
    }
}
