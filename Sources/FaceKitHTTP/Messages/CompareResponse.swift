// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// Whether two pictures show the same person.
public struct CompareResponse: Codable, Hashable, Sendable {
    /// One of the two pictures with the face that was compared.
    public struct Picture: Codable, Hashable, Sendable {
        /// The name under which the picture was given.
        public var file: String
        /// The face that was compared: of several, the one the picture is of.
        public var face: FaceMessage

        /// Puts a picture into a message.
        public init(file: String, face: FaceMessage) {
            self.file = file
            self.face = face
        }
    }

    /// How alike the two faces are: the cosine of their embeddings, -1...1.
    public var similarity: Float
    /// The similarity from which on two faces are taken for the same person's.
    public var threshold: Float
    /// What follows.
    public var decision: Decision
    /// The share of comparisons of different people that reach the similarity, at most; `nil` without a calibration.
    public var falseMatchRate: Double?
    /// Names the model and its weights.
    public var space: String
    /// The two pictures, in the order in which they were given.
    public var pictures: [Picture]

    private enum CodingKeys: String, CodingKey {
        case similarity, threshold, decision, space, pictures
        case falseMatchRate = "false_match_rate"
    }

    /// Creates a response; the decision, match or no match, follows from the numbers.
    public init(similarity: Float, threshold: Float, space: String, pictures: [Picture]) {
        self.similarity = similarity
        self.threshold = threshold
        decision = similarity >= threshold ? .match : .noMatch
        self.space = space
        self.pictures = pictures
    }

    /// Creates a response by a calibration: a match at a false-match rate of at most 1 in 1000, unsure at one of at most
    /// 1 in 100; `threshold` is where matches begin.
    public init(similarity: Float, threshold: Float, calibration: CalibrationTable, pictures: [Picture]) {
        self.similarity = similarity
        self.threshold = threshold
        decision = calibration.decision(for: Similarity(rawValue: similarity))
        falseMatchRate = calibration.falseMatchRate(of: Similarity(rawValue: similarity))
        space = calibration.space
        self.pictures = pictures
    }
}
