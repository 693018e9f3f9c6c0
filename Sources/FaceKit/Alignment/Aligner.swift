// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Warps a detected face into the pose an ``Embedder`` expects.
public protocol Aligner: Sendable {
    /// Returns the face in its canonical pose.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` when `face` has none and the aligner needs them,
    ///   ``FaceError/Code/degenerateLandmarks`` when they do not define a transform.
    func align(_ face: FaceDetection, in image: Image) throws -> AlignedFace
}

/// A face crop in the pose its ``Embedder`` was trained on, made by an ``Aligner``.
public struct AlignedFace: Hashable, Sendable {
    /// The crop.
    public var image: Image

    /// Wraps a picture that already shows a face in canonical pose.
    public init(image: Image) {
        self.image = image
    }
}
