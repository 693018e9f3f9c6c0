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
