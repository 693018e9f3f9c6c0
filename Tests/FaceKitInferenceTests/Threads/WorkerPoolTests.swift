// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 3, 7], [0, 1, 2, 100, 5000])
    func everyItemRunsExactlyOnce(threads: Int, items: Int) {
        let pool = WorkerPool(threadCount: threads)
        defer { pool.stop() }
        let counts = (0..<items).map { _ in Counter() }
        for _ in 0..<20 {
            let ran = run(items, on: pool) { item, thread in
                #expect(thread < threads)
                counts[item].value.add(1, ordering: .relaxed)
            }
            #expect(ran)
        }
        #expect(counts.allSatisfy { $0.value.load(ordering: .relaxed) == 20 })
    }

    @Test func aBusyPoolGivesNoLease() {
        let pool = WorkerPool(threadCount: 2)
        defer { pool.stop() }
        let lease = pool.lease()
        let ranMeanwhile = run(1, on: pool) { _, _ in }
        lease?.end()
        let ranAfterwards = run(1, on: pool) { _, _ in }
        #expect(!ranMeanwhile)
        #expect(ranAfterwards)
    }

    @Test func whoeverShouldDoWithoutOthersGetsNoLease() {
        let pool = WorkerPool(threadCount: 2)
        defer { pool.stop() }
        let ran = [true, false].map { isWanted in
            CoreSharing.current.withValue(CoreSharing { isWanted }) { run(1, on: pool) { _, _ in } }
        }
        #expect(ran == [true, false])
        let ranAfterwards = run(1, on: pool) { _, _ in }
        #expect(ranAfterwards)
    }

    @Test func resultsOfItemsAreVisibleToTheCaller() {
        let pool = WorkerPool(threadCount: 3)
        defer { pool.stop() }
        for round in 1...500 {
            let sum = Counter()
            _ = run(64, on: pool) { item, _ in sum.value.add(item * round, ordering: .relaxed) }
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
                        if !run(10, on: pool, { _, _ in total.value.add(1, ordering: .relaxed) }) {
                            total.value.add(10, ordering: .relaxed)
                        }
                    }
                }
            }
        }
        #expect(total.value.load(ordering: .relaxed) == 16 * 200 * 10)
    }

    /// Runs a job if the pool is free.
    private func run(_ count: Int, on pool: WorkerPool, _ work: WorkerPool.Work) -> Bool {
        guard let lease = pool.lease() else { return false }
        lease.run(count: count, work)
        lease.end()
        return true
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }
}
