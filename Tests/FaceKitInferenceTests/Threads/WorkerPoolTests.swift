// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
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

    @Test func everyThreadBeginsWithItsOwnPart() {
        let pool = WorkerPool(threadCount: 3)
        defer { pool.stop() }
        let first = (0..<3).map { _ in Counter() }
        for _ in 0..<50 {
            let begun = Counter()
            let ran = run(9, on: pool) { item, thread in
                guard begun.value.load(ordering: .relaxed) < 3 else { return }
                // Nobody takes a second item before all have their first.
                first[thread].value.store(item, ordering: .relaxed)
                begun.value.add(1, ordering: .relaxed)
                while begun.value.load(ordering: .relaxed) < 3 { cfk_spin_pause() }
            }
            #expect(ran)
            #expect(first.map { $0.value.load(ordering: .relaxed) } == [0, 3, 6])
        }
    }

    /// The caller prepares what the others wait for, and comes to the last items.
    @Test func workersBeginWhileTheCallerPrepares() {
        let pool = WorkerPool(threadCount: 3)
        defer { pool.stop() }
        let first = (0..<3).map { _ in Counter() }
        for _ in 0..<50 {
            let (begun, prepared, done) = (Counter(), Counter(), Counter())
            let work: WorkerPool.Work = { item, thread in
                done.value.add(1, ordering: .relaxed)
                guard begun.value.load(ordering: .relaxed) < 3 else { return }
                first[thread].value.store(item, ordering: .relaxed)
                if thread == 0 { #expect(prepared.value.load(ordering: .relaxed) == 1) }
                begun.value.add(1, ordering: .sequentiallyConsistent)
                while begun.value.load(ordering: .sequentiallyConsistent) < 3 { cfk_spin_pause() }
            }
            guard let lease = pool.lease() else {
                Issue.record("no lease")
                return
            }
            lease.run(
                count: 9,
                after: {
                    while begun.value.load(ordering: .sequentiallyConsistent) < 2 { cfk_spin_pause() }
                    prepared.value.add(1, ordering: .relaxed)
                },
                work
            )
            lease.end()
            #expect(done.value.load(ordering: .relaxed) == 9)
            #expect(first.map { $0.value.load(ordering: .relaxed) } == [6, 0, 3])
        }
    }

    @Test(arguments: [0, 1, 5]) func withoutWorkersThePreparationComesFirst(count: Int) {
        let pool = WorkerPool(threadCount: 1)
        let (prepared, done) = (Counter(), Counter())
        guard let lease = pool.lease() else {
            Issue.record("no lease")
            return
        }
        lease.run(count: count, after: { prepared.value.add(1, ordering: .relaxed) }) { _, _ in
            #expect(prepared.value.load(ordering: .relaxed) == 1)
            done.value.add(1, ordering: .relaxed)
        }
        lease.end()
        #expect(prepared.value.load(ordering: .relaxed) == 1)
        #expect(done.value.load(ordering: .relaxed) == count)
    }

    @Test func aThreadThatIsThroughTakesFromTheOthers() {
        let pool = WorkerPool(threadCount: 2)
        defer { pool.stop() }
        let done = Counter()
        // The caller's first item ends when all others are done, three of the caller's own among them.
        let ran = run(8, on: pool) { item, _ in
            if item == 0 {
                while done.value.load(ordering: .relaxed) < 7 { cfk_spin_pause() }
            } else {
                done.value.add(1, ordering: .relaxed)
            }
        }
        #expect(ran)
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

    @Test func workersLeaveACallerWhenOthersNeedTheCores() {
        let pool = WorkerPool(threadCount: 2)
        defer { pool.stop() }
        let isWanted = Atomic(true)
        let workerIsAtWork = Atomic(false)
        let (all, byWorker) = (Counter(), Counter())
        let sharing = CoreSharing { isWanted.load(ordering: .relaxed) }
        let ran = CoreSharing.current.withValue(sharing) {
            let seen = Counter()
            return run(40, on: pool) { item, thread in
                all.value.add(1, ordering: .relaxed)
                if thread == 1 {
                    workerIsAtWork.store(true, ordering: .sequentiallyConsistent)
                    let count = byWorker.value.add(1, ordering: .sequentiallyConsistent).newValue
                    while count > 2, isWanted.load(ordering: .relaxed) { cfk_spin_pause() }
                    workerIsAtWork.store(false, ordering: .sequentiallyConsistent)
                } else if item == 0 {
                    while byWorker.value.load(ordering: .relaxed) < 2 { cfk_spin_pause() }
                    isWanted.store(false, ordering: .relaxed)
                } else if item == 1 {
                    while workerIsAtWork.load(ordering: .sequentiallyConsistent) { cfk_spin_pause() }
                    seen.value.store(byWorker.value.load(ordering: .sequentiallyConsistent), ordering: .relaxed)
                } else {
                    // It may have been about to begin one more.
                    let most = seen.value.load(ordering: .relaxed) + 1
                    #expect(byWorker.value.load(ordering: .sequentiallyConsistent) <= most)
                }
            }
        }
        #expect(ran)
        #expect(all.value.load(ordering: .relaxed) == 40)
    }

    @Test func aLeaseIsOfNoUseWhileOthersNeedTheCores() {
        let pool = WorkerPool(threadCount: 2)
        defer { pool.stop() }
        let isWanted = Atomic(true)
        let byWorker = Counter()
        CoreSharing.current.withValue(CoreSharing { isWanted.load(ordering: .relaxed) }) {
            let lease = pool.lease()
            isWanted.store(false, ordering: .relaxed)
            switch lease {
            case .some(let held): held.run(count: 1000) { _, thread in byWorker.value.add(thread, ordering: .relaxed) }
            case .none: Issue.record("no lease")
            }
            lease?.end()
        }
        #expect(byWorker.value.load(ordering: .relaxed) == 0)
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
