// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What the stages of an analysis tell of one face; `nil` is what was not asked for.
public struct FaceAnalysis: Hashable, Sendable {
    /// Where the face is.
    public let detection: FaceDetection
    /// Many points of the face.
    public var landmarks: DenseLandmarks?
    /// Which way the head is turned.
    public var pose: HeadPose?
    /// How old the face seems.
    public var age: AgeEstimate?
    /// What the network takes the face for.
    public var gender: Judgement<Gender>?
    /// Whether mouth and nose are covered.
    public var mask: Judgement<MaskState>?
    /// What the face expresses.
    public var expression: Judgement<FacialExpression>?
    /// Whether the face is there in person.
    public var liveness: Judgement<Liveness>?
    /// Whether the eyes are open.
    public var eyes: EyeStates?
    /// Variance of the Laplacian of the aligned crop; small is blurred.
    public var sharpness: Double?
    /// How fit the picture is for recognition.
    public var quality: FaceQuality?

    /// Creates an analysis of which nothing is known yet but the place.
    public init(detection: FaceDetection) {
        self.detection = detection
    }
}
