// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// The threads that share one search or change: the engine's workers, or the caller alone when they are busy.
struct Crew: ~Copyable {
    private let lease: WorkerPool.Lease?

    fileprivate init(lease: consuming WorkerPool.Lease?) {
        self.lease = lease
    }

    var threadCount: Int {
        switch lease {
        case .some(let held): held.threadCount
        case .none: 1
        }
    }

    /// Runs `work` for every item in `0..<count` and returns when all are done.
    ///
    /// - Parameters:
    ///   - count: How many items there are.
    ///   - work: Called with an item and the number of its thread, in `0..<threadCount`; two items of one thread never run
    ///     at a time.
    func run(_ count: Int, _ work: (_ item: Int, _ thread: Int) -> Void) {
        switch lease {
        case .some(let held): held.run(count: count, work)
        case .none: for item in 0..<count { work(item, 0) }
        }
    }

    fileprivate consuming func end() {
        lease?.end()
    }
}

extension SearchIndex {
    /// Calls `body` with the pool's threads, if there is work for several and they are free.
    func withThreads<Value>(for items: Int, _ body: (borrowing Crew) -> Value) -> Value {
        let crew = Crew(lease: items > 1 ? pool?.lease() : nil)
        let value = body(crew)
        crew.end()
        return value
    }
}
