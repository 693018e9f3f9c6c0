// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Judges how fit faces are for recognition from what can be measured and from what other stages find.
public struct QualityMeter: FaceAnalyzer {
    /// Where a part stops being poor and where there is nothing more to wish for.
    public struct Configuration: Hashable, Sendable {
        /// Pixels between the eyes below which a face is too small.
        ///
        /// The default is 24; the aligned crop has 35.
        public var smallestEyeDistance: Float = 24
        /// Variance of the Laplacian of the aligned crop below which a face is blurred.
        ///
        /// The default is 100.
        public var blurThreshold: Double = 100
        /// The largest turn to a side, in degrees.
        ///
        /// The default is 45.
        public var largestYaw: Float = 45
        /// The largest turn up or down, in degrees.
        ///
        /// The default is 25.
        public var largestPitch: Float = 25
        /// The largest tilt, in degrees.
        ///
        /// The default is 35.
        public var largestRoll: Float = 35

        /// Creates a configuration with the defaults.
        public init() {}
    }

    /// Where parts become poor.
    public let configuration: Configuration
    private let pose: (any FaceAnalyzer<HeadPose>)?
    private let mask: (any FaceAnalyzer<Judgement<MaskState>>)?

    /// Creates a meter.
    ///
    /// - Parameters:
    ///   - pose: Tells the pose; without it the pose does not count.
    ///   - mask: Tells masks; without it occlusion does not count.
    ///   - configuration: Where parts become poor.
    public init(
        pose: (any FaceAnalyzer<HeadPose>)? = nil,
        mask: (any FaceAnalyzer<Judgement<MaskState>>)? = nil,
        configuration: Configuration = .init()
    ) {
        self.pose = pose
        self.mask = mask
        self.configuration = configuration
    }

    /// `"quality"`.
    public var name: String { "quality" }

    /// The aligned face, and what the other stages look at.
    public var crops: [FaceCrop] { [.arcFace112] + (pose?.crops ?? []) + (mask?.crops ?? []) }

    /// Returns the quality of each face, in the same order.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks``, and what the other stages throw.
    public func findings(for faces: FaceViews) throws -> [FaceQuality] {
        let aligned = try faces.crops(.arcFace112)
        let poses = try pose?.findings(for: faces)
        let masks = try mask?.findings(for: faces)
        return faces.detections.indices.map { index in
            let detection = faces.detections[index]
            var parts = [
                size(detection), sharpness(aligned[index].image), Self.exposure(aligned[index].image),
            ]
            if let pose = poses?[index] { parts.append(self.pose(pose)) }
            if let mask = masks?[index] { parts.append(Self.occlusion(mask)) }
            parts.append(Self.confidence(detection.confidence))
            return FaceQuality(parts: parts)
        }
    }

    /// 0 at 0, 0.5 at `poor`, 1 from `good` on, straight between.
    private static func score(_ value: Float, poor: Float, good: Float) -> Float {
        guard value > 0 else { return 0 }
        return value < poor ? 0.5 * value / poor : min(1, 0.5 + 0.5 * (value - poor) / max(good - poor, 1e-6))
    }

    private static func text(_ number: some BinaryFloatingPoint) -> String { String(Int(Double(number).rounded())) }

    private func size(_ detection: FaceDetection) -> FaceQuality.Part {
        let distance = detection.landmarks?.eyeDistance ?? 0
        let poor = configuration.smallestEyeDistance
        let score = Self.score(distance, poor: poor, good: 2.5 * poor)
        return .init(
            aspect: .size,
            score: score,
            complaint: score < 0.5
                ? "the face is too small: \(Self.text(distance)) pixels between the eyes, wanted are \(Self.text(poor))"
                : nil
        )
    }

    private func sharpness(_ face: Image) -> FaceQuality.Part {
        let variance = face.laplacianVariance
        let score = Self.score(
            Float(variance),
            poor: Float(configuration.blurThreshold),
            good: 4 * Float(configuration.blurThreshold)
        )
        return .init(
            aspect: .sharpness,
            score: score,
            complaint: score < 0.5
                ? "the face is blurred: its sharpness is \(Self.text(variance)), wanted is"
                    + " \(Self.text(configuration.blurThreshold))" : nil
        )
    }

    /// Looks at the middle of the aligned crop, which is skin in the main.
    private static func exposure(_ face: Image) -> FaceQuality.Part {
        let levels = face.grayLevels()
        var (sum, squares, dark, bright, count) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for row in face.height / 4..<face.height {
            for column in face.width / 5..<face.width * 4 / 5 {
                let level = Double(levels[row * face.width + column])
                sum += level
                squares += level * level
                dark += level < 8 ? 1 : 0
                bright += level > 247 ? 1 : 0
                count += 1
            }
        }
        let mean = sum / count
        let deviation = max(0, squares / count - mean * mean).squareRoot()
        let candidates: [(score: Float, complaint: String)] = [
            (score(Float(mean), poor: 45, good: 80), "the face is too dark: mean brightness \(text(mean)) of 255"),
            (
                score(Float(255 - mean), poor: 35, good: 75),
                "the face is too bright: mean brightness \(text(mean)) of 255"
            ),
            (
                score(Float(deviation), poor: 14, good: 28),
                "the face has too little contrast: brightness varies by \(text(deviation)) of 255"
            ),
            (
                score(Float(1 - bright / count), poor: 0.8, good: 0.98),
                "the face is overexposed: \(text(100 * bright / count)) % of it are white"
            ),
            (
                score(Float(1 - dark / count), poor: 0.6, good: 0.9),
                "the face is underexposed: \(text(100 * dark / count)) % of it are black"
            ),
        ]
        guard let worst = candidates.min(by: { $0.score < $1.score }) else { preconditionFailure("five candidates") }
        return .init(aspect: .exposure, score: worst.score, complaint: worst.score < 0.5 ? worst.complaint : nil)
    }

    private func pose(_ pose: HeadPose) -> FaceQuality.Part {
        let angles = pose.degrees
        let judged: [(score: Float, complaint: String)] = [
            (angles.yaw, configuration.largestYaw, "to the side"),
            (angles.pitch, configuration.largestPitch, angles.pitch > 0 ? "up" : "down"),
            (angles.roll, configuration.largestRoll, "towards a shoulder"),
        ].map { angle, largest, direction in
            // 1 up to a third of the limit, 0.5 at the limit, 0 at twice the limit.
            let excess = abs(angle) / largest
            let score = excess <= 1 ? min(1, 1.25 - 0.75 * excess) : max(0, 1 - excess / 2)
            return (
                score,
                "the head is turned \(Self.text(abs(angle)))° \(direction), at most \(Self.text(largest))° are wanted"
            )
        }
        guard let worst = judged.min(by: { $0.score < $1.score }) else { preconditionFailure("three angles") }
        return .init(aspect: .pose, score: worst.score, complaint: worst.score < 0.5 ? worst.complaint : nil)
    }

    private static func occlusion(_ mask: Judgement<MaskState>) -> FaceQuality.Part {
        let bare = mask.probabilities[.withoutMask] ?? 0
        return .init(
            aspect: .occlusion,
            score: bare,
            complaint: bare < 0.5 ? "a mask covers the face (\(text(100 * mask.probability)) % sure)" : nil
        )
    }

    private static func confidence(_ confidence: Float) -> FaceQuality.Part {
        let score = score(confidence, poor: 0.6, good: 0.9)
        return .init(
            aspect: .confidence,
            score: score,
            complaint: score < 0.5
                ? "the detector is not sure that this is a face: \(text(100 * confidence)) %" : nil
        )
    }
}
