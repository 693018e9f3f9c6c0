// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// Operators that move elements and compute nothing.
extension Planner {
    mutating func emitView(_ node: Graph.Node) -> Bool {
        guard let x = node.input(0), let output = node.output(0), isFloat(x),
            node.outputs.dropFirst().allSatisfy({ $0.map(isUnread) ?? true })
        else { return false }
        setView(output, of: x)
        return true
    }

    mutating func emitTranspose(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let transpose = node.operator as? Transpose, let x = node.input(0), let output = node.output(0),
            isFloat(x)
        else { return false }
        let permutation = transpose.permutation ?? Array(shape(of: x).indices.reversed())
        guard prefersBlocks(x), permutation == [0, 2, 3, 1] else { return try emitPermutation(node, permutation) }
        let range = channelRange(of: x)
        let source = try read(range?.whole ?? x, in: .blocked)
        let target = allocate(output, in: .planar)
        var map = target
        (map.batchStride, map.blockStride) = (shape(of: x)[1...].reduce(1, *), shape(of: x)[1])
        try addReorder(
            CFK_BLOCKED_TO_INTERLEAVED,
            from: source,
            firstChannel: range?.first ?? 0,
            channels: shape(of: x)[1],
            to: map,
            name: node.name
        )
        return true
    }

    mutating func addReorder(
        _ direction: cfk_reordering,
        from source: Location,
        firstChannel: Int = 0,
        channels: Int? = nil,
        to target: Location,
        name: String
    ) throws(ModelError) {
        let shape = source.shape
        var reorder = cfk_reorder()
        reorder.direction = direction
        (reorder.batch, reorder.channels) = (Int32(shape[0]), Int32(channels ?? target.shape[1]))
        reorder.first_channel = Int32(firstChannel)
        reorder.pixels = Int64(shape[2] * shape[3])
        guard unsafe kernels.functions.reorder_prepare(&reorder, Int32(threadCount)) == CFK_OK else {
            throw ModelError(.tooLarge, "no kernel reorders shape \(shape)")
        }
        let (parameters, run, input, output) = unsafe (reorder, kernels.functions.reorder_run, source, target)
        addStep(
            name,
            "Reorder",
            reads: [source],
            writes: [target],
            phases: [
                Plan.Phase(itemCount: Int(reorder.items)) { state, items, _ in
                    var reorder = parameters
                    var (from, to) = unsafe (state.map(input), state.map(output))
                    unsafe run(&reorder, &from, &to, Int64(items.lowerBound), Int64(items.upperBound))
                }
            ]
        )
    }

    mutating func emitConcat(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let concat = node.operator as? Concat, let output = node.output(0), isFloat(output) else { return false }
        let shape = shape(of: output)
        let parts = node.inputs.compactMap { $0 }
        let axis = concat.axis < 0 ? concat.axis + shape.count : concat.axis
        if shape.count == 4, axis == 1, parts.contains(where: prefersBlocks) {
            try emitChannelConcat(node, parts, output)
            return true
        }
        var sources: [Location] = []
        for part in parts { sources.append(try read(part, in: .planar)) }
        let target = allocate(output, in: .planar)
        let rows = shape[..<axis].reduce(1, *)
        let widths = parts.map { self.shape(of: $0)[axis...].reduce(1, *) }
        let row = widths.reduce(0, +)
        var moves: [(source: Location, offset: Int, width: Int)] = []
        var offset = 0
        for (source, width) in zip(sources, widths) {
            // A part that its producer wrote where it belongs is there already.
            if source.region != target.region || source.offset != target.offset + offset {
                moves.append((source, offset, width))
            }
            offset += width
        }
        let copies = moves
        guard !copies.isEmpty else { return true }
        addStep(
            node.name,
            "Concat",
            reads: copies.map(\.source),
            writes: [target],
            phases: [
                Plan.Phase { state, _, _ in
                    let result = unsafe state.writing(target)
                    for (place, offset, width) in copies {
                        let source = unsafe state.reading(place)
                        for index in 0..<rows {
                            unsafe (result + index * row + offset).update(from: source + index * width, count: width)
                        }
                    }
                }
            ]
        )
        return true
    }

    /// Concatenates channels; parts that were computed in place are there already.
    private mutating func emitChannelConcat(
        _ node: Graph.Node,
        _ parts: [Graph.ValueID],
        _ output: Graph.ValueID
    ) throws(ModelError) {
        var sources: [Location] = []
        for part in parts { sources.append(try read(part, in: .blocked)) }
        let target = allocate(output, in: .blocked)
        var phases: [Plan.Phase] = []
        var channel = 0
        for (part, source) in zip(parts, sources) {
            let count = shape(of: part)[1]
            defer { channel += count }
            if isInPlace(part, in: output) { continue }
            phases.append(
                try channelCopy(from: source, firstChannel: 0, count: count, to: target, at: channel)
            )
        }
        guard !phases.isEmpty else { return }
        addStep(node.name, "Concat", reads: sources, writes: [target], phases: phases)
    }

