// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct HeadPoseTests {
    @Test func theAxesPointWhereTheConventionSays() {
        let front = HeadPose(yaw: 0, pitch: 0, roll: 0).axes
        #expect(front.front == Point(x: 0, y: 0) && front.left == Point(x: 1, y: 0) && front.down == Point(x: 0, y: 1))
        // To the left edge of the picture, up, and tilted clockwise.
        #expect(HeadPose(degreesYaw: 30, pitch: 0, roll: 0).axes.front.x < -0.4)
        #expect(HeadPose(degreesYaw: 0, pitch: 30, roll: 0).axes.front.y < -0.4)
        let tilted = HeadPose(degreesYaw: 0, pitch: 0, roll: 30).axes
        #expect(tilted.left.y > 0.4 && tilted.down.x < -0.4)
    }

    /// Points that a turned mean face would show, from the axes of the pose.
    @Test(arguments: [(0, 0, 0), (30, 0, 0), (-45, 10, 5), (10, -25, -20), (60, 15, 30), (0, 30, -40)])
    func aPoseIsFoundAgainFromTheLandmarksOfATurnedFace(yaw: Int, pitch: Int, roll: Int) throws {
        let pose = HeadPose(degreesYaw: Float(yaw), pitch: Float(pitch), roll: Float(roll))
        let axes = pose.axes
        let points = (0..<68).map { index in
            let model = FaceModel.points[index] ?? SIMD3(0, 0, 0)
            return Point(
                x: 100 + 80 * (model.x * axes.left.x + model.y * axes.down.x + model.z * axes.front.x),
                y: 120 + 80 * (model.x * axes.left.y + model.y * axes.down.y + model.z * axes.front.y)
            )
        }
        let found = try HeadPose(fitting: DenseLandmarks(scheme: .points68, points: points)).degrees
        #expect(abs(found.yaw - Float(yaw)) < 0.1, "\(found)")
        #expect(abs(found.pitch - Float(pitch)) < 0.1, "\(found)")
        #expect(abs(found.roll - Float(roll)) < 0.1, "\(found)")
    }

    @Test func pointsOnALineAndTooFewAreErrors() {
        let line = (0..<68).map { Point(x: Float($0), y: Float(2 * $0)) }
        let flat = #expect(throws: FaceError.self) {
            try HeadPose(fitting: DenseLandmarks(scheme: .points68, points: line))
        }
        #expect(flat?.code == .degenerateLandmarks)
        let few = #expect(throws: FaceError.self) {
            try HeadPose(fitting: DenseLandmarks(scheme: .points5, points: Array(line.prefix(5))))
        }
        #expect(few?.code == .missingLandmarks && few?.message.contains("5 landmarks") == true)
    }

    /// Every network and method says the same of the labelled pictures, with the signs of the labels.
    @Test(
        .enabled(
            if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
            "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
        ),
        arguments: [
            "headpose_lightweight_b66", "fsanet_1x1", "fsanet_var", "openvino_headpose_adas_0001", "3ddfa_v2_mb05",
            "pnp",
        ]
    )
    func signsAreThoseOfTheLabels(name: String) throws {
        let folder = try #require(EvaluationFolders.pictures).path
        let models = try mirroredModels()
        let stage: any FaceAnalyzer<HeadPose> =
            name == "pnp"
            ? LandmarkPose(landmarks: try LandmarkNetwork(model: models.model(named: "pfld_ghostone_98")))
            : try PoseNetwork(model: models.model(named: name))
        let faces = try LabelledFaces(poses: folder + "/landmarks-dev/pose-approx.csv")
        let detections = try faces.detect(with: YuNetDetector(model: models.model(named: "yunet_n")), workers: 2)
        let outcome = try faces.outcome(of: stage, on: detections, workers: 2)
        let accuracy = PoseAccuracy(outcome.found.map { ($0.label, $0.finding) })
        #expect(outcome.missing == 0)
        #expect(accuracy.yaw < 7 && accuracy.pitch < 8 && accuracy.roll < 4, "\(accuracy)")
        for correlation in accuracy.correlations { #expect(try #require(correlation) > 0.6, "\(accuracy)") }
    }
}

/// Some points of a mean face, in outer eye distances; x to the subject's left, y down, z out of the nose.
enum FaceModel {
    static let points: [Int: SIMD3<Float>] = [
        8: SIMD3(0, 1.209, 0.061), 27: SIMD3(0, -0.063, 0.212), 28: SIMD3(0, 0.098, 0.322),
        29: SIMD3(0, 0.242, 0.451), 30: SIMD3(0, 0.336, 0.481), 31: SIMD3(-0.148, 0.440, 0.247),
        32: SIMD3(-0.087, 0.482, 0.271), 33: SIMD3(0, 0.484, 0.289), 34: SIMD3(0.087, 0.482, 0.271),
        35: SIMD3(0.148, 0.440, 0.247), 36: SIMD3(-0.500, -0.007, -0.029), 39: SIMD3(-0.192, 0.007, 0.029),
        42: SIMD3(0.192, 0.007, 0.029), 45: SIMD3(0.500, -0.007, -0.029), 48: SIMD3(-0.299, 0.708, 0.063),
        54: SIMD3(0.299, 0.708, 0.063),
    ]
}
