// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Finds faces that fill the frame with any detector: a picture in which nothing is found is searched again at half its
/// size with a margin around it.
///
/// The second search costs time only for pictures in which the first finds nothing. Sizes in the configuration of the
/// wrapped detector count in the smaller picture. FaceKit's own detectors do the same by themselves unless their
/// configuration says otherwise.
public struct CloseUpRetryingDetector: Detector {
    /// What searches.
    public let detector: any Detector
    /// The longer side of a picture, in pixels, of which the second search sees half; larger pictures are scaled down
    /// further.
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
        let faces = try detector.detectFaces(in: image)
        return try faces.isEmpty ? facesOfCloseUp(of: .image(image)) : faces
    }

    /// Returns faces by falling confidence; no more is decoded than the wrapped detector or the second search needs.
    public func detectFaces(in source: ImageSource) throws -> [FaceDetection] {
        let faces = try detector.detectFaces(in: source)
        return try faces.isEmpty ? facesOfCloseUp(of: .source(source)) : faces
    }

    private func facesOfCloseUp(of picture: SearchedPicture) throws -> [FaceDetection] {
        let closeUp = try CloseUp(of: picture, maximumSide: maximumSide)
        return try detector.detectFaces(in: closeUp.picture).map(closeUp.inPicture)
    }
}
