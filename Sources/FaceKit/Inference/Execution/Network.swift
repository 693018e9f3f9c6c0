// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// A loaded network: immutable, shared between threads.
///
/// Plans and packed weights are made when an input of a new shape first comes, and kept.
package struct Network: Sendable {
    /// What computes.
    package enum Backend: String, Sendable, CaseIterable {
        /// The kernels of an instruction-set level.
        case fast
        /// Plain Swift, node by node: the oracle of the tests.
        case reference
    }

    package struct Options: Sendable {
        /// The default is the kernels.
        package var backend: Backend = .fast
        /// Threads that share a run, the caller included.
        ///
        /// The default, 0, takes one for each processor the process may use.
        package var threads: Int = 0
        /// The kernels' level; `nil`, the default, takes the best that the processor has.
        package var level: KernelLevel?

        /// Whether memory is worth more than speed.
        ///
        /// The default is `false`. Winograd F(4×4,3×3) keeps four times the weights of a wide 3×3 layer; with `true`
        /// layers of 128 input channels or more keep less than twice (F(2×2,3×3)) and take up to 1.6 times as long.
        package var savesMemory = false

        /// Cycles of one core from which on threads share a step.
        ///
        /// For shorter ones, of about two microseconds, they take longer to meet than they gain.
        package var leastSharedCycles = 5000.0

        package init(backend: Backend = .fast, threads: Int = 0, level: KernelLevel? = nil) {
            self.backend = backend
            self.threads = threads
            self.level = level
        }
    }

    /// An input or output.
    package struct Port: Sendable, Hashable {
        package let name: String
        package let dataType: DataType
        /// `nil` when the rank is unknown; an extent is `nil` when it may vary.
        package let shape: [Int?]?

        fileprivate init(_ value: Graph.Value) {
            (name, dataType, shape) = (value.name, value.dataType, value.shape)
        }
    }

    /// One step of a profiled run.
    package struct StepTime: Sendable {
        package let name: String
        package let kind: String
        package let seconds: Double
    }

    package let inputs: [Port]
    package let outputs: [Port]
    private let core: Core

    /// Reads a model file in any of the formats of ``NetworkReader``.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - architecture: What the weights belong to, for formats that hold no graph; `nil` takes what the file says.
    ///   - options: What computes, and on how many threads.
    /// - Throws: ``ModelError`` when the file cannot be read, is damaged or needs what the engine does not have.
    package init(
        contentsOf path: String,
        architecture: NetworkReader.Architecture? = nil,
        options: Options = .init()
    ) throws(ModelError) {
        try self.init(NetworkReader.read(contentsOf: path, architecture: architecture), options: options)
    }

    package init(_ graph: Graph, options: Options = .init()) throws(ModelError) {
        inputs = graph.inputs.map { Port(graph[$0]) }
        outputs = graph.outputs.map { Port(graph[$0]) }
        core = try Core(graph, options: options)
    }

    /// The level of the kernels in use, `nil` on the reference back end.
    package var level: KernelLevel? { core.kernels?.level }

    /// Computes the outputs for inputs in graph order; outputs come in graph order.
    ///
    /// - Throws: ``ModelError`` when the inputs do not fit the network.
    package func run(_ inputs: [Tensor]) throws(ModelError) -> [Tensor] {
        try check(inputs)
        guard let kernels = core.kernels else {
            return try ReferenceExecutor(core.graph).run(named(inputs))
        }
        return try core.plan(for: inputs.map(\.shape), kernels).run(inputs, pool: core.pool)
    }

    /// Runs once and tells how long each step took.
    package func profile(_ inputs: [Tensor]) throws(ModelError) -> [StepTime] {
        try check(inputs)
        guard let kernels = core.kernels else { return [] }
        var times: [StepTime] = []
        let clock = ContinuousClock()
        var last = clock.now
        _ = try core.plan(for: inputs.map(\.shape), kernels).run(inputs, pool: core.pool) { step in
            let now = clock.now
            times.append(StepTime(name: step.name, kind: step.kind, seconds: (now - last) / .seconds(1)))
            last = clock.now
        }
        return times
    }

    /// Bytes of packed weights and of one run's arena for every shape seen so far.
    package var memory: (weightBytes: Int, arenaBytes: Int) { core.memory }

    private func named(_ inputs: [Tensor]) -> [Graph.ValueID: Tensor] {
        Dictionary(uniqueKeysWithValues: zip(core.graph.inputs, inputs))
    }

    private func check(_ tensors: [Tensor]) throws(ModelError) {
        guard tensors.count == inputs.count else {
            throw ModelError(.mismatch, "the network takes \(inputs.count) inputs, not \(tensors.count)")
        }
        for (port, tensor) in zip(inputs, tensors) {
            guard tensor.dataType.isFloatingPoint == port.dataType.isFloatingPoint else {
                throw ModelError(.mismatch, "input \(port.name) is \(port.dataType), not \(tensor.dataType)")
            }
            guard let declared = port.shape else { continue }
            let fits =
                declared.count == tensor.shape.count
                && zip(declared, tensor.shape).allSatisfy { $0 == nil || $0 == $1 }
            guard fits, !tensor.shape.contains(0) else {
                let wanted = declared.map { $0.map(String.init) ?? "?" }.joined(separator: "×")
                throw ModelError(.mismatch, "input \(port.name) takes \(wanted), not \(tensor.shape)")
            }
        }
    }
}

