// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// Turns a graph with known shapes into a ``Plan``: picks kernels, layouts and places for all values.
///
/// Nodes are taken in order. What a node's kernel wants in another layout is converted when it is first asked for, and
/// kept. Operators without a kernel run through their reference implementation.
struct Planner {
    let graph: Graph
    let facts: [Graph.ValueID: TensorFact]
    let kernels: Kernels
    let weights: WeightStore
    /// Threads that will share the work at most.
    let threadCount: Int
    let pool: WorkerPool?
    /// Whether wide layers should keep smaller weights at the price of speed.
    let savesMemory: Bool
    /// Cycles of one core from which on threads share a step.
    let leastSharedCycles: Double

    private(set) var steps: [Plan.Step] = []
    private(set) var buffers = BufferPlan()
    private(set) var scratchFloats = 0
    /// See ``Plan/pixelInputs``.
    private(set) var pixelInputs: [Int: Int] = [:]
    /// Where values are.
    private var places: [Graph.ValueID: [Location.Layout: Location]] = [:]
    /// Where values are going to be.
    private var reserved: [Graph.ValueID: [Location.Layout: Location]] = [:]
    /// Values that are another value's elements under a new shape.
    private(set) var views: [Graph.ValueID: Graph.ValueID] = [:]
    /// Values that are computed straight into a range of channels of a concatenation.
    private var slices: [Graph.ValueID: ConcatSlice] = [:]
    /// Enlarged maps that the sum which alone reads them makes itself, with the nodes that would make them.
    var postponed: [Graph.ValueID: Graph.Node] = [:]
    /// Values that are channels of a blocked value, beginning in the middle of a block.
    private var channelRanges: [Graph.ValueID: ChannelRange] = [:]
    private let consumers: [Graph.ValueID: [Int]]
    private let outputIndices: [Graph.ValueID: Int]

    private struct ConcatSlice {
        var whole: Graph.ValueID
        var firstBlock: Int
    }

    /// Channels of a value from `first` on.
    struct ChannelRange {
        var whole: Graph.ValueID
        var first: Int
    }

