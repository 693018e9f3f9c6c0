// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch

/// Work that waits for disks and locks, kept off the threads that Swift runs tasks on.
enum Blocking {
    private static let queue = DispatchQueue(label: "facekit.gallery", qos: .userInitiated, attributes: .concurrent)

    /// Runs `work` on a thread that may block.
    static func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try work() }) }
        }
    }
}