/// What all copies of a network share.
private final class Core: Sendable {
    let graph: Graph
    /// `nil` on the reference back end.
    let kernels: Kernels?
    let pool: WorkerPool?
    private let options: Network.Options
    private let weights = WeightStore()
    private let plans = Locked<[PlanEntry]>([])

    private struct PlanEntry: Sendable {
        var shapes: [[Int]]
        var plan: Plan
    }

    /// Plans kept; beyond that the one longest unused goes.
    private static let keptPlans = 32

    init(_ graph: Graph, options: Network.Options) throws(ModelError) {
        self.options = options
        switch options.backend {
        case .reference:
            self.graph = graph
            kernels = nil
            pool = nil
        case .fast:
            let level = options.level ?? .best
            guard let kernels = level.kernels else {
                throw ModelError(.unsupported, "this processor has no \(level.rawValue) kernels")
            }
            cfk_blas_single_threaded()
            self.kernels = kernels
            self.graph = try graph.optimised()
            pool = WorkerPool.sharing(threads: options.threads)
        }
    }

    func plan(for shapes: [[Int]], _ kernels: Kernels) throws(ModelError) -> Plan {
        let found = plans.withLock { entries -> Plan? in
            guard let index = entries.firstIndex(where: { $0.shapes == shapes }) else { return nil }
            let entry = entries.remove(at: index)
            entries.append(entry)
            return entry.plan
        }
        if let found { return found }
        let facts = try graph.inferFacts(inputs: Dictionary(uniqueKeysWithValues: zip(graph.inputs, shapes)))
        let plan = try Planner(
            graph: graph,
            facts: facts,
            kernels: kernels,
            weights: weights,
            threadCount: pool?.threadCount ?? 1,
            pool: pool,
            savesMemory: options.savesMemory,
            leastSharedCycles: options.leastSharedCycles
        ).plan()
        plans.withLock { entries in
            entries.append(PlanEntry(shapes: shapes, plan: plan))
            if entries.count > Self.keptPlans { entries.removeFirst() }
        }
        return plan
    }

    var memory: (weightBytes: Int, arenaBytes: Int) {
        let floats = plans.withLock { $0.map { $0.plan.buffers.floatCount + $0.plan.scratchFloats }.reduce(0, +) }
        return (weights.byteCount, floats * MemoryLayout<Float>.stride)
    }
}
