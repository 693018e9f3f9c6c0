// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Compares embeddings by the cosine of the angle between them: 1 for the same direction, around 0 for strangers.
public struct CosineMatcher: Matcher {
    /// Creates a matcher; there is nothing to set.
    public init() {}

    /// Returns the cosine, in -1...1.
    ///
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when the spaces or the dimensions differ.
    public func similarity(of probe: Embedding, to reference: Embedding) throws(FaceError) -> Similarity {
        try probe.requireComparable(with: reference)
        var sum: Float = 0
        for index in probe.vector.indices { sum += probe.vector[index] * reference.vector[index] }
        // Rounding may carry the sum of products of unit vectors beyond the cosine's range.
        return Similarity(rawValue: min(max(sum, -1), 1))
    }
}
