// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Threads that share the work items of one network run at a time.
///
/// The caller takes part and waits until all *items* are done, never until all workers have reported: on a machine
/// with other work a worker may not get a processor for milliseconds, and then the caller does its share.
///
/// Each thread begins with a run of the items of its own, the same part of every job, and takes from the ends of the
/// others' runs when it is through. Kernels number their items along the map, so what a thread reads is mostly what it
/// wrote in the step before and has in its cache: fetching it from another core's takes longer than small layers compute.
///
/// A pool serves one caller at a time. A second caller is not queued: ``lease()`` gives it nothing and it runs
/// single-threaded at once, which on a loaded server gives the same throughput without waiting. Where ``CoreSharing`` says
/// that others need the cores, the workers leave a caller after the items they are at, and sleep.
package final class WorkerPool: Sendable {
    /// One job's work: called with an item and the index of the thread that runs it, 0 for the caller.
    package typealias Work = (_ item: Int, _ thread: Int) -> Void

    /// A call's exclusive use of the pool, from ``WorkerPool/lease()`` to ``end()``.
    package struct Lease: ~Copyable {
        fileprivate let pool: WorkerPool
        fileprivate let sharing: CoreSharing?

        /// Threads that take part, the caller included.
        package var threadCount: Int { pool.threadCount }

        /// Runs `work` for every item in `0..<count` and returns when all are done.
        ///
        /// Items may run in any order and side by side.
        package func run(count: Int, _ work: Work) {
            pool.run(count: count, sharing, firstPart: 0, after: {}, work)
        }

        /// Runs `work` for every item in `0..<count`, while the caller first does something that later items wait for:
        /// the workers begin with the first items, the caller's own are the last ones.
        ///
        /// Without workers, it is done before all items.
        package func run(count: Int, after preparation: () -> Void, _ work: Work) {
            pool.run(count: count, sharing, firstPart: threadCount - 1, after: preparation, work)
        }

        package consuming func end() {
            pool.leased.store(false, ordering: .releasing)
        }
    }

    /// The pool that networks use unless told otherwise: one thread for each processor the process may use.
    package static let shared = WorkerPool(threadCount: Int(cfk_usable_processors()))

    private static let others = Locked<[Int: WorkerPool]>([:])

    /// The process's pool of that many threads, the caller included; 0 stands for one for each processor the process
    /// may use.
    ///
    /// Gives `nil` for one thread, which needs no pool.
    package static func sharing(threads: Int) -> WorkerPool? {
        if threads <= 0 || threads == shared.threadCount { return shared.threadCount > 1 ? shared : nil }
        if threads == 1 { return nil }
        return others.withLock { pools in
            if let pool = pools[threads] { return pool }
            let pool = WorkerPool(threadCount: threads)
            pools[threads] = pool
            return pool
        }
    }

    /// Threads that share a job: the caller and the workers.
    package let threadCount: Int

    private let leased = Atomic(false)
    /// By thread, the caller's first.
    private let shares: [Share]
    private let generation = Atomic<UInt64>(0)
    private let completed = Atomic<Int>(0)
    /// Address of the running job's ``Work``, valid while an item of it is taken and not completed.
    private let work = Atomic<UInt>(0)
    /// Whether workers may take items.
    private let areWorkersWanted = Atomic(true)
    private let sleepers = Atomic<Int>(0)
    private let stopping = Atomic(false)
    private let callerProcessor = Atomic<Int32>(-1)
    private let bell = Bell()
    private let workers: [Worker]

    /// About half a millisecond of spinning before a worker goes to sleep: longer than the gap between two layers.
    private static let spinLimit = 10_000

    /// Starts `threadCount - 1` workers, which sleep until there is work.
    package init(threadCount: Int) {
        self.threadCount = max(1, threadCount)
        shares = (0..<max(1, threadCount)).map { _ in Share() }
        workers = (1..<max(1, threadCount)).map { Worker(index: $0) }
        for worker in workers {
            worker.start(for: self)
        }
    }

    /// Lets the workers end soon after; jobs that follow run on their callers alone.
    package func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        bell.ring()
    }

    /// Takes the pool for one caller, or returns `nil` at once when another has it or the caller should do without.
    package func lease() -> Lease? {
        let sharing = CoreSharing.current.get()
        if let sharing, !sharing.isWanted() { return nil }
        guard leased.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { return nil }
        keepWorkersOffCallersProcessor()
        return Lease(pool: self, sharing: sharing)
    }

    /// A worker woken from sleep tends to land on the processor that woke it, where it waits for the caller to pause.
    private func keepWorkersOffCallersProcessor() {
        guard !workers.isEmpty else { return }
        let processor = cfk_current_processor()
        guard processor >= 0, callerProcessor.exchange(processor, ordering: .relaxed) != processor else { return }
        for worker in workers {
            worker.keepOff(processor)
        }
    }

    /// The caller's items are part `firstPart` of `threadCount` parts, those of the workers the ones that follow round.
    private func run(
        count: Int,
        _ sharing: CoreSharing?,
        firstPart: Int,
        after preparation: () -> Void,
        _ body: Work
    ) {
        let isWanted = sharing?.isWanted() ?? true
        if !isWanted { areWorkersWanted.store(false, ordering: .relaxed) }
        if workers.isEmpty || !isWanted || count <= 1 || count > Share.mostItems {
            preparation()
            for item in 0..<count {
                body(item, 0)
            }
            return
        }
        withoutActuallyEscaping(body) { escapable in
            var job = escapable
            unsafe withUnsafeMutablePointer(to: &job) { address in
                completed.store(0, ordering: .relaxed)
                work.store(UInt(bitPattern: address), ordering: .relaxed)
                areWorkersWanted.store(true, ordering: .sequentiallyConsistent)
                let generation = generation.wrappingAdd(1, ordering: .relaxed).newValue
                // The caller's own comes last: it begins at once.
                for (index, share) in shares.enumerated().reversed() {
                    let part = (index + firstPart) % threadCount
                    let items = count * part / threadCount..<count * (part + 1) / threadCount
                    share.open(items, generation: generation)
                }
                if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
                    bell.ring()
                }
                preparation()
                workOff(as: 0) {
                    if let sharing, !sharing.isWanted() { areWorkersWanted.store(false, ordering: .relaxed) }
                    return true
                }
                var spins = 0
                while completed.load(ordering: .acquiring) < count {
                    spins += 1
                    if spins > Self.spinLimit { sched_yield() } else { cfk_spin_pause() }
                }
            }
        }
    }

    /// Does the thread's own items, then what others have left, as long as `mayGoOn`, which is asked after each.
    private func workOff(as index: Int, while mayGoOn: () -> Bool) {
        var done = 0
        defer { completed.add(done, ordering: .releasing) }
        while let item = shares[index].takeFirst() {
            perform(item, as: index)
            done += 1
            if !mayGoOn() { return }
        }
        for step in 1..<threadCount {
            let other = shares[(index + step) % threadCount]
            while let item = other.takeLast() {
                perform(item, as: index)
                done += 1
                if !mayGoOn() { return }
            }
        }
    }

    private func perform(_ item: Int, as index: Int) {
        // A taken item keeps the job alive: its caller waits for it.
        let address = work.load(ordering: .relaxed)
        if let job = unsafe UnsafeMutablePointer<Work>(bitPattern: address) {
            unsafe job.pointee(item, index)
        }
    }

    fileprivate func serve(as index: Int) {
        _ = cfk_flush_denormals()
        var spins = 0
        while !stopping.load(ordering: .relaxed) {
            if isCalled(index) {
                workOff(as: index) { areWorkersWanted.load(ordering: .relaxed) }
                spins = 0
                continue
            }
            spins += 1
            // Where others need the core it does not spin.
            if spins < Self.spinLimit, areWorkersWanted.load(ordering: .relaxed) {
                cfk_spin_pause()
                continue
            }
            sleepers.add(1, ordering: .sequentiallyConsistent)
            bell.wait { !isCalled(index) && !stopping.load(ordering: .sequentiallyConsistent) }
            sleepers.subtract(1, ordering: .sequentiallyConsistent)
            spins = 0
        }
    }

    /// Whether there are items for the worker to begin with.
    private func isCalled(_ index: Int) -> Bool {
        shares[index].hasItems && areWorkersWanted.load(ordering: .sequentiallyConsistent)
    }
}

