// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Whether two pictures show the same person.
public struct CompareResponse: Codable, Hashable, Sendable {
    /// What follows from a similarity and a threshold.
    public enum Decision: String, Codable, Hashable, Sendable {
        /// The similarity reaches the threshold.
        case match
        /// The similarity is below the threshold.
        case noMatch = "no match"
    }

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
    /// Names the model and its weights.
    public var space: String
    /// The two pictures, in the order in which they were given.
    public var pictures: [Picture]

    /// Creates a response; the decision follows from the numbers.
    public init(similarity: Float, threshold: Float, space: String, pictures: [Picture]) {
        self.similarity = similarity
        self.threshold = threshold
        decision = similarity >= threshold ? .match : .noMatch
        self.space = space
        self.pictures = pictures
    }
}
