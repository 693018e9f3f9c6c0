// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Turns, scales and shifts a face so that its five landmarks come nearest to a template.
///
/// The transform is the least-squares similarity (``SimilarityTransform``), the resampling bilinear; what lies outside
/// the picture is black.
public struct FivePointAligner: Aligner {
    /// Where the landmarks shall lie and how large the crop is.
    public let template: AlignmentTemplate

    /// Creates an aligner for a template; the default is the ArcFace crop of 112 by 112 pixels.
    public init(template: AlignmentTemplate = .arcFace112) {
        self.template = template
    }

    /// Returns the crop of the face in `image`.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` when `face` has none,
    ///   ``FaceError/Code/degenerateLandmarks`` when they coincide or are not finite.
    public func align(_ face: FaceDetection, in image: Image) throws(FaceError) -> AlignedFace {
        guard let landmarks = face.landmarks else {
            throw FaceError(.missingLandmarks, "five-point alignment needs landmarks, and the detection has a box only")
        }
        let transform = try SimilarityTransform(mapping: landmarks.points, onto: template.landmarks.points)
        return AlignedFace(
            image: try image.warpAffine(transform.affine, width: template.width, height: template.height)
        )
    }
}
