// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Turns aligned faces into comparable vectors.
public protocol Embedder: Sendable {
    /// The `space` of every embedding this embedder makes.
    var space: String { get }

    /// Returns one embedding for each face, in the same order.
    ///
    /// Blocks the calling thread for the whole computation.
    /// - Throws: ``FaceError/Code/invalidImage`` when a face does not have the size the embedder wants.
    func embed(_ faces: [AlignedFace]) throws -> [Embedding]
}

/// An embedding and how long the network's vector was before it was scaled to unit length.
///
/// Networks trained with margins give longer vectors for faces that are clearly shown, so some systems take the length for
/// a measure of quality.
public struct MeasuredEmbedding: Hashable, Sendable {
    /// The embedding.
    public var embedding: Embedding
    /// The length of the network's vector, greater than 0.
    public var length: Float

    /// Creates a measured embedding.
    public init(embedding: Embedding, length: Float) {
        (self.embedding, self.length) = (embedding, length)
    }
}

/// An embedder that knows how long its network's vectors are.
public protocol MeasuringEmbedder: Embedder {
    /// Returns one embedding for each face with the length of its vector, in the same order.
    ///
    /// Blocks the calling thread for the whole computation.
    /// - Throws: What ``Embedder/embed(_:)`` throws.
    func measuredEmbeddings(of faces: [AlignedFace]) throws -> [MeasuredEmbedding]
}
