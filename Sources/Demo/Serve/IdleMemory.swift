// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import ServiceLifecycle

/// Gives memory that requests left over back to the system when none has come for some seconds.
///
/// The allocator keeps the buffers of the last pictures on each thread for the next ones, which is what a busy server
/// wants; one that waits has no use for them.
struct IdleMemory: Service {
    let pool: ComputePool

    private static let pause = Duration.seconds(2)

    func run() async {
        await cancelWhenGracefulShutdown {
            var (seen, returned) = (0, 0)
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                let finished = pool.finishedCount
                if finished == seen, finished != returned, pool.isIdle {
                    ComputeOptions.returnUnusedMemory()
                    returned = finished
                }
                seen = finished
            }
        }
    }
}
