// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// Layers one after the other that are computed row by row as one step: what lies between them stays in the cache instead
/// of going to memory and back.
extension Planner {
    /// A layer that can work by rows.
    enum RowLayer {
        case convolution(ConvolutionLayer)
        case pooling(PoolingLayer)

        var x: Graph.ValueID {
            switch self {
            case .convolution(let layer): layer.x
            case .pooling(let layer): layer.x
            }
        }

        var output: Graph.ValueID {
            switch self {
            case .convolution(let layer): layer.output
            case .pooling(let layer): layer.output
            }
        }

        var name: String {
            switch self {
            case .convolution(let layer): layer.name
            case .pooling(let layer): layer.name
            }
        }

        /// The value that it adds to its output.
        var residual: Graph.ValueID? {
            if case .convolution(let layer) = self { layer.inputs[FusedConvolution.Slot.residual] } else { nil }
        }

        var stage: cfk_stage {
            switch self {
            case .convolution(let layer):
                cfk_stage(kind: CFK_STAGE_CONV, conv: layer.conv, pool: cfk_pool(), ring: 0, scratch: 0, ring_rows: 0)
            case .pooling(let layer):
                cfk_stage(kind: CFK_STAGE_POOL, conv: cfk_conv(), pool: layer.pool, ring: 0, scratch: 0, ring_rows: 0)
            }
        }

        var isPointwise: Bool {
            guard case .convolution(let layer) = self else { return false }
            return layer.conv.kernel_height * layer.conv.kernel_width == 1 && !layer.isDepthwise
        }

        var isOfPlanes: Bool {
            if case .convolution(let layer) = self { layer.conv.algorithm == CFK_CONV_PLANAR } else { false }
        }
    }

    /// The part of a node in a chain.
    enum PartOfChain {
        case inner
        case last([RowLayer])
    }

    /// A map between two layers must have this size to be worth it: it would not stay in the second cache.
    private static let leastMapFloats = 128 << 10
    /// The rows that a chain keeps and its tiles should stay there.
    ///
    /// Where that has 1 MB only (Zen 4) so much is still better than shorter chains, whose ends go through memory.
    private static let mostScratchFloats = 400 << 10

    /// Finds the chains, by the positions of their nodes.
    func findChains() -> [Int: PartOfChain] {
        var parts: [Int: PartOfChain] = [:]
        var seen: Set<Int> = []
        for (start, node) in graph.nodes.enumerated() where !seen.contains(start) {
            guard let first = rowLayer(node, isFirst: true) else { continue }
            var (layers, positions) = ([first], [start])
            while let (position, layer) = nextLayer(after: layers[layers.count - 1]), !seen.contains(position) {
                layers.append(layer)
                positions.append(position)
            }
            seen.formUnion(positions)
            for chain in chains(of: layers) {
                for index in chain.dropLast() { parts[positions[index]] = .inner }
                parts[positions[chain.upperBound - 1]] = .last(Array(layers[chain]))
            }
        }
        return parts
    }

    /// Cuts layers that follow one another into chains, where the least goes through memory: the maps at the cuts.
    private func chains(of layers: [RowLayer]) -> [Range<Int>] {
        // From each layer on: the floats that go through memory at best, and where the first chain ends.
        var best = [(floats: 0, end: layers.count)]
        for start in layers.indices.reversed() {
            var choice = (floats: Int.max, end: start)
            // Where nothing else speaks, the first chain is the longest.
            for end in (start + 1...min(layers.count, start + Int(CFK_MOST_STAGES))).reversed()
            where end == start + 1 || isChain(Array(layers[start..<end])) {
                let rest = best[layers.count - end].floats
                let floats = end == layers.count ? 0 : rest + cost(after: layers[end - 1])
                if floats < choice.floats { choice = (floats, end) }
            }
            best.append(choice)
        }
        var (chains, start): ([Range<Int>], Int) = ([], 0)
        while start < layers.count {
            let end = best[layers.count - start].end
            if end - start > 1 { chains.append(start..<end) }
            start = end
        }
        return chains
    }

    /// The floats of a layer's output, somewhat more where its next reader belongs to it.
    private func cost(after layer: RowLayer) -> Int {
        let floats = Location.floatCount(of: shape(of: layer.output), layout: .blocked)
        return layer.isPointwise ? floats + floats / 4 : floats
    }

    /// The only reader of a layer's output, where that is large enough and nobody else asks for it.
    private func nextLayer(after layer: RowLayer) -> (position: Int, RowLayer)? {
        let output = layer.output
        guard Location.floatCount(of: shape(of: output), layout: .blocked) >= Self.leastMapFloats,
            let position = onlyReader(of: output), let next = rowLayer(graph.nodes[position], isFirst: false),
            next.x == output, next.residual != output
        else { return nil }
        return (position, next)
    }

