// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Five points of a face.
///
/// Left and right are the subject's own, so in an unmirrored photograph `rightEye` lies nearer the image's left edge.
public struct Landmarks: Hashable, Sendable {
    /// Centre of the subject's right eye.
    public var rightEye: Point
    /// Centre of the subject's left eye.
    public var leftEye: Point
    /// Tip of the nose.
    public var noseTip: Point
    /// The subject's right corner of the mouth.
    public var rightMouthCorner: Point
    /// The subject's left corner of the mouth.
    public var leftMouthCorner: Point

    /// Creates landmarks from five points in pixels of the image.
    public init(rightEye: Point, leftEye: Point, noseTip: Point, rightMouthCorner: Point, leftMouthCorner: Point) {
        self.rightEye = rightEye
        self.leftEye = leftEye
        self.noseTip = noseTip
        self.rightMouthCorner = rightMouthCorner
        self.leftMouthCorner = leftMouthCorner
    }

    /// The points in the order of the declaration, which is also the order of alignment templates and of JSON output.
    public var points: [Point] { [rightEye, leftEye, noseTip, rightMouthCorner, leftMouthCorner] }
}

extension Landmarks {
    /// Creates landmarks from five points in the order of ``points``.
    ///
    /// - Precondition: There are exactly five.
    package init(points: [Point]) {
        precondition(points.count == 5, "a face has five landmarks")
        self.init(
            rightEye: points[0],
            leftEye: points[1],
            noseTip: points[2],
            rightMouthCorner: points[3],
            leftMouthCorner: points[4]
        )
    }

    /// Returns the landmarks with `transform` applied to each.
    public func mapped(_ transform: (Point) -> Point) -> Landmarks {
        Landmarks(points: points.map(transform))
    }
}
