// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Compares embeddings by the distance of their tips, as FaceNet does.
///
/// The similarity is the negated distance, so that higher stays more alike: 0 for the same direction, around −√2 for
/// strangers, −2 for opposite ones. A distance of at most 1.1 is a similarity of at least −1.1.
public struct EuclideanMatcher: Matcher {
    /// Creates a matcher; there is nothing to set.
    public init() {}

    /// Returns the negated distance, in -2...0.
    ///
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when the spaces or the dimensions differ.
    public func similarity(of probe: Embedding, to reference: Embedding) throws(FaceError) -> Similarity {
        Similarity(rawValue: -(try Self.distance(of: probe, to: reference)))
    }

    /// The distance of two unit vectors, 0...2.
    static func distance(of probe: Embedding, to reference: Embedding) throws(FaceError) -> Float {
        try probe.requireComparable(with: reference)
        var sum: Float = 0
        for index in probe.vector.indices {
            let difference = probe.vector[index] - reference.vector[index]
            sum += difference * difference
        }
        return min(sum.squareRoot(), 2)
    }
}
