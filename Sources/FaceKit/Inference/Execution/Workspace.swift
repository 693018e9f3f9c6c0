// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// The memory of one run: the arena of intermediate values and a scratch area for each thread.
///
/// `@unchecked Sendable` holds because a workspace belongs to one run at a time (``WorkspacePool`` hands it out), and
/// within a run steps write to disjoint parts.
@safe package final class Workspace: @unchecked Sendable {
    /// How much a run needs, or a workspace has.
    package struct Size: Equatable, Sendable {
        package var arenaFloats: Int
        /// Floats of scratch for each thread.
        package var scratchFloats: Int
        package var threadCount: Int

        package init(arenaFloats: Int, scratchFloats: Int, threadCount: Int) {
            self.arenaFloats = arenaFloats
            self.scratchFloats = scratchFloats
            self.threadCount = threadCount
        }

        /// All floats together.
        package var floats: Int { arenaFloats + scratchFloats * threadCount }

        /// Whether a workspace of this size does for a run of the other.
        package func holds(_ other: Size) -> Bool {
            arenaFloats >= other.arenaFloats && scratchFloats >= other.scratchFloats
                && threadCount >= other.threadCount
        }

        /// The size that does for both.
        package func union(_ other: Size) -> Size {
            Size(
                arenaFloats: max(arenaFloats, other.arenaFloats),
                scratchFloats: max(scratchFloats, other.scratchFloats),
                threadCount: max(threadCount, other.threadCount)
            )
        }
    }

    package let size: Size
    private let arena: UnsafeMutablePointer<Float>
    private let scratch: UnsafeMutablePointer<Float>
    private let scratchStride: Int

    package init(_ size: Size) {
        self.size = size
        // Full pages between threads, so that no two of them share a cache line or a page.
        scratchStride = (size.scratchFloats + 1023) / 1024 * 1024
        unsafe arena = AlignedMemory.allocate(count: size.arenaFloats)
        unsafe scratch = AlignedMemory.allocate(count: scratchStride * size.threadCount)
    }

    deinit {
        unsafe AlignedMemory.free(arena)
        unsafe AlignedMemory.free(scratch)
    }

    package var arenaStart: UnsafeMutablePointer<Float> { unsafe arena }

    /// The scratch area of one thread of the run.
    package func scratch(thread: Int) -> UnsafeMutablePointer<Float> {
        assert(thread < size.threadCount)
        return unsafe scratch + thread * scratchStride
    }
}

/// Keeps workspaces between runs, so that a run takes no memory from the system.
///
/// One pool serves all plans: what is kept is bounded by the runs that were under way at once and by the largest of them,
/// however many networks, sizes of pictures and levels of a pyramid there are.
package final class WorkspacePool: Sendable {
    /// The pool of the process; it keeps a workspace for each processor.
    package static let shared = WorkspacePool(keptCount: Int(cfk_usable_processors()))

    /// Larger ones are given back to the system: a single huge picture must not hold its memory for ever.
    private static let keptFloats = 128 << 20

    private let idle = Locked<[Workspace]>([])
    private let keptCount: Int

    package init(keptCount: Int) { self.keptCount = max(1, keptCount) }

    /// Workspaces that wait for a run.
    package var idleCount: Int { idle.withLock(\.count) }

    /// Gives up the workspaces that wait.
    package func drain() {
        // They end after the lock is released.
        _ = idle.withLock { workspaces in
            let waiting = workspaces
            workspaces = []
            return waiting
        }
    }

    /// Returns the smallest workspace that is large enough, or a new one, in whose favour a smaller one goes.
    package func take(arenaFloats: Int, scratchFloats: Int, threadCount: Int) -> Workspace {
        let needed = Workspace.Size(arenaFloats: arenaFloats, scratchFloats: scratchFloats, threadCount: threadCount)
        let (kept, replaced) = idle.withLock { workspaces -> (Workspace?, Workspace.Size?) in
            if let index = workspaces.firstIndex(where: { $0.size.holds(needed) }) {
                return (workspaces.remove(at: index), nil)
            }
            return (nil, workspaces.isEmpty ? nil : workspaces.removeFirst().size)
        }
        return kept ?? Workspace(replaced.map(needed.union) ?? needed)
    }

    /// Keeps a workspace for the next run.
    package func giveBack(_ workspace: Workspace) {
        guard workspace.size.floats <= Self.keptFloats else { return }
        idle.withLock { workspaces in
            let place = workspaces.firstIndex { $0.size.floats > workspace.size.floats } ?? workspaces.count
            workspaces.insert(workspace, at: place)
            if workspaces.count > keptCount { workspaces.removeFirst() }
        }
    }
}
