// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What a ``Detector`` says about one face.
public struct FaceDetection: Hashable, Sendable {
    /// The face's extent in pixels of the image it was found in.
    public var boundingBox: BoundingBox
    /// Five points of the face; `nil` when the detector finds boxes only.
    public var landmarks: Landmarks?
    /// The detector's own score in 0...1; not comparable between detectors.
    public var confidence: Float

    /// Creates a detection.
    public init(boundingBox: BoundingBox, landmarks: Landmarks? = nil, confidence: Float) {
        self.boundingBox = boundingBox
        self.landmarks = landmarks
        self.confidence = confidence
    }

    /// The face in a picture whose sides are `factor` times as long.
    package func scaled(by factor: Float) -> FaceDetection {
        guard factor != 1 else { return self }
        return FaceDetection(
            boundingBox: BoundingBox(
                x: boundingBox.x * factor,
                y: boundingBox.y * factor,
                width: boundingBox.width * factor,
                height: boundingBox.height * factor
            ),
            landmarks: landmarks?.mapped { Point(x: $0.x * factor, y: $0.y * factor) },
            confidence: confidence
        )
    }
}
