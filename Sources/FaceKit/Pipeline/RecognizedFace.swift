// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A detected face together with its embedding.
public struct RecognizedFace: Hashable, Sendable {
    /// Where the face is.
    public var detection: FaceDetection
    /// Whose face it may be.
    public var embedding: Embedding

    /// Pairs a detection with its embedding.
    public init(detection: FaceDetection, embedding: Embedding) {
        self.detection = detection
        self.embedding = embedding
    }
}
