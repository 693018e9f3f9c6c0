// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What became of the wish to rename a subject.
public enum RenameOutcome: Hashable, Sendable {
    /// No subject has the old name.
    case notFound
    /// The new name is the old one, to the letter.
    case unchanged
    /// The subject has the new name.
    case renamed
    /// Another subject had the new name; it took over so many templates, and the old subject is gone.
    case merged(templates: Int)
}
