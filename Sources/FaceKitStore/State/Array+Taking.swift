// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Array {
    /// Takes the first elements out; those that stay have memory of their own.
    ///
    /// Two arrays that share memory until one of them changes are safe on two threads, but only reference counts order
    /// what these do, and the Thread Sanitizer does not follow them.
    ///
    /// - Parameter limit: How many at most.
    /// - Returns: What was taken.
    mutating func takeFirst(_ limit: Int) -> [Element] {
        guard limit < count else {
            let all = self
            self = []
            return all
        }
        let first = Array(self[..<limit])
        removeFirst(limit)
        return first
    }
}
