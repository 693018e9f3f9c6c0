// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Copies of planar values in another order, without kernels.
extension Planner {
    mutating func emitPermutation(_ node: Graph.Node, _ permutation: [Int]) throws(ModelError) -> Bool {
        guard let x = node.input(0), let output = node.output(0), isFloat(x) else { return false }
        let moves = PermutedCopy(shape: shape(of: x), permutation: permutation)
        let source = try read(x, in: .planar)
        let target = allocate(output, in: .planar)
        addStep(
            node.name,
            "Transpose",
            reads: [source],
            writes: [target],
            phases: [
                Plan.Phase { state, _, _ in unsafe moves.run(from: state.reading(source), to: state.writing(target)) }
            ]
        )
        return true
    }

    /// Parts along the channels that begin at a block are read where they are; others are copied.
    mutating func emitSplit(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let split = node.operator as? Split, let x = node.input(0), isFloat(x) else { return false }
        let shape = shape(of: x)
        let axis = split.axis < 0 ? split.axis + shape.count : split.axis
        let parts = node.outputs.map { $0.map { self.shape(of: $0) } }
        guard parts.allSatisfy({ $0 != nil }) else { return false }
        let extents = parts.compactMap { $0?[axis] }
        if axis == 1, shape.count == 4, place(of: x, in: .blocked) != nil {
            let whole = try read(x, in: .blocked)
            var channel = 0
            for (output, extent) in zip(node.outputs, extents) {
                defer { channel += extent }
                guard let output else { continue }
                // A part that ends within a block, other than the whole's last one, has a neighbour in its pad lanes.
                let endsClean = extent % Location.blockWidth == 0 || channel + extent == shape[1]
                if channel % Location.blockWidth == 0, endsClean {
                    setPlace(whole.channels(from: channel, count: extent), of: output)
                } else {
                    setChannelRange(ChannelRange(whole: x, first: channel), of: output)
                }
            }
            return true
        }
        let source = try read(x, in: .planar)
        let (outer, inner) = (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
        let targets = node.outputs.compactMap { $0 }.map { allocate($0, in: .planar) }
        let (whole, widths) = (shape[axis] * inner, extents.map { $0 * inner })
        addStep(
            node.name,
            "Split",
            reads: [source],
            writes: targets,
            phases: [
                Plan.Phase { state, _, _ in
                    var start = unsafe state.reading(source)
                    for (target, width) in zip(targets, widths) {
                        let part = unsafe state.writing(target)
                        for row in 0..<outer {
                            unsafe (part + row * width).update(from: start + row * whole, count: width)
                        }
                        unsafe start += width
                    }
                }
            ]
        )
        return true
    }
}

/// Elements in the order of permuted axes; axes that stay neighbours are moved as one.
struct PermutedCopy: Sendable {
    /// Extents of the output, outermost first, and how far apart its neighbours are in the input.
    private var extents: [Int] = []
    private var strides: [Int] = []

    init(shape: [Int], permutation: [Int]) {
        let sourceStrides = shape.rowMajorStrides
        for axis in permutation where shape[axis] != 1 {
            if let last = strides.last, last == sourceStrides[axis] * shape[axis] {
                extents[extents.count - 1] *= shape[axis]
                strides[strides.count - 1] = sourceStrides[axis]
            } else {
                extents.append(shape[axis])
                strides.append(sourceStrides[axis])
            }
        }
        if extents.isEmpty { (extents, strides) = ([1], [1]) }
    }

    func run(from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        let (extent, stride) = (extents[extents.count - 1], strides[strides.count - 1])
        let rows = extents.dropLast().reduce(1, *)
        var position = [Int](repeating: 0, count: extents.count)
        var start = 0
        for row in 0..<rows {
            let line = unsafe target + row * extent
            if stride == 1 {
                unsafe line.update(from: source + start, count: extent)
            } else {
                for index in 0..<extent { unsafe line[index] = source[start + index * stride] }
            }
            // Counts up like an odometer.
            var axis = extents.count - 2
            while axis >= 0 {
                position[axis] += 1
                start += strides[axis]
                if position[axis] < extents[axis] { break }
                start -= strides[axis] * extents[axis]
                position[axis] = 0
                axis -= 1
            }
        }
    }
}