    /// Copies a range of channels into a map of its own.
    mutating func addChannelCopy(
        of range: ChannelRange,
        from whole: Location,
        to target: Location,
        name: String
    ) throws(ModelError) {
        let phase = try channelCopy(
            from: whole,
            firstChannel: range.first,
            count: target.shape[1],
            to: target,
            at: 0
        )
        addStep(name, "Channels", reads: [whole], writes: [target], phases: [phase])
    }

    private func channelCopy(
        from source: Location,
        firstChannel: Int,
        count: Int,
        to target: Location,
        at channel: Int
    ) throws(ModelError) -> Plan.Phase {
        var copy = cfk_channel_copy()
        (copy.batch, copy.channels) = (Int32(source.shape[0]), Int32(count))
        (copy.in_channel, copy.in_step, copy.out_channel) = (Int32(firstChannel), 1, Int32(channel))
        copy.pixels = Int64(source.shape[2] * source.shape[3])
        guard unsafe kernels.functions.channel_copy_prepare(&copy, Int32(threadCount)) == CFK_OK else {
            throw ModelError(.tooLarge, "no kernel copies shape \(source.shape)")
        }
        let (parameters, run) = unsafe (copy, kernels.functions.channel_copy_run)
        return Plan.Phase(itemCount: Int(copy.items)) { state, items, _ in
            var copy = parameters
            var (from, to) = unsafe (state.map(source), state.map(target))
            unsafe run(&copy, &from, &to, Int64(items.lowerBound), Int64(items.upperBound))
        }
    }

    mutating func emitResize(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let resize = node.operator as? Resize, let x = node.input(0), let output = node.output(0),
            shape(of: x).count == 4, isFloat(x)
        else { return false }
        let (from, to) = (shape(of: x), shape(of: output))
        guard from[0] == to[0], from[1] == to[1], to[2] % from[2] == 0, to[3] % from[3] == 0,
            resize.repeatsElements(scales: constant(node.input(2))?.floats, from: from, to: to)
        else { return false }
        if let reader = onlyReader(of: output), isSum(graph.nodes[reader], of: to) {
            postponed[output] = node
            return true
        }
        try addUpsample(node, x, to: allocate(output, in: .blocked))
        return true
    }

    /// Whether the node adds two different maps of a shape.
    private func isSum(_ node: Graph.Node, of shape: [Int]) -> Bool {
        guard let binary = node.operator as? BinaryElementwise, [.add, .sum].contains(binary.function),
            node.inputs.count == 2, let left = node.input(0), let right = node.input(1)
        else { return false }
        return left != right && self.shape(of: left) == shape && self.shape(of: right) == shape
    }

    /// Plans the sum of a map and an enlarged one, which is never written out.
    mutating func emitSum(
        _ node: Graph.Node,
        enlarged: Graph.ValueID,
        addend: Graph.ValueID,
        output: Graph.ValueID
    ) throws(ModelError) {
        guard let resize = postponed.removeValue(forKey: enlarged), let x = resize.input(0) else {
            preconditionFailure("a postponed node enlarges a map")
        }
        if let other = postponed.removeValue(forKey: addend), let source = other.input(0) {
            try addUpsample(other, source, to: allocate(addend, in: .blocked))
        }
        let addend = try read(addend, in: .blocked)
        try addUpsample(node, x, addend: addend, to: allocate(output, in: .blocked))
    }

    private mutating func addUpsample(
        _ node: Graph.Node,
        _ x: Graph.ValueID,
        addend: Location? = nil,
        to target: Location
    ) throws(ModelError) {
        let (from, to) = (shape(of: x), target.shape)
        var upsample = cfk_upsample()
        (upsample.batch, upsample.channels) = (Int32(from[0]), Int32(from[1]))
        (upsample.in_height, upsample.in_width) = (Int32(from[2]), Int32(from[3]))
        (upsample.factor_height, upsample.factor_width) = (Int32(to[2] / from[2]), Int32(to[3] / from[3]))
        guard unsafe kernels.functions.upsample_prepare(&upsample, Int32(threadCount)) == CFK_OK else {
            throw ModelError(.tooLarge, "no kernel enlarges shape \(from)")
        }
        let source = try read(x, in: .blocked)
        let (parameters, run) = unsafe (upsample, kernels.functions.upsample_run)
        addStep(
            node.name,
            addend == nil ? "Upsample" : "Upsample, Add",
            reads: [source],
            consumed: [addend].compactMap { $0 },
            writes: [target],
            phases: [
                Plan.Phase(itemCount: Int(upsample.items)) { state, items, _ in
                    var upsample = parameters
                    var (from, to) = unsafe (state.map(source), state.map(target))
                    let (begin, end) = (Int64(items.lowerBound), Int64(items.upperBound))
                    if let addend {
                        var added = unsafe state.map(addend)
                        unsafe run(&upsample, &from, &added, &to, begin, end)
                    } else {
                        unsafe run(&upsample, &from, nil, &to, begin, end)
                    }
                }
            ]
        )
    }
}
