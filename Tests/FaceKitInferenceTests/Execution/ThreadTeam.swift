// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Threads of the system, as many as asked for however few processors there are.
///
/// They are started and joined through POSIX, which the Thread Sanitizer follows.
enum ThreadTeam {
    /// Calls `work` with the numbers below `count`, each on a thread of its own, and returns when all have come back.
    ///
    /// - Returns: How many threads could be started.
    static func run(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) -> Int {
        var threads: [pthread_t] = []
        for index in 0..<count {
            let start = Unmanaged.passRetained(ThreadTeamStart(index: index, work: work))
            #if canImport(Darwin)
                var thread: pthread_t?
                let status = pthread_create(&thread, nil, enterThreadOfTeam, start.toOpaque())
                if status == 0, let thread { threads.append(thread) } else { start.release() }
            #else
                var thread = pthread_t()
                let status = pthread_create(&thread, nil, enterThreadOfTeam, start.toOpaque())
                if status == 0 { threads.append(thread) } else { start.release() }
            #endif
        }
        for thread in threads { pthread_join(thread, nil) }
        return threads.count
    }
}

private final class ThreadTeamStart: Sendable {
    private let index: Int
    private let work: @Sendable (Int) -> Void

    init(index: Int, work: @escaping @Sendable (Int) -> Void) {
        self.index = index
        self.work = work
    }

    func enter() { work(index) }
}

#if canImport(Darwin)
    private func enterThreadOfTeam(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<ThreadTeamStart>.fromOpaque(argument).takeRetainedValue().enter()
        return nil
    }
#else
    private func enterThreadOfTeam(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        Unmanaged<ThreadTeamStart>.fromOpaque(argument).takeRetainedValue().enter()
        return nil
    }
#endif
