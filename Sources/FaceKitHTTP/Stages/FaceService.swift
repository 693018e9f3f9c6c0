// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// The only door from the systems to the engine: stages, threads, times.
public struct FaceService: Sendable {
    /// Where stages come from.
    public let stages: any StageLibrary
    /// Where they compute.
    public let pool: ComputePool
    /// Where their times are measured.
    public let metrics: ServerMetrics

    /// What a picture may be at most.
    public let limits: ImageLimits

    /// Creates a service.
    public init(
        stages: any StageLibrary,
        pool: ComputePool,
        limits: ImageLimits = .default,
        metrics: ServerMetrics = .none
    ) {
        self.stages = stages
        self.pool = pool
        self.limits = limits
        self.metrics = metrics
    }

    /// What a piece of work needs.
    public struct Plan: Sendable {
        /// The detector, where faces are looked for.
        public var detector: DetectorSettings?
        /// Whether faces are embedded.
        public var embeds: Bool
        /// The model that embeds; `nil` stands for the default.
        public var recognizer: String?
        /// The attributes that are found out.
        public var attributes: Set<FaceAttribute>
        /// The models of some attributes; the others are found out by the default ones.
        public var attributeModels: [FaceAttribute: String]
        /// Whether faces are fused.
        public var fuses: Bool
        /// The fuser; `nil` stands for the default.
        public var fuser: String?

        /// Creates a plan.
        public init(
            detector: DetectorSettings? = nil,
            embeds: Bool = false,
            recognizer: String? = nil,
            attributes: Set<FaceAttribute> = [],
            attributeModels: [FaceAttribute: String] = [:],
            fuses: Bool = false,
            fuser: String? = nil
        ) {
            self.detector = detector
            self.embeds = embeds
            self.recognizer = recognizer
            self.attributes = attributes
            self.attributeModels = attributeModels
            self.fuses = fuses
            self.fuser = fuser
        }
    }

    /// Runs `work` with the stages of a plan on one of the threads.
    ///
    /// - Parameters:
    ///   - plan: Which stages are needed; they are loaded before the work takes its place in the queue.
    ///   - client: Who waits for the result.
    ///   - work: What to do; it blocks its thread.
    /// - Returns: What `work` returns.
    /// - Throws: ``ComputePool/Overloaded``, what loading a model throws, what `work` throws.
    public func run<Result: Sendable>(
        _ plan: Plan,
        for client: ClientWatch? = nil,
        _ work: @escaping @Sendable (FaceWork) throws -> Result
    ) async throws -> Result {
        try await run(plan, count: 1, for: client) { faceWork, _ in try work(faceWork) }[0]
    }

    /// Runs `work` for 0..<`count`, shared among the threads.
    ///
    /// - Returns: The results in order.
    /// - Throws: As ``run(_:for:_:)``.
    public func run<Result: Sendable>(
        _ plan: Plan,
        count: Int,
        for client: ClientWatch? = nil,
        _ work: @escaping @Sendable (FaceWork, Int) throws -> Result
    ) async throws -> [Result] {
        let loaded = try await load(plan)
        return try await pool.run(count: count, for: client) { [limits, metrics] index in
            try work(FaceWork(stages: loaded, limits: limits, metrics: metrics), index)
        }
    }

    private func load(_ plan: Plan) async throws -> FaceWork.Stages {
        var loaded = FaceWork.Stages()
        if let settings = plan.detector { loaded.detector = try await stages.detector(settings) }
        if plan.embeds { loaded.recognizer = try await stages.recognizer(plan.recognizer) }
        if !plan.attributes.isEmpty {
            loaded.attributes = try await stages.attributes(plan.attributes, models: plan.attributeModels)
        }
        if plan.fuses { loaded.fusion = try await stages.fusion(plan.fuser) }
        return loaded
    }
}
