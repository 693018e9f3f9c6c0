// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Decides which intermediate values share memory.
///
/// Every buffer is alive from the first to the last step that uses it; buffers whose lives overlap get disjoint places
/// in one arena, but for those that a step may write over what it has read. Places are given by falling size, each at the
/// lowest offset that is free for the buffer's whole life (the greedy-by-size strategy of Pisarchyk and Lee, "Efficient
/// Memory Management for Deep Neural Net Inference", 2020).
package struct BufferPlan: Sendable {
    package struct BufferID: Hashable, Sendable {
        fileprivate let index: Int
    }

    private struct Buffer: Sendable {
        var floatCount: Int
        var firstStep: Int
        var lastStep: Int
        var offset = 0
    }

    private var buffers: [Buffer] = []

    /// A buffer that may have the memory of another one from a step on.
    private struct Succession: Sendable {
        var earlier: Int
        var later: Int
        var step: Int
    }

    /// By step.
    private var successions: [Succession] = []

    /// Floats of the whole arena; known after ``place()``.
    package private(set) var floatCount = 0

    /// Offsets are multiples of this many floats: one cache line.
    private static let alignment = 16

    private static func rounded(_ floatCount: Int) -> Int {
        max(alignment, (floatCount + alignment - 1) / alignment * alignment)
    }

    package init() {}

    /// Adds a buffer that is first used in `step`.
    package mutating func add(floatCount: Int, step: Int) -> BufferID {
        buffers.append(Buffer(floatCount: Self.rounded(floatCount), firstStep: step, lastStep: step))
        return BufferID(index: buffers.count - 1)
    }

    /// Records that `step` reads or writes the buffer.
    package mutating func use(_ id: BufferID, step: Int) {
        buffers[id.index].firstStep = min(buffers[id.index].firstStep, step)
        buffers[id.index].lastStep = max(buffers[id.index].lastStep, step)
    }

    /// Lets `step` write `later` over `earlier` where it is the first to use the one and the last to use the other, and both
    /// are of one size: each float that it reads is read before the one in the same place is written.
    package mutating func allow(_ later: BufferID, over earlier: BufferID, step: Int) {
        guard later != earlier, buffers[later.index].floatCount == buffers[earlier.index].floatCount else { return }
        successions.append(Succession(earlier: earlier.index, later: later.index, step: step))
    }

    /// Lets successive buffers be one: the first of them, alive until the last one's end.
    ///
    /// - Returns: For each buffer the one whose memory it has.
    private mutating func unite() -> [Int] {
        var owners = Array(buffers.indices)
        let ends = buffers.map(\.lastStep)
        for succession in successions where owners[succession.later] == succession.later {
            guard ends[succession.earlier] == succession.step, buffers[succession.later].firstStep == succession.step
            else { continue }
            let owner = owners[succession.earlier]
            owners[succession.later] = owner
            buffers[owner].lastStep = ends[succession.later]
        }
        return owners
    }

    /// Gives every buffer its offset.
    package mutating func place() {
        let owners = unite()
        let order = buffers.indices.filter { owners[$0] == $0 }
            .sorted { buffers[$0].floatCount > buffers[$1].floatCount }
        var placed: [Int] = []
        floatCount = 0
        for index in order {
            let buffer = buffers[index]
            let neighbours = placed.filter {
                buffers[$0].firstStep <= buffer.lastStep && buffer.firstStep <= buffers[$0].lastStep
            }.sorted { buffers[$0].offset < buffers[$1].offset }
            var offset = 0
            for neighbour in neighbours.map({ buffers[$0] }) {
                if offset + buffer.floatCount <= neighbour.offset { break }
                offset = max(offset, neighbour.offset + neighbour.floatCount)
            }
            buffers[index].offset = offset
            placed.append(index)
            floatCount = max(floatCount, offset + buffer.floatCount)
        }
        for index in buffers.indices { buffers[index].offset = buffers[owners[index]].offset }
    }

    /// Floats from the arena's start.
    package func offset(of id: BufferID) -> Int { buffers[id.index].offset }
}
