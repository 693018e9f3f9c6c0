// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// What an analysis tells of one face; what was not asked for is absent.
public struct FaceAnalysisMessage: Codable, Hashable, Sendable {
    /// A kind with its probability.
    public struct Judged: Codable, Hashable, Sendable {
        /// The most probable kind.
        public var value: String
        /// Its probability, 0...1.
        public var probability: Float

        init<Kind: RawRepresentable<String> & Hashable & Sendable>(_ judgement: Judgement<Kind>) {
            value = judgement.kind.rawValue
            probability = judgement.probability
        }
    }

    /// Dense landmarks.
    public struct Landmarks: Codable, Hashable, Sendable {
        /// The number of points, which tells their order.
        public var count: Int
        /// [x, y] in pixels of the picture.
        public var points: [[Float]]
        /// Where the points of each part of the face are.
        public var parts: [String: [Int]]
    }

    /// Angles in degrees; see ``FaceKit/HeadPose`` for their signs.
    public struct Pose: Codable, Hashable, Sendable {
        /// Positive towards the left edge of the picture.
        public var yaw: Float
        /// Positive up.
        public var pitch: Float
        /// Positive clockwise as seen in the picture.
        public var roll: Float
    }

    /// An age.
    public struct Age: Codable, Hashable, Sendable {
        /// The estimate.
        public var years: Float
        /// The youngest age of the group it falls into.
        public var low: Int
        /// The oldest age of that group.
        public var high: Int
        /// The probability of the group.
        public var probability: Float
    }

    /// Both eyes.
    public struct Eyes: Codable, Hashable, Sendable {
        /// The subject's right eye.
        public var right: Judged
        /// The subject's left eye.
        public var left: Judged
    }

    /// How fit the picture is.
    public struct Quality: Codable, Hashable, Sendable {
        /// 0...1.
        public var score: Float
        /// Scores of what was looked at.
        public var parts: [String: Float]
        /// Why it is poor.
        public var complaints: [String]
    }

    /// Where the face is.
    public var face: FaceMessage
    /// Dense landmarks.
    public var landmarks: Landmarks?
    /// Which way the head is turned.
    public var pose: Pose?
    /// How old the face seems.
    public var age: Age?
    /// `female` or `male`.
    public var gender: Judged?
    /// `without_mask`, `with_mask` or `mask_weared_incorrect`.
    public var mask: Judged?
    /// One of seven.
    public var expression: Judged?
    /// `real` or `spoof`.
    public var liveness: Judged?
    /// `open` or `closed`.
    public var eyes: Eyes?
    /// Variance of the Laplacian of the aligned crop.
    public var sharpness: Double?
    /// How fit the picture is.
    public var quality: Quality?

    /// Puts an analysis into a message.
    public init(_ analysis: FaceAnalysis) {
        face = FaceMessage(analysis.detection)
        landmarks = analysis.landmarks.map { landmarks in
            Landmarks(
                count: landmarks.points.count,
                points: landmarks.points.map { [$0.x, $0.y] },
                parts: Dictionary(
                    uniqueKeysWithValues: LandmarkScheme.Feature.allCases.map {
                        ($0.rawValue, landmarks.scheme.indices(of: $0))
                    }
                )
            )
        }
        pose = analysis.pose.map { Pose(yaw: $0.degrees.yaw, pitch: $0.degrees.pitch, roll: $0.degrees.roll) }
        age = analysis.age.map { age in
            let (range, probability) = age.range
            return Age(years: age.years, low: range.low, high: range.high, probability: probability)
        }
        gender = analysis.gender.map(Judged.init)
        mask = analysis.mask.map(Judged.init)
        expression = analysis.expression.map(Judged.init)
        liveness = analysis.liveness.map(Judged.init)
        eyes = analysis.eyes.map { Eyes(right: Judged($0.right), left: Judged($0.left)) }
        sharpness = analysis.sharpness
        quality = analysis.quality.map { quality in
            Quality(
                score: quality.score,
                parts: Dictionary(uniqueKeysWithValues: quality.parts.map { ($0.aspect.rawValue, $0.score) }),
                complaints: quality.complaints
            )
        }
    }
}
