// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Finds heads that lie on their side or stand on it with any detector: every picture is searched upright, turned by a
/// quarter, by a half and by three quarters.
///
/// Detectors find many turned heads without that, but put the landmarks where they would be in an upright one; all of them
/// are surest of heads that stand upright, so of faces that overlap the surest one counts. That costs four searches.
/// Landmarks come back as the subject's own in every turn, and so does the alignment that follows from them; boxes stay
/// upright rectangles of the picture that was given.
public struct RotationRetryingDetector: Detector {
    /// What searches.
    public let detector: any Detector

    /// Wraps a detector.
    public init(_ detector: any Detector) {
        self.detector = detector
    }

    /// Returns faces by falling confidence.
    public func detectFaces(in image: Image) throws -> [FaceDetection] {
        try surest(of: detector.detectFaces(in: image) + facesOfTurned(image))
    }

    /// Returns faces by falling confidence; all of the picture is decoded, to be turned.
    public func detectFaces(in source: ImageSource) throws -> [FaceDetection] {
        try detectFaces(in: source.image())
    }

    private func facesOfTurned(_ image: Image) throws -> [FaceDetection] {
        try [ImageOrientation.right, .left, .down].flatMap { orientation in
            try detector.detectFaces(in: image.upright(from: orientation))
                .map { $0.before(orientation, width: image.width, height: image.height) }
        }
    }

    private func surest(of faces: [FaceDetection]) -> [FaceDetection] {
        NonMaximumSuppression(measure: .smallerArea, threshold: 0.4)
            .keptIndices(of: faces.map(\.boundingBox), confidences: faces.map(\.confidence))
            .map { faces[$0] }
    }
}

extension FaceDetection {
    /// The face where it was before a picture of `width` × `height` pixels was turned upright from `orientation`, one of
    /// the four that do not mirror.
    fileprivate func before(_ orientation: ImageOrientation, width: Int, height: Int) -> FaceDetection {
        let (lastColumn, lastRow) = (Float(width - 1), Float(height - 1))
        func location(_ point: Point) -> Point {
            switch orientation {
            case .right: Point(x: point.y, y: lastRow - point.x)
            case .left: Point(x: lastColumn - point.y, y: point.x)
            case .down: Point(x: lastColumn - point.x, y: lastRow - point.y)
            default: point
            }
        }
        let box = boundingBox
        let one = location(Point(x: box.x, y: box.y))
        let other = location(Point(x: box.maxX, y: box.maxY))
        return FaceDetection(
            boundingBox: BoundingBox(
                x: min(one.x, other.x),
                y: min(one.y, other.y),
                width: abs(one.x - other.x),
                height: abs(one.y - other.y)
            ),
            landmarks: landmarks?.mapped(location),
            confidence: confidence
        )
    }
}