    private func rowLayer(_ node: Graph.Node, isFirst: Bool) -> RowLayer? {
        // What is wrong with a node is told when its turn comes.
        guard !isKnown(node), !hasEmptyValue(node) else { return nil }
        if let layer = try? poolingLayer(node) { return .pooling(layer) }
        guard var layer = try? convolutionLayer(node), layer.isWhole,
            layer.inputs[FusedConvolution.Slot.padValues] == nil
        else { return nil }
        if isFirst, isOfPlanes(layer) {
            guard place(of: layer.x, in: .planar) != nil else { return nil }
            layer.conv.algorithm = CFK_CONV_PLANAR
        }
        return .convolution(layer)
    }

    /// Whether the kernels can do the layers as one, and the rows stay in the cache.
    private func isChain(_ layers: [RowLayer]) -> Bool {
        guard let (chain, _) = prepared(layers) else { return false }
        return chain.scratch_floats <= Self.mostScratchFloats
    }

    private func prepared(_ layers: [RowLayer]) -> (cfk_chain, [cfk_stage])? {
        var stages = layers.map(\.stage)
        var chain = cfk_chain(count: Int32(stages.count), items: 0, scratch_floats: 0, runs: 0)
        let threads = Int32(threadCount)
        let status = unsafe stages.withUnsafeMutableBufferPointer { buffer in
            guard let first = buffer.baseAddress else { return CFK_BAD_SIZE }
            return unsafe kernels.functions.chain_prepare(&chain, first, threads)
        }
        return status == CFK_OK ? (chain, stages) : nil
    }

    /// Plans the layers as one step.
    mutating func emitChain(_ layers: [RowLayer]) throws(ModelError) {
        typealias Slot = FusedConvolution.Slot
        guard let (chain, stages) = prepared(layers), let first = layers.first, let last = layers.last else {
            preconditionFailure("found chains are ones that can be prepared")
        }
        let input = try read(first.x, in: first.isOfPlanes ? .planar : .blocked)
        if first.isOfPlanes { allowPixels(first.x) }
        let residual = try last.residual.map { id throws(ModelError) in try read(id, in: .blocked) }
        let output = allocate(last.output, in: .blocked)
        let operands = ChainOperands(
            input: input,
            residual: residual,
            output: output,
            vectors: zip(layers, stages).map { layer, stage in
                guard case .convolution(let layer) = layer else { return StageVectors() }
                return StageVectors(
                    weights: packWeights(layer, stage.conv),
                    bias: packVector(layer.inputs[Slot.bias]),
                    slopes: packVector(layer.inputs[Slot.slopes])
                )
            }
        )
        let run = unsafe kernels.functions.chain_run
        let step = steps.count
        let phase = Plan.Phase(itemCount: Int(chain.items)) { state, items, thread in
            var chain = chain
            let follows = state.noteItems(items, ofChain: step, thread: thread)
            unsafe operands.withBuffers(state) { buffers in
                unsafe stages.withUnsafeBufferPointer { stages in
                    guard let stages = stages.baseAddress, let buffers = buffers.baseAddress else { return }
                    unsafe run(
                        &chain,
                        stages,
                        buffers,
                        Int64(items.lowerBound),
                        Int64(items.upperBound),
                        follows ? 1 : 0,
                        state.scratch(thread: thread)
                    )
                }
            }
        }
        addStep(
            last.name,
            layers.map(kind).joined(separator: ", "),
            reads: [input],
            consumed: [residual].compactMap { $0 },
            writes: [output],
            scratchFloats: Int(chain.scratch_floats),
            cycles: .infinity,
            phases: [phase]
        )
    }

    private func kind(_ layer: RowLayer) -> String {
        switch layer {
        case .convolution(let layer): kind(layer.conv)
        case .pooling(let layer): layer.label
        }
    }

    /// What one stage multiplies and adds; nothing for pooling.
    private struct StageVectors: Sendable {
        var weights: PackedFloats?
        var bias: PackedFloats?
        var slopes: PackedFloats?
    }

    /// What a chain works on.
    private struct ChainOperands: Sendable {
        var input: Location
        var residual: Location?
        var output: Location
        /// By stage.
        var vectors: [StageVectors]

        func withBuffers(_ run: RunState, _ body: (UnsafeBufferPointer<cfk_conv_buffers>) -> Void) {
            var all = unsafe vectors.map { vectors in
                var buffers = unsafe cfk_conv_buffers()
                unsafe buffers.weights = vectors.weights.map { unsafe $0.pointer }
                unsafe buffers.bias = vectors.bias.map { unsafe $0.pointer }
                unsafe buffers.slopes = vectors.slopes.map { unsafe $0.pointer }
                return unsafe buffers
            }
            if let pixels = unsafe run.pixels(input) {
                unsafe all[0].pixels = pixels
            } else {
                unsafe all[0].input = run.map(input)
            }
            unsafe all[all.count - 1].output = run.map(output)
            if let residual { unsafe all[all.count - 1].residual = run.map(residual) }
            unsafe all.withUnsafeBufferPointer(body)
        }
    }
}