/// The run of a job's items that one thread takes first.
///
/// One atomic word holds generation, end and next item together, so that a thread that comes late cannot take an item of a
/// job that is over.
private final class Share: Sendable {
    /// Most items of a job.
    static let mostItems = Int(mask)

    private static let bits: UInt64 = 20
    private static let mask: UInt64 = 1 << 20 - 1

    /// `generation << 40 | end << 20 | next`.
    private let word = Atomic<UInt64>(0)
    /// Keeps the words of two threads out of one pair of cache lines.
    private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    private let morePadding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)

    func open(_ items: Range<Int>, generation: UInt64) {
        let opened = generation << (2 * Self.bits) | UInt64(items.upperBound) << Self.bits | UInt64(items.lowerBound)
        word.store(opened, ordering: .sequentiallyConsistent)
    }

    var hasItems: Bool {
        let seen = word.load(ordering: .sequentiallyConsistent)
        return seen & Self.mask < (seen >> Self.bits) & Self.mask
    }

    func takeFirst() -> Int? {
        take { seen in (seen + 1, item: seen & Self.mask) }
    }

    func takeLast() -> Int? {
        take { seen in (seen - 1 << Self.bits, item: (seen >> Self.bits) & Self.mask - 1) }
    }

    private func take(_ choose: (UInt64) -> (left: UInt64, item: UInt64)) -> Int? {
        var seen = word.load(ordering: .acquiring)
        while seen & Self.mask < (seen >> Self.bits) & Self.mask {
            let (left, item) = choose(seen)
            let (exchanged, original) = word.weakCompareExchange(
                expected: seen,
                desired: left,
                ordering: .acquiringAndReleasing
            )
            if exchanged { return Int(item) }
            seen = original
        }
        return nil
    }
}

