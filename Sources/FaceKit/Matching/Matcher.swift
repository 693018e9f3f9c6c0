// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Compares a probe with a reference (1:1).
public protocol Matcher: Sendable {
    /// Returns how alike two faces are.
    ///
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when the spaces differ.
    func similarity(of probe: Embedding, to reference: Embedding) throws -> Similarity
}
