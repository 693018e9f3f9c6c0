// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// One line of a ``SearchIndex``'s answer.
package struct SearchHit: Hashable, Sendable {
    package var key: SearchIndex.Key
    package var subject: SearchIndex.Subject
    /// The cosine, in -1...1.
    package var similarity: Float

    package init(key: SearchIndex.Key, subject: SearchIndex.Subject, similarity: Float) {
        self.key = key
        self.subject = subject
        self.similarity = similarity
    }

    /// Higher similarity first; of equal ones, the earlier enrolled.
    func isBetter(than other: Self) -> Bool {
        similarity == other.similarity ? key < other.key : similarity > other.similarity
    }
}
