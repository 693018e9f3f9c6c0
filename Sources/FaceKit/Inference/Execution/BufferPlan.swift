// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Decides which intermediate values share memory.
///
/// Every buffer is alive from the first to the last step that uses it; buffers whose lives overlap get disjoint places
/// in one arena. Places are given by falling size, each at the lowest offset that is free for the buffer's whole life
/// (the greedy-by-size strategy of Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
/// 2020).
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

    /// Floats of the whole arena; known after ``place()``.
    package private(set) var floatCount = 0

    /// Offsets are multiples of this many floats: one cache line.
    private static let alignment = 16

    package init() {}

    /// Adds a buffer that is first used in `step`.
    package mutating func add(floatCount: Int, step: Int) -> BufferID {
        let rounded = (floatCount + Self.alignment - 1) / Self.alignment * Self.alignment
        buffers.append(Buffer(floatCount: max(rounded, Self.alignment), firstStep: step, lastStep: step))
        return BufferID(index: buffers.count - 1)
    }

    /// Records that `step` reads or writes the buffer.
    package mutating func use(_ id: BufferID, step: Int) {
        buffers[id.index].firstStep = min(buffers[id.index].firstStep, step)
        buffers[id.index].lastStep = max(buffers[id.index].lastStep, step)
    }

    /// Gives every buffer its offset.
    package mutating func place() {
        let order = buffers.indices.sorted { buffers[$0].floatCount > buffers[$1].floatCount }
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
    }

    /// Floats from the arena's start.
    package func offset(of id: BufferID) -> Int { buffers[id.index].offset }
}
