// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// One line of a 1:N answer.
public struct Candidate: Hashable, Sendable {
    /// The reference that resembles the probe.
    public var template: Template
    /// How much: the cosine of the angle between the two embeddings, in -1...1.
    public var similarity: Similarity

    /// Pairs a reference with its similarity to a probe.
    public init(template: Template, similarity: Similarity) {
        self.template = template
        self.similarity = similarity
    }
}
