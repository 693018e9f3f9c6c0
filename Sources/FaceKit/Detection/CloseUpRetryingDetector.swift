// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Finds faces that fill the frame with any detector: a picture in which nothing is found is searched again at a half, a
/// quarter and an eighth of its size with a margin around it, until there is a large face; and one in which large faces are
/// found that are unsure or overlap, as parts of a larger one do, at a quarter of its size.
///
/// The further searches cost time only for such pictures. Sizes in the configuration of the wrapped detector count in the
/// smaller picture. FaceKit's own detectors do the same by themselves unless their configuration says otherwise.
public struct CloseUpRetryingDetector: Detector {
    /// What searches.
    public let detector: any Detector
    /// The longer side of a picture, in pixels, of which the further searches see a half and less; larger pictures are
    /// scaled down to it before.
    public let maximumSide: Int

    /// Wraps a detector.
    ///
    /// - Precondition: `maximumSide` is at least 1.
    public init(_ detector: any Detector, maximumSide: Int = 1280) {
        precondition(maximumSide >= 1, "a maximum side of \(maximumSide) pixels holds no picture")
        self.detector = detector
        self.maximumSide = maximumSide
    }

    /// Returns faces by falling confidence.
    public func detectFaces(in image: Image) throws -> [FaceDetection] {
        try faces(in: .image(image), after: detector.detectFaces(in: image))
    }

    /// Returns faces by falling confidence; no more is decoded than the wrapped detector or the further searches need.
    public func detectFaces(in source: ImageSource) throws -> [FaceDetection] {
        try faces(in: .source(source), after: detector.detectFaces(in: source))
    }

    private func faces(in picture: SearchedPicture, after faces: [FaceDetection]) throws -> [FaceDetection] {
        let size = (picture.width, picture.height)
        return try CloseUp.faces(after: faces, size: size, maximumSide: maximumSide) { share in
            let closeUp = try CloseUp(of: picture, maximumSide: maximumSide, share: share)
            return try detector.detectFaces(in: closeUp.picture).map(closeUp.inPicture)
        }
    }
}
