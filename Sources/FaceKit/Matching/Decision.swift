// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What follows from a similarity.
public enum Decision: String, Codable, Hashable, Sendable {
    /// The faces are taken for the same person's.
    case match
    /// The similarity is neither high enough for a match nor low enough to exclude one: ask a person.
    case unsure
    /// The faces are taken for different people's.
    case noMatch = "no match"
}
