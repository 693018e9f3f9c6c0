// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What is asked of a ``SearchIndex``.
package struct SearchRequest: Sendable {
    /// Which way through the index.
    package enum Method: String, Sendable, CaseIterable {
        /// Exact up to ``SearchIndex/Configuration/exactLimit`` faces, fast above.
        case automatic
        /// Every face is compared; the answer is that of comparing float32 vectors one by one.
        case exact
        /// Only the faces with the nearest sign codes are compared.
        case fast
    }

    /// What an answer lists.
    package enum Unit: Sendable {
        case faces
        /// Each subject once, with the face that resembles the probe most.
        case subjects
    }

    /// How many hits at most.
    package var limit: Int
    /// Hits have at least this similarity; `nil` takes all.
    package var minimumSimilarity: Float?
    package var unit: Unit
    package var method: Method
    /// Says which faces count.
    ///
    /// It is asked about faces near the top only, from several threads at once.
    package var filter: (@Sendable (_ key: SearchIndex.Key, _ subject: SearchIndex.Subject) -> Bool)?

    package init(
        limit: Int,
        minimumSimilarity: Float? = nil,
        unit: Unit = .faces,
        method: Method = .automatic,
        filter: (@Sendable (_ key: SearchIndex.Key, _ subject: SearchIndex.Subject) -> Bool)? = nil
    ) {
        self.limit = limit
        self.minimumSimilarity = minimumSimilarity
        self.unit = unit
        self.method = method
        self.filter = filter
    }
}
