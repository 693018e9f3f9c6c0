// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Where a value's elements are during a run, and in which order.
package struct Location: Sendable {
    /// How the elements of a value lie in memory.
    package enum Layout: Sendable, Hashable {
        /// Row-major, the last axis fastest: the layout of model files and of ``Tensor``.
        case planar
        /// NCHW16c: `[n][⌈c/16⌉][h][w][16]`. Lanes past the last channel hold zeros.
        case blocked
    }

    /// The memory that offsets count from.
    package enum Region: Sendable, Hashable {
        /// A buffer of the run's arena.
        case buffer(BufferPlan.BufferID)
        /// A tensor that the caller passed in, by position.
        case input(Int)
        /// A tensor that the caller gets, by position.
        case output(Int)
        /// Floats prepared when the plan was made.
        case constant(PackedFloats)
    }

    package var region: Region
    /// Floats from the region's start.
    package var offset: Int = 0
    package var layout: Layout
    /// The value's shape, `[n, c, h, w]` where the layout is blocked.
    package var shape: [Int]
    /// Floats from one block of 16 channels to the next, `h * w * 16`; in planar layout from one channel to the next.
    package var blockStride: Int
    /// Floats from one picture of the batch to the next; larger than the value's own extent in a slice.
    package var batchStride: Int

    /// A value that fills its region from `offset` on.
    package init(_ region: Region, layout: Layout, shape: [Int], offset: Int = 0) {
        self.region = region
        self.offset = offset
        self.layout = layout
        self.shape = shape
        if layout == .blocked {
            blockStride = shape[2] * shape[3] * Self.blockWidth
            batchStride = blockStride * Self.blockCount(channels: shape[1])
        } else {
            blockStride = shape.dropFirst(2).reduce(1, *)
            batchStride = shape.dropFirst().reduce(1, *)
        }
    }

    /// A range of the value's channels that begins at a block.
    func channels(from first: Int, count: Int) -> Location {
        assert(layout == .blocked && first % Self.blockWidth == 0)
        var part = self
        part.shape[1] = count
        part.offset += first / Self.blockWidth * blockStride
        return part
    }

    /// Channels in a block.
    package static let blockWidth = 16

    package static func blockCount(channels: Int) -> Int { (channels + blockWidth - 1) / blockWidth }

    /// Floats that a value of `shape` takes in `layout`.
    package static func floatCount(of shape: [Int], layout: Layout) -> Int {
        switch layout {
        case .planar: shape.elementCount
        case .blocked: shape[0] * blockCount(channels: shape[1]) * shape[2] * shape[3] * blockWidth
        }
    }

    /// `true` when the pictures of the batch follow each other without a gap.
    package var isContiguous: Bool {
        layout == .planar || shape[0] == 1 || batchStride == blockStride * Self.blockCount(channels: shape[1])
    }
}
