// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Runs detect, align, embed with the stages it was given.
public struct FacePipeline: Sendable {
    /// Finds the faces.
    public let detector: any Detector
    /// Brings each into the pose the embedder expects.
    public let aligner: any Aligner
    /// Turns them into vectors.
    public let embedder: any Embedder

    /// Creates a pipeline from its stages.
    public init(detector: any Detector, aligner: any Aligner, embedder: any Embedder) {
        self.detector = detector
        self.aligner = aligner
        self.embedder = embedder
    }

    /// Creates a pipeline whose aligner is the one that the embedder was trained with.
    public init(detector: any Detector, embedder: ONNXEmbedder) {
        self.init(detector: detector, aligner: embedder.aligner, embedder: embedder)
    }

    /// Returns the faces in a picture by falling confidence, each with its embedding.
    ///
    /// Blocks the calling thread for the whole computation; servers call it on a thread pool.
    public func faces(in image: Image) throws -> [RecognizedFace] {
        try recognize(detector.detectFaces(in: image), in: image)
    }

    /// Returns the face that a portrait is of, with its embedding, or `nil` when there is no face.
    ///
    /// The choice is that of ``Swift/Array/mainFace(in:)``; other faces are not embedded.
    public func mainFace(in image: Image) throws -> RecognizedFace? {
        guard let face = try detector.detectFaces(in: image).mainFace(in: image) else { return nil }
        return try recognize([face], in: image).first
    }

    /// Returns the faces in an encoded picture by falling confidence, each with its embedding.
    ///
    /// Boxes and landmarks are in pixels of the whole picture, of which no more is decoded than the stages need: large
    /// JPEGs take a fraction of the time, and faces that are too small for that are cut from the whole picture.
    ///
    /// - Throws: The errors of decoding and of the stages.
    public func faces(in source: ImageSource) throws -> [RecognizedFace] {
        try recognize(detector.detectFaces(in: source), in: source)
    }

    /// Returns the face that an encoded portrait is of, with its embedding, or `nil` when there is no face.
    ///
    /// See ``mainFace(in:)-(Image)`` and ``faces(in:)-(ImageSource)``.
    public func mainFace(in source: ImageSource) throws -> RecognizedFace? {
        let faces = try detector.detectFaces(in: source)
        guard let face = faces.mainFace(inWidth: source.width, height: source.height) else { return nil }
        return try recognize([face], in: source).first
    }

    /// Returns the given faces of an encoded picture with their embeddings, in the same order.
    public func recognize(_ detections: [FaceDetection], in source: ImageSource) throws -> [RecognizedFace] {
        try zip(detections, embedder.embed(aligner.align(detections, in: source))).map(RecognizedFace.init)
    }

    /// Returns the given faces with their embeddings, in the same order.
    public func recognize(_ detections: [FaceDetection], in image: Image) throws -> [RecognizedFace] {
        let aligned = try detections.map { try aligner.align($0, in: image) }
        return try zip(detections, embedder.embed(aligned)).map(RecognizedFace.init)
    }
}
