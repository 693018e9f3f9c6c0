// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Testing

@Suite struct QualityTests {
    private struct FixedPose: FaceAnalyzer {
        var pose: HeadPose
        let name = "fixed"
        let crops: [FaceCrop] = []
        func findings(for faces: FaceViews) -> [HeadPose] { faces.detections.map { _ in pose } }
    }

    private struct FixedMask: FaceAnalyzer {
        var masked: Float
        let name = "fixed"
        let crops: [FaceCrop] = []
        func findings(for faces: FaceViews) -> [Judgement<MaskState>] {
            faces.detections.map { _ in Judgement([(.withMask, masked), (.withoutMask, 1 - masked)]) }
        }
    }

    /// Noise of the given strength about a brightness.
    private static func picture(brightness: Int, noise: Int, side: Int = 240) -> Image {
        var generator = SeededGenerator(seed: 7)
        var pixels: [UInt8] = []
        for _ in 0..<side * side {
            let level = UInt8(min(max(brightness + Int.random(in: -noise...noise, using: &generator), 0), 255))
            pixels += [level, level, level]
        }
        return try! Image(width: side, height: side, pixels: pixels)
    }

    private static func face(scale: Float = 1, confidence: Float = 0.95) -> FaceDetection {
        let template = AlignmentTemplate.arcFace112.landmarks
        return FaceDetection(
            boundingBox: BoundingBox(x: 20, y: 20, width: 180 * scale, height: 200 * scale),
            landmarks: template.mapped { Point(x: $0.x * 2 * scale, y: $0.y * 2 * scale) },
            confidence: confidence
        )
    }

    private static func quality(
        _ image: Image,
        _ face: FaceDetection = face(),
        pose: HeadPose = HeadPose(yaw: 0, pitch: 0, roll: 0),
        masked: Float = 0
    ) throws -> FaceQuality {
        let meter = QualityMeter(pose: FixedPose(pose: pose), mask: FixedMask(masked: masked))
        return try meter.findings(for: FaceViews(of: [face], in: image))[0]
    }

    @Test func aGoodFaceHasNothingToComplainAbout() throws {
        let quality = try Self.quality(Self.picture(brightness: 130, noise: 60))
        #expect(quality.score > 0.8 && quality.complaints.isEmpty, "\(quality)")
        #expect(quality.parts.map(\.aspect) == FaceQuality.Aspect.allCases)
    }

    @Test func everyWeaknessIsNamedWithItsNumber() throws {
        let good = Self.picture(brightness: 130, noise: 60)
        let cases: [(FaceQuality, FaceQuality.Aspect, String)] = [
            (try Self.quality(good, Self.face(scale: 0.2)), .size, "14 pixels between the eyes"),
            (try Self.quality(Self.picture(brightness: 130, noise: 3)), .sharpness, "blurred"),
            (try Self.quality(Self.picture(brightness: 20, noise: 20)), .exposure, "too dark"),
            (try Self.quality(Self.picture(brightness: 240, noise: 40)), .exposure, "too bright"),
            (
                try Self.quality(good, pose: HeadPose(degreesYaw: -60, pitch: 0, roll: 0)), .pose,
                "60° to the side, at most 45°"
            ),
            (try Self.quality(good, pose: HeadPose(degreesYaw: 0, pitch: 30, roll: 0)), .pose, "30° up"),
            (try Self.quality(good, masked: 0.9), .occlusion, "mask"),
            (try Self.quality(good, Self.face(confidence: 0.4)), .confidence, "40 %"),
        ]
        for (quality, aspect, words) in cases {
            #expect(try #require(quality[aspect]) < 0.5, "\(aspect)")
            #expect(quality.score < 0.5)
            #expect(quality.complaints.contains { $0.contains(words) }, "\(quality.complaints) \(words)")
        }
    }

    @Test func sharpnessIsTheVarianceOfTheAlignedCrop() throws {
        let image = Self.picture(brightness: 130, noise: 60)
        let found = try SharpnessMeter().findings(for: FaceViews(of: [Self.face()], in: image))[0]
        let aligned = try FivePointAligner().align(Self.face(), in: image)
        #expect(found == aligned.image.laplacianVariance)
    }
}
