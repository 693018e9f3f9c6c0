// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Blends one face into another picture (face fusion): the source's features in the target's frame.
public protocol Fuser: Sendable {
    /// Returns a picture of the target picture's size; pixels beyond the face and its near surroundings, which a
    /// change of shape moves along, are the target's own.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` when a face has too few landmarks for this fuser,
    ///   ``FaceError/Code/degenerateLandmarks`` when the faces cannot be brought into one another: too small, turned too
    ///   far, or with landmarks that make no face.
    func fuse(_ source: FusionFace, into target: FusionFace) throws -> Image
}

/// A face to be fused, together with the picture it is in.
public struct FusionFace: Hashable, Sendable {
    /// The whole picture.
    public var image: Image
    /// Where the face is.
    public var detection: FaceDetection
    /// Dense landmarks in pixels of the picture; `nil` when not computed.
    public var landmarks: DenseLandmarks?

    /// Creates a face from its picture, its detection and, where a fuser wants them, its dense landmarks.
    public init(image: Image, detection: FaceDetection, landmarks: DenseLandmarks? = nil) {
        self.image = image
        self.detection = detection
        self.landmarks = landmarks
    }
}

extension FusionFace {
    /// Finds the face that a portrait is of, and its landmarks; `nil` when there is no face.
    ///
    /// - Throws: What detector and stage throw.
    public init?(
        in image: Image,
        detector: any Detector,
        landmarks: any FaceAnalyzer<DenseLandmarks>
    ) throws {
        guard let detection = try detector.detectFaces(in: image).mainFace(in: image) else { return nil }
        let found = try landmarks.findings(for: FaceViews(of: [detection], in: image))
        self.init(image: image, detection: detection, landmarks: found.first)
    }
}
