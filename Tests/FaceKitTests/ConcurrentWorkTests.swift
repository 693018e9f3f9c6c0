// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Synchronization
import Testing

@Suite struct ConcurrentWorkTests {
    @Test(arguments: [1, 2, 7])
    func resultsKeepTheirOrder(workers: Int) throws {
        let seen = Mutex<[Int]>([])
        let results = try ConcurrentWork.map(
            count: 50,
            workers: workers,
            progress: { done in seen.withLock { $0.append(done) } },
            { $0 * $0 }
        )
        #expect(results == (0..<50).map { $0 * $0 })
        #expect(seen.withLock { $0 } == Array(1...50))
    }

    @Test func anErrorEndsTheWork() {
        struct Fault: Error {}
        let started = Mutex(0)
        #expect(throws: Fault.self) {
            try ConcurrentWork.map(count: 1000, workers: 1) { index in
                started.withLock { $0 += 1 }
                if index == 3 { throw Fault() }
            }
        }
        // With more workers, how far the others come until then is a matter of the machine's load.
        #expect(started.withLock { $0 } == 4)
    }

    @Test func cancelledWorkDoesNotStart() {
        let started = Mutex(0)
        #expect(throws: CancellationError.self) {
            try ConcurrentWork.map(count: 10, workers: 2, isCancelled: { true }) { _ in started.withLock { $0 += 1 } }
        }
        #expect(started.withLock { $0 } == 0)
    }

    @Test func noWorkIsDoneAtOnce() throws {
        #expect(try ConcurrentWork.map(count: 0, workers: 3) { $0 }.isEmpty)
    }
}
