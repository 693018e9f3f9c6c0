// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// One face in a message, in pixels of the upright picture.
public struct FaceMessage: Codable, Hashable, Sendable {
    /// Left edge, top edge, width and height.
    public var box: [Float]
    /// The detector's own confidence, 0...1.
    public var confidence: Float
    /// Five points [x, y]: the subject's right eye, left eye, nose tip, right and left corner of the mouth; absent when
    /// the detector finds boxes only.
    public var landmarks: [[Float]]?

    /// Puts a detection into a message.
    public init(_ detection: FaceDetection) {
        let box = detection.boundingBox
        self.box = [box.x, box.y, box.width, box.height]
        confidence = detection.confidence
        landmarks = detection.landmarks?.points.map { [$0.x, $0.y] }
    }
}
