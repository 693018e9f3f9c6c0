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
