// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Divides 0..<`count` into ranges whose lengths are powers of two, the longest first.
///
/// A network makes a plan for each shape of its input, so batches of any length would have it plan anew for nearly
/// every picture; this way it meets few shapes and no element is computed in vain.
package struct Batches: Sequence, IteratorProtocol {
    private var start = 0
    private let count: Int
    private let maximum: Int

    /// - Precondition: `maximum` is a power of two.
    package init(count: Int, maximum: Int) {
        precondition(maximum > 0 && maximum.nonzeroBitCount == 1, "\(maximum) is no power of two")
        self.count = count
        self.maximum = maximum
    }

    package mutating func next() -> Range<Int>? {
        guard start < count else { return nil }
        let length = Swift.min(maximum, 1 << (Int.bitWidth - 1 - (count - start).leadingZeroBitCount))
        defer { start += length }
        return start..<start + length
    }
}
