// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import FaceKit
import Foundation
import NIOPosix
import Synchronization

/// The threads that compute, and the bounded queue in front of them.
///
/// Requests compute here and never on event loops or Swift's own threads, which have to stay free for other clients. A
/// request that finds the queue full is refused at once with ``Overloaded``, so that clients learn of it while they can
/// still go elsewhere. A request whose client has gone, or whose task is cancelled, gives up its place as long as it
/// waits; work that has begun is finished.
public final class ComputePool: Sendable {
    /// What a request gets that finds the queue full.
    public struct Overloaded: Error, Hashable, Sendable {
        /// When a place may be free, in seconds from now; at least 1.
        public var retryAfter: Int
    }

    /// What a request gets whose client has gone before it had its turn.
    struct ClientGone: Error {}

    /// How many requests compute at the same time.
    public let workers: Int
    /// How many more may wait.
    public let waiting: Int
    private let threads: NIOThreadPool
    private let state = Mutex(State())
    private let metrics: ServerMetrics

    private struct State {
        var admitted = 0
        /// Those of the admitted of which a piece has begun.
        var begun = 0
        /// Pieces on threads.
        var running = 0
        /// Pieces that are done.
        var finished = 0
        /// A moving average, in seconds, for the advice to refused clients.
        var duration = 0.2
    }

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - workers: Requests that compute at the same time; 0 stands for one on each core.
    ///   - waiting: Requests that may wait besides.
    ///   - metrics: Where the queue is measured.
    public init(workers: Int = 0, waiting: Int = 64, metrics: ServerMetrics = .none) {
        self.workers = workers > 0 ? workers : ProcessInfo.processInfo.activeProcessorCount
        self.waiting = max(0, waiting)
        self.metrics = metrics
        threads = NIOThreadPool(numberOfThreads: self.workers)
        threads.start()
    }

    /// Ends the threads once what they do is done; work that still waits gets a `CancellationError`.
    public func shutDown() async {
        try? await threads.shutdownGracefully()
    }

    /// How many requests wait for a thread.
    public var queueLength: Int { state.withLock { $0.admitted - $0.begun } }

    /// Whether at most one request computes and none waits, so that it may take the other cores.
    public var isAlone: Bool { state.withLock { $0.running <= 1 && $0.admitted <= 1 } }

    /// How many pieces of work are done; a request has one, or one for each of its pictures.
    public var finishedCount: Int { state.withLock(\.finished) }

    /// Whether no request computes.
    public var isIdle: Bool { state.withLock { $0.running == 0 } }

    /// Runs `work` on one of the threads.
    ///
    /// - Parameters:
    ///   - client: Who waits for the result; when it goes away before the work has begun, the work is never done.
    ///   - work: Computes, blocking its thread.
    /// - Returns: What `work` returns.
    /// - Throws: ``Overloaded`` when the queue is full, `CancellationError`, or what `work` throws.
    public func run<Result: Sendable>(
        for client: ClientWatch? = nil,
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await run(count: 1, for: client) { _ in try work() }[0]
    }

