// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Where the five landmarks of a face lie in the canonical crop of an embedder.
public struct AlignmentTemplate: Hashable, Sendable {
    /// The canonical positions, in pixels of the crop.
    public let landmarks: Landmarks
    /// Columns of the crop.
    public let width: Int
    /// Rows of the crop.
    public let height: Int

    /// Creates a template.
    ///
    /// - Precondition: `width` and `height` are at least 1.
    public init(landmarks: Landmarks, width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a crop has at least one pixel")
        self.landmarks = landmarks
        self.width = width
        self.height = height
    }

    /// The 112 by 112 template that ArcFace and most embedders since were trained with (InsightFace project).
    public static let arcFace112 = AlignmentTemplate(
        landmarks: Landmarks(
            rightEye: Point(x: 38.2946, y: 51.6963),
            leftEye: Point(x: 73.5318, y: 51.5014),
            noseTip: Point(x: 56.0252, y: 71.7366),
            rightMouthCorner: Point(x: 41.5493, y: 92.3655),
            leftMouthCorner: Point(x: 70.7299, y: 92.2041)
        ),
        width: 112,
        height: 112
    )

    /// Returns the same face in a crop of another size: positions are multiplied by the ratio of the sides.
    ///
    /// - Precondition: `width` and `height` are at least 1.
    public func scaled(toWidth width: Int, height: Int) -> AlignmentTemplate {
        let (factorX, factorY) = (Float(width) / Float(self.width), Float(height) / Float(self.height))
        return AlignmentTemplate(
            landmarks: landmarks.mapped { Point(x: $0.x * factorX, y: $0.y * factorY) },
            width: width,
            height: height
        )
    }
}
