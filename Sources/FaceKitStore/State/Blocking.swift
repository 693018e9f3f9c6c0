// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import FaceKitInference

/// Work that waits for disks and locks, kept off the threads that Swift runs tasks on.
enum Blocking {
    private static let queue = DispatchQueue(label: "facekit.gallery", qos: .userInitiated, attributes: .concurrent)

    /// Runs `work` on a thread that may block.
    static func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        let handover = Handover<Result>()
        await withCheckedContinuation { continuation in
            queue.async {
                handover.put(Swift.Result { try work() })
                continuation.resume()
            }
        }
        return try handover.take()
    }
}

/// A result on its way from a thread to a task.
///
/// A continuation orders the two as well, but on Linux in a way that the Thread Sanitizer does not see.
final class Handover<Result: Sendable>: Sendable {
    private let result = Locked<Swift.Result<Result, any Error>?>(nil)

    /// Puts the result there, before the continuation is resumed.
    func put(_ result: Swift.Result<Result, any Error>) {
        self.result.withLock { $0 = result }
    }

    /// Takes the result, after the continuation was resumed.
    func take() throws -> Result {
        guard let result = result.withLock({ $0 }) else { throw CancellationError() }
        return try result.get()
    }
}
