// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct AnalysisStagesTests {
    private struct Counting: FaceAnalyzer {
        var findings: Int
        let name = "counting"
        let crops: [FaceCrop] = []
        func findings(for faces: FaceViews) -> [Double] { Array(repeating: 3, count: findings) }
    }

    private static let faces = [Float(0), 20].map {
        FaceDetection(boundingBox: BoundingBox(x: $0, y: 0, width: 10, height: 10), confidence: 1)
    }

    @Test func whatWasNotAskedForIsAbsent() throws {
        let image = try Image(width: 40, height: 20, pixels: Array(repeating: 9, count: 2400))
        var stages = AnalysisStages()
        #expect(try stages.analyze(Self.faces, in: image) == Self.faces.map(FaceAnalysis.init(detection:)))
        stages.sharpness = Counting(findings: 2)
        var measured: [AnalysisStages.Kind] = []
        let found = try stages.analyze(Self.faces, in: image) { kind, _ in measured.append(kind) }
        #expect(found.map(\.sharpness) == [3, 3] && found.allSatisfy { $0.pose == nil && $0.age == nil })
        #expect(measured == [.sharpness])
        #expect(stages.names.map(\.name) == ["counting"])
        #expect(try stages.analyze([], in: image).isEmpty)
    }

    @Test func aStageThatForgetsAFaceIsAnError() throws {
        let image = try Image(width: 40, height: 20, pixels: Array(repeating: 9, count: 2400))
        var stages = AnalysisStages()
        stages.sharpness = Counting(findings: 1)
        let error = #expect(throws: FaceError.self) { try stages.analyze(Self.faces, in: image) }
        #expect(error?.message.contains("1 faces where there are 2") == true)
    }

    /// A batch of faces is told the same as each face alone.
    @Test(
        .enabled(
            if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
            "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
        )
    )
    func manyFacesAreToldTheSameAsOne() throws {
        let models = try mirroredModels()
        let folder = try #require(EvaluationFolders.pictures)
        let image = try Image(contentsOfFile: folder.path + "/detect-dev/images/dlib/2007_007763.jpg")
        let faces = try YuNetDetector(model: models.model(named: "yunet_n")).detectFaces(in: image)
        #expect(faces.count > 2)
        var stages = AnalysisStages()
        stages.landmarks = try LandmarkNetwork(model: models.model(named: "pfld_ghostone_98"), looksTwice: true)
        stages.pose = try PoseNetwork(model: models.model(named: "fsanet_var_upstream"))
        stages.age = try AgeNetwork(model: models.model(named: "age_gender_tinyxception"))
        let all = try stages.analyze(faces, in: image)
        for (face, found) in zip(faces, all) {
            let alone = try stages.analyze([face], in: image)[0]
            #expect(abs(try #require(alone.age).years - (try #require(found.age)).years) < 0.01)
            #expect(abs(try #require(alone.pose).yaw - (try #require(found.pose)).yaw) < 0.001)
            for (a, b) in zip(try #require(alone.landmarks).points, try #require(found.landmarks).points) {
                #expect(abs(a.x - b.x) < 0.05 && abs(a.y - b.y) < 0.05)
            }
        }
    }

    @Test(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
    func networksOfAnotherKindAreRefusedByName() throws {
        let models = try mirroredModels()
        let wrong = try models.model(named: "face_expression")
        let makers: [() throws -> Void] = [
            { _ = try LandmarkNetwork(model: wrong) }, { _ = try PoseNetwork(model: wrong) },
            { _ = try AgeNetwork(model: wrong) }, { _ = try GenderNetwork(model: wrong) },
            { _ = try MaskNetwork(model: wrong) }, { _ = try EyeStateNetwork(model: wrong) },
            { _ = try LivenessNetworks([.init(model: wrong)]) },
            { _ = try ExpressionNetwork(model: models.model(named: "pfld_ghostone_98")) },
            { _ = try GenderNetwork(model: models.model(named: "ssrnet_age_imdb")) },
            { _ = try AgeNetwork(model: models.model(named: "ssrnet_gender_imdb")) },
        ]
        for make in makers {
            let error = #expect(throws: FaceError.self) { try make() }
            #expect(error?.code == .invalidModel && error?.message.contains("has the outputs") == true)
        }
    }
}
