// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Moves a face so that its five landmarks come nearest to a template in the sense of least squares.
///
/// The resampling is bilinear; what lies outside the picture is black.
public struct FivePointAligner: Aligner {
    /// What may be done to a face.
    public enum Transform: Hashable, Sendable {
        /// It is turned, scaled and shifted (``SimilarityTransform``); embedders are trained with this.
        case similarity
        /// It may be sheared and stretched too (``AffineTransform2x3``).
        case affine
    }

    /// Where the landmarks shall lie and how large the crop is.
    public let template: AlignmentTemplate

    /// What may be done to a face.
    public let transform: Transform

    /// Creates an aligner; the default is the ArcFace crop of 112 by 112 pixels by a similarity.
    public init(template: AlignmentTemplate = .arcFace112, transform: Transform = .similarity) {
        self.template = template
        self.transform = transform
    }

    /// Returns the crop of the face in `image`.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` when `face` has none,
    ///   ``FaceError/Code/degenerateLandmarks`` when they coincide, are not finite or, for an affine
    ///   map, lie on one line.
    public func align(_ face: FaceDetection, in image: Image) throws(FaceError) -> AlignedFace {
        let map = try map(of: face)
        return AlignedFace(image: try image.warpAffine(map, width: template.width, height: template.height))
    }

    /// The scale of the map; of an affine one, the mean of its two axes.
    public func enlargement(of face: FaceDetection) -> Double? {
        (try? map(of: face)).map { abs($0.determinant).squareRoot() }
    }

    /// From the picture to the crop.
    private func map(of face: FaceDetection) throws(FaceError) -> AffineTransform2x3 {
        guard let landmarks = face.landmarks else {
            throw FaceError(.missingLandmarks, "five-point alignment needs landmarks, and the detection has a box only")
        }
        let (from, to) = (landmarks.points, template.landmarks.points)
        return switch transform {
        case .similarity: try SimilarityTransform(mapping: from, onto: to).affine
        case .affine: try AffineTransform2x3(mapping: from, onto: to)
        }
    }
}
