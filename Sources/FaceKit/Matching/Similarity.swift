// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How alike two faces are: higher is more alike.
///
/// Cosine scores lie in -1...1.
public struct Similarity: RawRepresentable, Hashable, Comparable, Sendable {
    /// The score on its matcher's own scale.
    public var rawValue: Float

    /// Wraps a score.
    public init(rawValue: Float) {
        self.rawValue = rawValue
    }

    /// Orders by score.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
