// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How fit a picture of a face is for recognition, and why it is not.
public struct FaceQuality: Hashable, Sendable {
    /// What was looked at.
    public enum Aspect: String, Hashable, Sendable, CaseIterable {
        /// How many pixels lie between the eyes.
        case size
        /// How clear the details are.
        case sharpness
        /// Whether the face is neither dark nor glaring, and has contrast.
        case exposure
        /// How far the head is turned.
        case pose
        /// Whether a mask covers mouth and nose.
        case occlusion
        /// How sure the detector is that this is a face.
        case confidence
    }

    /// One aspect.
    public struct Part: Hashable, Sendable {
        /// What was looked at.
        public let aspect: Aspect
        /// 0 (useless) to 1 (nothing to wish for); below 0.5 is poor.
        public let score: Float
        /// What is wrong in words, with the number that was measured; `nil` when nothing is.
        public let complaint: String?
    }

    /// All that was looked at, in the order of the aspects.
    public let parts: [Part]

    /// Creates a quality from its parts.
    public init(parts: [Part]) {
        self.parts = parts
    }

    /// 0 (useless) to 1: the score of the worst part, for no strength makes up for a weakness.
    public var score: Float { parts.map(\.score).min() ?? 1 }

    /// Why the picture is poor, in words, worst first; empty when it is not.
    public var complaints: [String] {
        parts.filter { $0.complaint != nil }.sorted { $0.score < $1.score }.compactMap(\.complaint)
    }

    /// The score of one part; `nil` when it was not looked at.
    public subscript(aspect: Aspect) -> Float? { parts.first { $0.aspect == aspect }?.score }
}
