// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 3, 7], [0, 1, 2, 100, 5000])
    func everyItemRunsExactlyOnce(threads: Int, items: Int) throws {
        let pool = WorkerPool(threadCount: threads)
        defer { pool.stop() }
        let counts = (0..<items).map { _ in Counter() }
        for _ in 0..<20 {
            let lease = try #require(pool.lease())
            lease.run(count: items) { item, thread in
                #expect(thread < threads)
                counts[item].value.add(1, ordering: .relaxed)
            }
            lease.end()
        }
        #expect(counts.allSatisfy { $0.value.load(ordering: .relaxed) == 20 })
    }

    @Test func aBusyPoolGivesNoLease() throws {
        let pool = WorkerPool(threadCount: 2)
        defer { pool.stop() }
        let first = try #require(pool.lease())
        #expect(pool.lease() == nil)
        first.end()
        let second = try #require(pool.lease())
        second.end()
    }

    @Test func resultsOfItemsAreVisibleToTheCaller() throws {
        let pool = WorkerPool(threadCount: 3)
        defer { pool.stop() }
        for round in 1...500 {
            let lease = try #require(pool.lease())
            let sum = Counter()
            lease.run(count: 64) { item, _ in sum.value.add(item * round, ordering: .relaxed) }
            lease.end()
            #expect(sum.value.load(ordering: .relaxed) == 2016 * round)
        }
    }

    /// Many callers on a pool with more threads than processors: whoever does not get it works alone.
    @Test func manyCallersFinishWhenThePoolIsOversubscribed() async {
        let pool = WorkerPool(threadCount: 8)
        defer { pool.stop() }
        let total = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<200 {
                        if let lease = pool.lease() {
                            lease.run(count: 10) { _, _ in total.value.add(1, ordering: .relaxed) }
                            lease.end()
                        } else {
                            total.value.add(10, ordering: .relaxed)
                        }
                    }
                }
            }
        }
        #expect(total.value.load(ordering: .relaxed) == 16 * 200 * 10)
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }
}

extension WorkerPool.Lease? {
    fileprivate static func == (lease: borrowing WorkerPool.Lease?, other: _OptionalNilComparisonType) -> Bool {
        switch lease {
        case .none: true
        case .some: false
        }
    }
}
