// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import Synchronization

/// Independent pieces of work shared among threads, such as the pictures of a set.
package enum ConcurrentWork {
    /// Returns the results of `work` for 0..<`count`, in that order.
    ///
    /// Blocks the calling thread. Pieces start in order; after an error none is started any more.
    ///
    /// - Parameters:
    ///   - count: How many pieces there are.
    ///   - workers: Threads that work at the same time, at least 1.
    ///   - isCancelled: Asked before each piece; once true, ``CancellationError`` is thrown.
    ///   - progress: Called after each piece with the number of pieces done, by one thread at a time.
    ///   - work: One piece of work.
    /// - Returns: One result for each piece.
    /// - Throws: The error of the first piece that failed.
    package static func map<Result: Sendable>(
        count: Int,
        workers: Int,
        isCancelled: @Sendable () -> Bool = { false },
        progress: @Sendable (Int) -> Void = { _ in },
        _ work: @Sendable (Int) throws -> Result
    ) throws -> [Result] {
        let state = Mutex(State<Result>(results: Array(repeating: nil, count: count)))
        DispatchQueue.concurrentPerform(iterations: max(1, min(workers, count))) { _ in
            while let index = state.withLock({ $0.takeNext() }) {
                do {
                    if isCancelled() { throw CancellationError() }
                    let result = try work(index)
                    state.withLock { state in
                        state.results[index] = result
                        state.done += 1
                        progress(state.done)
                    }
                } catch {
                    state.withLock { $0.error = $0.error ?? error }
                }
            }
        }
        return try state.withLock { state in
            if let error = state.error { throw error }
            return state.results.compactMap(\.self)
        }
    }

    private struct State<Result: Sendable>: Sendable {
        var results: [Result?]
        var next = 0
        var done = 0
        var error: (any Error)?

        mutating func takeNext() -> Int? {
            guard error == nil, next < results.count else { return nil }
            defer { next += 1 }
            return next
        }
    }
}