    /// Runs `work` for 0..<`count`, on as many threads as are free; they take one place in the queue together.
    ///
    /// - Returns: The results in order.
    /// - Throws: As ``run(for:_:)`` does; the first error ends what has not begun.
    public func run<Result: Sendable>(
        count: Int,
        for client: ClientWatch? = nil,
        _ work: @escaping @Sendable (Int) throws -> Result
    ) async throws -> [Result] {
        guard count > 0 else { return [] }
        try admit()
        let admission = Admission()
        defer { leave(admission) }
        if count == 1 { return [try await perform(admission, for: client) { try work(0) }] }
        return try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results = [Result?](repeating: nil, count: count)
            var next = 0
            func startNext() {
                guard next < count else { return }
                let index = next
                next += 1
                group.addTask { (index, try await self.perform(admission, for: client) { try work(index) }) }
            }
            for _ in 0..<min(workers, count) { startNext() }
            while let (index, result) = try await group.next() {
                results[index] = result
                startNext()
            }
            return results.compactMap(\.self)
        }
    }

    private func admit() throws(Overloaded) {
        let refusal: Overloaded? = state.withLock { state in
            guard state.admitted < workers + waiting else {
                let seconds = state.duration * Double(state.admitted) / Double(workers)
                return Overloaded(retryAfter: max(1, min(60, Int(seconds.rounded(.up)))))
            }
            state.admitted += 1
            return nil
        }
        if let refusal {
            metrics.refused()
            throw refusal
        }
        metrics.queue(length: queueLength)
    }

    private func leave(_ admission: Admission) {
        state.withLock { state in
            state.admitted -= 1
            if admission.hasBegun { state.begun -= 1 }
        }
        metrics.queue(length: queueLength)
    }

    private func perform<Result: Sendable>(
        _ admission: Admission,
        for client: ClientWatch?,
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        let job = Job<Result>()
        let token = client?.whenGone { job.abandon(ClientGone()) }
        defer { if let token { client?.forget(token) } }
        let queued = DispatchTime.now()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard job.wait(continuation) else { return }
                threads.submit { [self] poolState in
                    guard poolState == .active else { return job.abandon(CancellationError()) }
                    guard let continuation = job.begin() else { return }
                    let begun = DispatchTime.now()
                    state.withLock { state in
                        state.running += 1
                        if admission.begin() { state.begun += 1 }
                    }
                    metrics.waited(seconds: begun.seconds(since: queued))
                    let result = Swift.Result {
                        try ComputeOptions.sharingCores(when: { [self] in isAlone }, work)
                    }
                    let seconds = DispatchTime.now().seconds(since: begun)
                    state.withLock { state in
                        state.running -= 1
                        state.finished += 1
                        state.duration = 0.9 * state.duration + 0.1 * seconds
                    }
                    continuation.resume(with: result)
                }
            }
        } onCancel: {
            job.abandon(CancellationError())
        }
    }
}

/// A request's place, from its admission to its end.
private final class Admission: Sendable {
    private let flag = Atomic(false)

    /// Whether a piece of it has begun.
    var hasBegun: Bool { flag.load(ordering: .relaxed) }

    /// Notes that a piece begins; true for the first one.
    func begin() -> Bool { !flag.exchange(true, ordering: .relaxed) }
}

/// A piece of work from its place in the queue to its end.
private final class Job<Result: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Result, any Error>)
        case abandoned(any Error)
        case begun
    }

    private let state = Mutex(State.new)

    /// Takes the continuation; false, and the caller has its answer, when the work was abandoned before.
    func wait(_ continuation: CheckedContinuation<Result, any Error>) -> Bool {
        let error: (any Error)? = state.withLock { state in
            if case .abandoned(let error) = state { return error }
            state = .waiting(continuation)
            return nil
        }
        if let error { continuation.resume(throwing: error) }
        return error == nil
    }

    /// Begins the work, unless it was abandoned.
    func begin() -> CheckedContinuation<Result, any Error>? {
        state.withLock { state in
            guard case .waiting(let continuation) = state else { return nil }
            state = .begun
            return continuation
        }
    }

    /// Gives up work that has not begun.
    func abandon(_ error: any Error) {
        let continuation: CheckedContinuation<Result, any Error>? = state.withLock { state in
            switch state {
            case .new:
                state = .abandoned(error)
                return nil
            case .waiting(let continuation):
                state = .abandoned(error)
                return continuation
            case .abandoned, .begun: return nil
            }
        }
        continuation?.resume(throwing: error)
    }
}

extension DispatchTime {
    /// The seconds from an earlier time to this one.
    func seconds(since earlier: DispatchTime) -> Double {
        Double(uptimeNanoseconds - earlier.uptimeNanoseconds) / 1e9
    }
}
