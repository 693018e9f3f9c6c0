// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import NIOCore
import NIOPosix
import Synchronization

/// What is thrown when work was not done in time.
struct DeadlineExceeded: Error {}

/// Runs `work`, and cancels it when it takes longer than `limit`.
///
/// A sleeping task is no timer for this: after its cancellation the Swift runtime keeps about a kilobyte of it until the
/// time has passed, which for a busy server's requests adds up to tens of megabytes. An event loop forgets a timer that
/// is cancelled.
///
/// - Throws: ``DeadlineExceeded``, or what `work` throws.
func withDeadline<Result: Sendable>(
    _ limit: Duration,
    _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let isOver = Flag()
    let task = Task { try await work() }
    let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(limit)) {
        isOver.set()
        task.cancel()
    }
    defer { timer.cancel() }
    let result = await withTaskCancellationHandler {
        await task.result
    } onCancel: {
        task.cancel()
    }
    // Cancelled work may end with an error of its own, or with less than the whole.
    guard !isOver.isSet else { throw DeadlineExceeded() }
    return try result.get()
}

private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