/// A mutex and a condition for sleeping workers.
///
/// `@unchecked Sendable` holds because POSIX makes both objects safe to use from any thread, and their addresses are
/// fixed for the life of the object.
@safe private final class Bell: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func ring() {
        unsafe pthread_mutex_lock(mutex)
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Sleeps while `isIdle` says so; it is asked under the mutex, so no ring between question and sleep is lost.
    func wait(while isIdle: () -> Bool) {
        unsafe pthread_mutex_lock(mutex)
        while isIdle() {
            unsafe pthread_cond_wait(condition, mutex)
        }
        unsafe pthread_mutex_unlock(mutex)
    }
}

/// One thread of a pool.
private final class Worker: Sendable {
    let index: Int
    private let identity = Atomic<Int64>(0)

    init(index: Int) {
        self.index = index
    }

    func start(for pool: WorkerPool) {
        let start = unsafe Unmanaged.passRetained(ThreadStart(pool: pool, worker: self))
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { unsafe pthread_attr_destroy(&attributes) }
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        // Without a thread the caller does the worker's share.
        if unsafe pthread_create(&thread, &attributes, enterWorkerThread, start.toOpaque()) != 0 {
            unsafe start.release()
        }
    }

    func keepOff(_ processor: Int32) {
        let identity = identity.load(ordering: .relaxed)
        if identity != 0 { cfk_keep_off_processor(identity, processor) }
    }

    fileprivate func enter(_ pool: WorkerPool) {
        identity.store(cfk_thread_identity(), ordering: .relaxed)
        pool.serve(as: index)
    }
}

private final class ThreadStart: Sendable {
    let pool: WorkerPool
    let worker: Worker

    init(pool: WorkerPool, worker: Worker) {
        self.pool = pool
        self.worker = worker
    }
}

#if canImport(Darwin)
    private func enterWorkerThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
        start.worker.enter(start.pool)
        return nil
    }
#else
    private func enterWorkerThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
        start.worker.enter(start.pool)
        return nil
    }
#endif
