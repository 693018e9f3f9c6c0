// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Subjects of a segment's rows, some of which have changed.
///
/// `@unchecked Sendable` holds because values are changed only before a reader has seen the object.
final class SubjectColumn: @unchecked Sendable {
    let values: UnsafeMutablePointer<UInt32>
    private let capacity: Int

    /// Copies the subjects of `count` rows, with room for as many as the segment has.
    init(copying values: UnsafePointer<UInt32>, count: Int, capacity: Int) {
        self.values = .allocate(capacity: capacity)
        self.values.initialize(from: values, count: count)
        (self.values + count).initialize(repeating: 0, count: capacity - count)
        self.capacity = capacity
    }

    deinit {
        values.deinitialize(count: capacity)
        values.deallocate()
    }
}
