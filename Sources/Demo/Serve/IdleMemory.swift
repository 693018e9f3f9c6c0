// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import ServiceLifecycle

/// Gives memory that the start and requests left over back to the system when no request has come for some seconds.
///
/// The allocator keeps the buffers of the last pictures on each thread for the next ones, which is what a busy server
/// wants; one that waits has no use for them. What first requests touched of the program, many times what later ones
/// need, is let go of on the way.
struct IdleMemory: Service {
    let pool: ComputePool
    let warmUp: WarmUp

    private static let pause = Duration.seconds(2)

    func run() async {
        await cancelWhenGracefulShutdown {
            var seen = 0
            var returned: Int?
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                let finished = pool.finishedCount
                if finished == seen, finished != returned, pool.isIdle, await warmUp.isOver {
                    ComputeOptions.returnUnusedMemory()
                    returned = finished
                } else if finished != seen {
                    ComputeOptions.returnUnusedCode()
                }
                seen = finished
            }
        }
    }
}
