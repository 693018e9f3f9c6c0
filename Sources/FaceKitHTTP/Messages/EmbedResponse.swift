// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The embeddings of the faces found in pictures.
public struct EmbedResponse: Codable, Hashable, Sendable {
    /// A face with its embedding.
    public struct Face: Codable, Hashable, Sendable {
        /// Left edge, top edge, width and height, in pixels of the upright picture.
        public var box: [Float]
        /// The detector's own confidence, 0...1.
        public var confidence: Float
        /// Five points [x, y] as in ``FaceMessage/landmarks``.
        public var landmarks: [[Float]]?
        /// A vector of length 1.
        public var embedding: [Float]

        /// Puts a face and its embedding into a message.
        public init(_ face: FaceMessage, embedding: [Float]) {
            box = face.box
            confidence = face.confidence
            landmarks = face.landmarks
            self.embedding = embedding
        }
    }

    /// One picture with its faces.
    public typealias Picture = PicturesResponse<Face>.Picture

    /// Names the model and its weights; only embeddings of the same space may be compared.
    public var space: String
    /// The pictures, in the order in which they were given.
    public var pictures: [Picture]

    /// Creates a response.
    public init(space: String, pictures: [Picture]) {
        self.space = space
        self.pictures = pictures
    }
}
