// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// An enrolled reference: one face of a subject.
///
/// A subject may have several.
public struct Template: Hashable, Sendable, Identifiable {
    /// Tells this reference from every other in its gallery.
    public let id: UUID
    /// The person's name or key, chosen by the caller.
    public var subject: String
    /// The face as a vector.
    public var embedding: Embedding

    /// Creates a reference, with a new random id unless one is given.
    public init(id: UUID = UUID(), subject: String, embedding: Embedding) {
        self.id = id
        self.subject = subject
        self.embedding = embedding
    }
}
