// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Memory that a run writes an output to.
///
/// `@unchecked Sendable` holds because steps of one run write to disjoint elements, and nothing does after the run.
@safe package final class OutputFloats: @unchecked Sendable {
    package let count: Int
    let memory: UnsafeMutablePointer<Float>

    init(count: Int) {
        self.count = count
        // Aligned memory leaves holes between that short-lived blocks of the next run do not fit (glibc before 2.38).
        unsafe memory = .allocate(capacity: max(count, 1))
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// A copy of some of the floats.
    ///
    /// - Precondition: `range` lies within them.
    func floats(_ range: Range<Int>) -> [Float] {
        precondition(0 <= range.lowerBound && range.upperBound <= count, "\(range) of \(count) floats")
        return unsafe [Float](UnsafeBufferPointer(start: memory + range.lowerBound, count: range.count))
    }
}
