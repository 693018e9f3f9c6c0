// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Which of several kinds a face is said to be, and how sure that is.
public struct Judgement<Kind: Hashable & Sendable>: Hashable, Sendable {
    /// The most probable kind.
    public let kind: Kind
    /// Its probability by the network's own word, 0...1; networks tend to be too sure of themselves.
    public let probability: Float
    /// The probability of every kind that the network can tell.
    public let probabilities: [Kind: Float]

    /// Judges by the largest of some probabilities, the first of several that are equal.
    ///
    /// - Precondition: There is at least one.
    public init(_ probabilities: [(kind: Kind, probability: Float)]) {
        guard var best = probabilities.first else { preconditionFailure("a judgement needs kinds to choose from") }
        for candidate in probabilities.dropFirst() where candidate.probability > best.probability { best = candidate }
        kind = best.kind
        probability = best.probability
        self.probabilities = Dictionary(probabilities.map { ($0.kind, $0.probability) }, uniquingKeysWith: max)
    }
}

extension Judgement {
    /// Judges by another rule than the largest probability.
    init(kind: Kind, probabilities: [Kind: Float]) {
        self.kind = kind
        probability = probabilities[kind] ?? 0
        self.probabilities = probabilities
    }
}

/// What a network takes a face for; it may differ from what the person says.
public enum Gender: String, Hashable, Sendable, CaseIterable {
    case female
    case male
}

/// Whether mouth and nose are covered by a mask.
public enum MaskState: String, Hashable, Sendable, CaseIterable {
    case withMask = "with_mask"
    case withoutMask = "without_mask"
    /// The nose or the mouth shows; only some networks tell.
    case wornIncorrectly = "mask_weared_incorrect"
}

/// What a face expresses.
public enum FacialExpression: String, Hashable, Sendable, CaseIterable {
    case neutral
    case happy
    case sad
    case angry
    case fearful
    case disgusted
    case surprised
}

/// Whether a face is there in person or shown on paper, on a screen or as a mask.
public enum Liveness: String, Hashable, Sendable, CaseIterable {
    case real
    case spoof
}

/// Whether an eye is open.
public enum EyeState: String, Hashable, Sendable, CaseIterable {
    case open
    case closed
}
