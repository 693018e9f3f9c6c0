// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The memory of one run: the arena of intermediate values and a scratch area for each thread.
///
/// `@unchecked Sendable` holds because a workspace belongs to one run at a time (``WorkspacePool`` hands it out), and
/// within a run steps write to disjoint parts.
@safe package final class Workspace: @unchecked Sendable {
    package let threadCount: Int
    private let arena: UnsafeMutablePointer<Float>
    private let scratch: UnsafeMutablePointer<Float>
    private let scratchStride: Int

    package init(arenaFloats: Int, scratchFloats: Int, threadCount: Int) {
        self.threadCount = threadCount
        // Full pages between threads, so that no two of them share a cache line or a page.
        scratchStride = (scratchFloats + 1023) / 1024 * 1024
        unsafe arena = AlignedMemory.allocate(count: arenaFloats)
        unsafe scratch = AlignedMemory.allocate(count: scratchStride * threadCount)
    }

    deinit {
        unsafe AlignedMemory.free(arena)
        unsafe AlignedMemory.free(scratch)
    }

    package var arenaStart: UnsafeMutablePointer<Float> { unsafe arena }

    /// The scratch area of one thread of the run.
    package func scratch(thread: Int) -> UnsafeMutablePointer<Float> {
        assert(thread < threadCount)
        return unsafe scratch + thread * scratchStride
    }
}

/// Keeps workspaces between the runs of one plan, so that a run takes no memory from the system.
package final class WorkspacePool: Sendable {
    private let idle = Locked<[Workspace]>([])
    private let arenaFloats: Int
    private let scratchFloats: Int
    /// Workspaces kept; more are made when more runs are under way at once.
    private let keptCount: Int

    package init(arenaFloats: Int, scratchFloats: Int, keptCount: Int) {
        self.arenaFloats = arenaFloats
        self.scratchFloats = scratchFloats
        self.keptCount = keptCount
    }

    package func take(threadCount: Int) -> Workspace {
        let kept = idle.withLock { workspaces in
            workspaces.firstIndex { $0.threadCount >= threadCount }.map { workspaces.remove(at: $0) }
        }
        return kept ?? Workspace(arenaFloats: arenaFloats, scratchFloats: scratchFloats, threadCount: threadCount)
    }

    package func giveBack(_ workspace: Workspace) {
        idle.withLock { workspaces in
            if workspaces.count < keptCount { workspaces.append(workspace) }
        }
    }
}
