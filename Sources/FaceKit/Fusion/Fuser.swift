// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Blends one face into another picture (face fusion): the source's features in the target's frame.
public protocol Fuser: Sendable {
    /// Returns a picture of the target picture's size; pixels outside the fused face region are the target's own.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` when a face has too few landmarks for this fuser.
    func fuse(_ source: FusionFace, into target: FusionFace) throws -> Image
}

/// A face to be fused, together with the picture it is in.
public struct FusionFace: Hashable, Sendable {
    /// The whole picture.
    public var image: Image
    /// Where the face is.
    public var detection: FaceDetection
    /// Dense landmarks in pixels of the picture, in the order of the model that found them; empty when not computed.
    public var denseLandmarks: [Point]

    /// Creates a face from its picture, its detection and, where a fuser wants them, its dense landmarks.
    public init(image: Image, detection: FaceDetection, denseLandmarks: [Point] = []) {
        self.image = image
        self.detection = detection
        self.denseLandmarks = denseLandmarks
    }
}
