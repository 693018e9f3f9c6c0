// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP

/// The stages of an analysis as the systems ask for them.
struct AnalysisAttributeStage: AttributeStage {
    let stages: AnalysisStages

    /// The network that finds 106 points.
    static let landmarkModel = "2d106det"

    func version(of attribute: FaceAttribute) -> String {
        stages.names.first { $0.kind == attribute.kind }?.name ?? ""
    }

    func attributes(
        of faces: [FaceDetection],
        in image: Image,
        measured: (FaceAttribute, Double) -> Void
    ) throws -> [FaceAttributes] {
        let analyses = try stages.analyze(faces, in: image) { kind, duration in
            guard let attribute = FaceAttribute.allCases.first(where: { $0.kind == kind }) else { return }
            measured(attribute, duration / .seconds(1))
        }
        return analyses.map(Self.attributes)
    }

    private static func attributes(_ analysis: FaceAnalysis) -> FaceAttributes {
        var attributes = FaceAttributes()
        if let age = analysis.age {
            let (range, probability) = age.range
            attributes.age = .init(years: age.years, low: range.low, high: range.high, probability: probability)
        }
        if let gender = analysis.gender {
            attributes.gender = .init(gender.kind == .female ? .female : .male, probability: gender.probability)
        }
        if let pose = analysis.pose {
            let degrees = pose.degrees
            // Networks count a turn to the picture's left as positive, the systems' answers one to its right.
            attributes.pose = .init(pitch: degrees.pitch, yaw: -degrees.yaw, roll: degrees.roll)
        }
        if let mask = analysis.mask {
            let value: FaceAttributes.Mask =
                switch mask.kind {
                case .withoutMask: .none
                case .withMask: .correct
                case .wornIncorrectly: .incorrect
                }
            attributes.mask = .init(value, probability: mask.probability)
        }
        if let quality = analysis.quality { attributes.quality = quality.score }
        if let landmarks = analysis.landmarks, landmarks.scheme == .points106 {
            attributes.landmarks106 = landmarks.points
        }
        return attributes
    }
}

extension FaceAttribute {
    /// The stage of an analysis behind the attribute.
    var kind: AnalysisStages.Kind {
        switch self {
        case .age: .age
        case .gender: .gender
        case .pose: .pose
        case .mask: .mask
        case .quality: .quality
        case .landmarks106: .landmarks
        }
    }
}
