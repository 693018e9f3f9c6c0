// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Testing

@Suite struct WorkspacePoolTests {
    private func take(_ pool: WorkspacePool, _ floats: Int, scratch: Int = 16, threads: Int = 1) -> Workspace {
        pool.take(arenaFloats: floats, scratchFloats: scratch, threadCount: threads)
    }

    @Test func smallerRunsUseWhatALargerOneLeft() {
        let pool = WorkspacePool(keptCount: 2)
        let large = take(pool, 10_000, threads: 2)
        pool.giveBack(large)
        for floats in [100, 10_000, 5_000] {
            let workspace = take(pool, floats)
            #expect(workspace === large)
            pool.giveBack(workspace)
        }
        #expect(pool.idleCount == 1)
    }

    @Test func whatWaitsIsGivenUp() {
        let pool = WorkspacePool(keptCount: 2)
        let held = pool.take(arenaFloats: 100, scratchFloats: 10, threadCount: 1)
        pool.giveBack(pool.take(arenaFloats: 100, scratchFloats: 10, threadCount: 1))
        pool.drain()
        #expect(pool.idleCount == 0)
        pool.giveBack(held)
        #expect(pool.idleCount == 1, "what was at work then is kept as ever")
    }

    @Test func theSmallestThatDoesIsTaken() {
        let pool = WorkspacePool(keptCount: 3)
        let sizes = [3_000, 1_000, 2_000]
        let workspaces = sizes.map { take(pool, $0) }
        for workspace in workspaces { pool.giveBack(workspace) }
        #expect(take(pool, 1_500) === workspaces[2])
        #expect(take(pool, 1_500) === workspaces[0])
    }

    @Test func aLargerOneTakesThePlaceOfASmaller() {
        let pool = WorkspacePool(keptCount: 2)
        pool.giveBack(take(pool, 100, scratch: 500))
        let larger = take(pool, 1_000)
        #expect(pool.idleCount == 0)
        // It does for both runs.
        #expect(larger.size.holds(.init(arenaFloats: 1_000, scratchFloats: 500, threadCount: 1)))
        pool.giveBack(larger)
        #expect(take(pool, 100, scratch: 500) === larger)
    }

    @Test func noMoreAreKeptThanWanted() {
        let pool = WorkspacePool(keptCount: 2)
        let workspaces = [100, 300, 200].map { take(pool, $0) }
        for workspace in workspaces { pool.giveBack(workspace) }
        #expect(pool.idleCount == 2)
        #expect(take(pool, 50) === workspaces[2])
        pool.giveBack(take(pool, 200 << 20))
        #expect(pool.idleCount == 0, "what was taken for it is gone, and it is too large to be kept")
    }
}