    init(
        graph: Graph,
        facts: [Graph.ValueID: TensorFact],
        kernels: Kernels,
        weights: WeightStore,
        threadCount: Int,
        pool: WorkerPool?,
        savesMemory: Bool,
        leastSharedCycles: Double
    ) {
        self.graph = graph
        self.facts = facts
        self.kernels = kernels
        self.weights = weights
        self.threadCount = threadCount
        self.pool = pool
        self.savesMemory = savesMemory
        self.leastSharedCycles = leastSharedCycles
        var consumers: [Graph.ValueID: [Int]] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for input in Set(node.inputs.compactMap { $0 }) { consumers[input, default: []].append(index) }
        }
        self.consumers = consumers
        outputIndices = Dictionary(graph.outputs.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    consuming func plan() throws(ModelError) -> Plan {
        for (index, id) in graph.inputs.enumerated() where facts[id]?.dataType.isFloatingPoint ?? false {
            places[id] = [.planar: Location(.input(index), layout: .planar, shape: shape(of: id))]
        }
        findConcatSlices()
        let chains = findChains()
        for (index, node) in graph.nodes.enumerated() where !isKnown(node) {
            do throws(ModelError) {
                switch chains[index] {
                case .inner: continue
                case .last(let layers): try emitChain(layers)
                case nil: try emit(node)
                }
            } catch {
                throw ModelError(error.code, "node \(node.name) (\(node.operator.label)): \(error.message)")
            }
        }
        try emitOutputs()
        buffers.place()
        return Plan(
            steps: steps,
            inputShapes: graph.inputs.map { shape(of: $0) },
            outputs: graph.outputs.compactMap { facts[$0] },
            pixelInputs: pixelInputs,
            buffers: buffers,
            scratchFloats: scratchFloats
        )
    }

    /// The node that reads a value, where it is the only one and the value is neither asked for by the caller nor part
    /// of a concatenation.
    func onlyReader(of id: Graph.ValueID) -> Int? {
        guard let users = consumers[id], users.count == 1, outputIndices[id] == nil, slices[id] == nil else {
            return nil
        }
        return users[0]
    }

    func hasEmptyValue(_ node: Graph.Node) -> Bool {
        let ids = (node.inputs + node.outputs).compactMap { $0 }
        return ids.contains { constant($0) == nil && shape(of: $0).contains(0) }
    }

    /// Whether all of a node's outputs are known without running it.
    func isKnown(_ node: Graph.Node) -> Bool {
        node.outputs.allSatisfy { output in output.map { facts[$0]?.constant != nil } ?? true }
    }

    private mutating func emit(_ node: Graph.Node) throws(ModelError) {
        if hasEmptyValue(node) { return try emitReference(node) }
        let done =
            switch node.operator {
            case is FusedConvolution, is Convolution: try emitConvolution(node)
            case is FusedDense, is Gemm: try emitDense(node)
            case is ChannelAffine: try emitAffine(node)
            case is MaxPool, is AveragePool, is GlobalAveragePool: try emitPooling(node)
            case is UnaryElementwise, is Clip: try emitUnary(node)
            case is BinaryElementwise, is PRelu: try emitBinary(node)
            case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Identity, is Dropout: emitView(node)
            case is Transpose: try emitTranspose(node)
            case is Concat: try emitConcat(node)
            case is Resize: try emitResizing(node)
            case is Pad: try emitResampling(node)
            case is Softmax: try emitSoftmax(node)
            case is Reduce: try emitReduce(node)
            case is AxisNormalization: try emitNormalization(node)
            case is MatMul: try emitProduct(node)
            case is Split: try emitSplit(node)
            case is Slice, is Gather, is GatherElements, is Expand, is Tile, is DepthToSpace, is SpaceToDepth:
                try emitPicking(node)
            default: false
            }
        if !done { try emitReference(node) }
    }

    // MARK: - Values

    func shape(of id: Graph.ValueID) -> [Int] { facts[id]?.shape ?? [] }

    func isFloat(_ id: Graph.ValueID) -> Bool { facts[id]?.dataType.isFloatingPoint ?? false }

    /// Whether neither a node nor the caller asks for the value.
    func isUnread(_ id: Graph.ValueID) -> Bool { consumers[id] == nil && outputIndices[id] == nil }

    /// The content of a value that is known when the plan is made.
    func constant(_ id: Graph.ValueID?) -> Tensor? {
        id.flatMap { graph.constants[$0] ?? facts[$0]?.constant }
    }

    /// Where the value is in `layout`, if it is there already.
    func place(of id: Graph.ValueID, in layout: Location.Layout) -> Location? { places[id]?[layout] }

    /// Whether a kernel that can work in either layout should take the value in blocks.
    func prefersBlocks(_ id: Graph.ValueID) -> Bool {
        shape(of: id).count == 4 && (place(of: id, in: .blocked) != nil || channelRanges[id] != nil)
    }

    /// Where the value can be read in `layout`; converts it when it is only there in the other one.
    mutating func read(_ id: Graph.ValueID, in layout: Location.Layout) throws(ModelError) -> Location {
        if let place = place(of: id, in: layout) { return place }
        if let tensor = constant(id) {
            let place = Location(.constant(PackedFloats(tensor.floats)), layout: .planar, shape: tensor.shape)
            places[id, default: [:]][.planar] = place
            if layout == .planar { return place }
        }
        if let range = channelRanges[id] {
            let whole = try read(range.whole, in: .blocked)
            let target = allocate(id, in: layout)
            if layout == .planar {
                try addReorder(
                    CFK_BLOCKED_TO_PLANAR,
                    from: whole,
                    firstChannel: range.first,
                    to: target,
                    name: graph[id].name
                )
            } else {
                try addChannelCopy(of: range, from: whole, to: target, name: graph[id].name)
            }
            return target
        }
        if let source = views[id], layout == .planar {
            let original = try read(source, in: .planar)
            let place = Location(original.region, layout: .planar, shape: shape(of: id), offset: original.offset)
            places[id, default: [:]][.planar] = place
            return place
        }
        if layout == .blocked {
            return try convert(id, from: read(id, in: .planar), to: .blocked)
        }
        guard let blocked = place(of: id, in: .blocked) else {
            throw ModelError(.unsupported, "value \(graph[id].name) is not made of floats")
        }
        return try convert(id, from: blocked, to: .planar)
    }

    private mutating func convert(
        _ id: Graph.ValueID,
        from source: Location,
        to layout: Location.Layout
    ) throws(ModelError) -> Location {
        let shape = shape(of: id)
        guard shape.count == 4 else {
            throw ModelError(.mismatch, "value \(graph[id].name) of shape \(shape) has no channel blocks")
        }
        if shape[2] * shape[3] == 1, shape[1] % Location.blockWidth == 0, source.isContiguous,
            layout == .blocked || outputIndices[id] == nil
        {
            // One pixel of full blocks is the same in both layouts.
            let place = Location(source.region, layout: layout, shape: shape, offset: source.offset)
            places[id, default: [:]][layout] = place
            return place
        }
        let target = allocate(id, in: layout)
        try addReorder(
            layout == .blocked ? CFK_PLANAR_TO_BLOCKED : CFK_BLOCKED_TO_PLANAR,
            from: source,
            to: target,
            name: graph[id].name
        )
        return target
    }

    /// Takes memory for a value that the next step writes.
    mutating func allocate(_ id: Graph.ValueID, in layout: Location.Layout) -> Location {
        let place = reserve(id, in: layout)
        places[id, default: [:]][layout] = place
        return place
    }

    /// Decides where a value will be, which does not say that it is there: parts of a concatenation find their places
    /// before the whole is complete.
    private mutating func reserve(_ id: Graph.ValueID, in layout: Location.Layout) -> Location {
        if let place = reserved[id]?[layout] { return place }
        let shape = shape(of: id)
        let place: Location
        // Once the concatenation has been computed in planar layout, nobody would fill its other parts.
        if layout == .blocked, let slice = slices[id], self.place(of: slice.whole, in: .planar) == nil {
            let whole = reserve(slice.whole, in: .blocked)
            place = whole.channels(from: slice.firstBlock * Location.blockWidth, count: shape[1])
        } else if layout == .planar, let (region, offset) = destination(of: id) {
            place = Location(region, layout: .planar, shape: shape, offset: offset)
        } else {
            let count = Location.floatCount(of: shape, layout: layout)
            place = Location(
                .buffer(buffers.add(floatCount: count, step: steps.count)),
                layout: layout,
                shape: shape
            )
        }
        reserved[id, default: [:]][layout] = place
        return place
    }

    /// Says that the next step, where it alone reads the value, can make it of pixels.
    mutating func allowPixels(_ id: Graph.ValueID) {
        guard let index = graph.inputs.firstIndex(of: id), onlyReader(of: id) != nil, shape(of: id)[..<2] == [1, 3]
        else {
            return
        }
        pixelInputs[index] = steps.count
    }

    /// Memory that only the next step uses.
    mutating func allocateShared(floatCount: Int) -> Location {
        Location(
            .buffer(buffers.add(floatCount: floatCount, step: steps.count)),
            layout: .planar,
            shape: [floatCount]
        )
    }

    /// Where the value's elements end up without being computed with: an output, or a stretch of a concatenation.
    private mutating func destination(of id: Graph.ValueID) -> (Location.Region, offset: Int)? {
        if let index = outputIndices[id] { return (.output(index), 0) }
        guard let users = consumers[id], users.count == 1 else { return nil }
        let node = graph.nodes[users[0]]
        guard let output = node.output(0) else { return nil }
        switch node.operator {
        case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Identity, is Dropout:
            return node.input(0) == id ? destination(of: output) : nil
        case let concat as Concat:
            let shape = shape(of: output)
            let axis = concat.axis < 0 ? concat.axis + shape.count : concat.axis
            let parts = node.inputs.compactMap { $0 }
            // Channels of maps are concatenated in blocks; elsewhere the parts must follow each other in memory.
            guard shape.count != 4 || axis != 1, shape[..<axis].allSatisfy({ $0 == 1 }),
                Set(parts).count == parts.count, let position = parts.firstIndex(of: id)
            else { return nil }
            let whole = reserve(output, in: .planar)
            let before = parts[..<position].map { self.shape(of: $0).elementCount }.reduce(0, +)
            return (whole.region, whole.offset + before)
        default:
            return nil
        }
    }

    /// Says that a value is part of another one's channels; it is copied when somebody wants it by itself.
    mutating func setChannelRange(_ range: ChannelRange, of id: Graph.ValueID) {
        channelRanges[id] = range
    }

    func channelRange(of id: Graph.ValueID) -> ChannelRange? { channelRanges[id] }

    /// Says where a value is that needs no memory of its own.
    mutating func setPlace(_ place: Location, of id: Graph.ValueID) {
        places[id, default: [:]][place.layout] = place
    }

    mutating func setView(_ id: Graph.ValueID, of source: Graph.ValueID) {
        views[id] = source
    }

    /// The value whose elements, in blocks, a view shows.
    func blockedSource(of id: Graph.ValueID) -> Graph.ValueID? {
        var source = id
        while let next = views[source] { source = next }
        return source != id && place(of: source, in: .planar) == nil && place(of: source, in: .blocked) != nil
            ? source : nil
    }

    // MARK: - Steps

    /// Adds a step of about that many cycles of one core; `nil`, the default, stands for four for each vector that it reads
    /// or writes.
    ///
    /// It reads `consumed` as well, each place of it before the same place of the first of `writes` is written and not again,
    /// so that this one may have its memory.
    mutating func addStep(
        _ name: String,
        _ kind: String,
        reads: [Location],
        consumed: [Location] = [],
        writes: [Location],
        scratchFloats: Int = 0,
        cycles: Double? = nil,
        phases: [Plan.Phase]
    ) {
        let reads = reads + consumed
        for location in reads + writes {
            if case .buffer(let id) = location.region { buffers.use(id, step: steps.count) }
        }
        for location in consumed where reads.count(where: { $0.region == location.region }) == 1 {
            allow(writes[0], over: location)
        }
        self.scratchFloats = max(self.scratchFloats, scratchFloats)
        let vectors = max(floatCount(reads), floatCount(writes)) / Double(Location.blockWidth)
        let isShared = cycles ?? 4 * vectors >= leastSharedCycles
        steps.append(Plan.Step(name: name, kind: kind, phases: phases, isShared: isShared))
    }

    /// Lets the next step's output have the memory of an input.
    private mutating func allow(_ target: Location, over source: Location) {
        guard case .buffer(let later) = target.region, case .buffer(let earlier) = source.region,
            target.offset == 0, source.offset == 0, target.layout == source.layout,
            target.layout == .planar
                ? target.shape.elementCount == source.shape.elementCount
                : target.blockStride == source.blockStride && target.batchStride == source.batchStride
        else { return }
        buffers.allow(later, over: earlier, step: steps.count)
    }

    private func floatCount(_ locations: [Location]) -> Double {
        locations.map { Double(Location.floatCount(of: $0.shape, layout: $0.layout)) }.reduce(0, +)
    }

    // MARK: - Concatenation in place

    /// Lets producers write into the concatenation where every part begins at a block of its own.
    private mutating func findConcatSlices() {
        for node in graph.nodes {
            guard let concat = node.operator as? Concat, let output = node.output(0), shape(of: output).count == 4,
                concat.axis == 1 || concat.axis == -3
            else { continue }
            let parts = node.inputs.compactMap { $0 }
            guard Set(parts).count == parts.count else { continue }
            var channel = 0
            for part in parts {
                if channel % Location.blockWidth == 0, slices[part] == nil, constant(part) == nil,
                    !graph.inputs.contains(part), outputIndices[part] == nil,
                    shape(of: part)[1] % Location.blockWidth == 0 || part == parts.last
                {
                    slices[part] = ConcatSlice(whole: output, firstBlock: channel / Location.blockWidth)
                }
                channel += shape(of: part)[1]
            }
        }
    }

    /// Whether the value was written into the concatenation `whole` by its producer, and not only meant to be.
    func isInPlace(_ id: Graph.ValueID, in whole: Graph.ValueID) -> Bool {
        guard let slice = slices[id], slice.whole == whole, let part = place(of: id, in: .blocked),
            let target = reserved[whole]?[.blocked]
        else { return false }
        // A part of another value that is in the concatenation lies in the same memory, but not at its own place.
        return part.region == target.region && part.offset == target.offset + slice.firstBlock * target.blockStride
    }

    // MARK: - Outputs

    private mutating func emitOutputs() throws(ModelError) {
        for (index, id) in graph.outputs.enumerated() {
            if let tensor = constant(id) {
                addStep(
                    graph[id].name,
                    "Constant",
                    reads: [],
                    writes: [],
                    phases: [
                        Plan.Phase { run, _, _ in run.setOutput(index, tensor) }
                    ]
                )
            } else if !isFloat(id) {
                let slot = id.index
                let input = graph.inputs.firstIndex(of: id)
                addStep(
                    graph[id].name,
                    "Output",
                    reads: [],
                    writes: [],
                    phases: [
                        Plan.Phase { run, _, _ in
                            if let tensor = input.map({ run.input($0) }) ?? run.tensors[slot] {
                                run.setOutput(index, tensor)
                            }
                        }
                    ]
                )
            } else {
                let place = try read(id, in: .planar)
                if place.region != .output(index) {
                    try addCopy(
                        from: place,
                        to: Location(.output(index), layout: .planar, shape: shape(of: id)),
                        graph[id].name
                    )
                }
            }
        }
    }
}
