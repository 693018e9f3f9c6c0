// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct DetectionAccuracyTests {
    private static func detection(_ x: Float, _ y: Float, side: Float, _ confidence: Float) -> FaceDetection {
        FaceDetection(boundingBox: BoundingBox(x: x, y: y, width: side, height: side), confidence: confidence)
    }

    // Worked out by hand. Faces of heights 15, 30 and 100, and an ignored one of 30. By falling confidence: the face of
    // 100 (right), nothing (wrong, height 30), the face of 100 once more (wrong), the ignored one (does not count), the
    // face of 15 (right). Over all: precision 1 at recall 1/3, 2/4 at recall 2/3, so 1/3 + 1/3 · 1/2 = 1/2.
    private static let annotations = DetectionAnnotations(pictures: [
        .init(
            file: "a",
            faces: [
                .init(left: 0, top: 0, right: 100, bottom: 100), .init(left: 200, top: 0, right: 215, bottom: 15),
                .init(left: 300, top: 0, right: 330, bottom: 30, isIgnored: true),
            ]
        ), .init(file: "b", faces: [.init(left: 0, top: 0, right: 30, bottom: 30)]),
    ])
    private static let detections = [
        [
            detection(200, 0, side: 15, 0.5), detection(5, 5, side: 100, 0.9), detection(0, 0, side: 98, 0.7),
            detection(300, 1, side: 30, 0.6),
        ], [detection(200, 200, side: 30, 0.8)],
    ]

    @Test func aSmallCaseGivesWhatIsWorkedOutByHand() throws {
        let accuracy = DetectionAccuracy(of: Self.detections, on: Self.annotations)
        #expect(accuracy.classes.map(\.name) == ["all", "h<10", "10-20", "20-40", "40-80", ">=80"])
        #expect(accuracy.classes.map(\.faces) == [3, 0, 1, 1, 0, 1])
        let precisions = accuracy.classes.map(\.averagePrecision)
        #expect(abs(try #require(precisions[0]) - 0.5) < 1e-12)
        // Nobody to be found, the only right one, nothing but a wrong one, nobody, right before its double.
        #expect(precisions[1] == nil && precisions[4] == nil)
        #expect(precisions[2] == 1 && precisions[3] == 0 && precisions[5] == 1)
    }

    @Test func theReportHasTheKeysThatOthersRead() throws {
        let accuracy = DetectionAccuracy(of: Self.detections, on: Self.annotations)
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(accuracy)) as? [String: [String: Any]]
        #expect(json?.keys.sorted() == ["10-20", "20-40", "40-80", ">=80", "all", "h<10"])
        #expect(json?["10-20"]?["ap"] as? Double == 1 && json?["10-20"]?["faces"] as? Int == 1)
        #expect(json?["h<10"]?["ap"] is NSNull)
    }

    @Test(arguments: [
        (#"[{"file": "a", "faces": [{"box": [1, 2, 3]}]}]"#, "a face with the box [1.0, 2.0, 3.0]"),
        (#"[{"file": "a", "faces": [{"box": [3, 2, 1, 4]}]}]"#, "a face with the box [3.0"),
        (#"[{"file": "a"}]"#, "not usable"), ("", "not usable"),
    ])
    func damagedAnnotationsAreRefused(text: String, message: String) {
        let error = #expect(throws: FaceError.self) {
            try DetectionAnnotations(decoding: Array(text.utf8), from: "known.json")
        }
        #expect(error?.code == .invalidEvaluationData)
        #expect(error?.message.contains("known.json") == true && error?.message.contains(message) == true)
    }

    @Test(
        .enabled(
            if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
            "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
        )
    )
    func yuNetReachesTheReferenceInEveryHeightClass() throws {
        // OpenCV's FaceDetectorYN with the same weights, confidence 0.02 and overlap 0.45, by the same protocol.
        let reference = [0.21608, 0.02507, 0.32939, 0.64791, 0.84062, 0.92865]
        let folder = try #require(EvaluationFolders.pictures).appendingPathComponent("detect-dev").path
        let annotations = try DetectionAnnotations(contentsOf: folder + "/annotations.json")
        var configuration = SingleShotConfiguration()
        configuration.minimumConfidence = 0.02
        configuration.maximumOverlap = 0.45
        configuration.searchesCloseUps = false
        let detector = try YuNetDetector(
            model: mirroredModels().model(named: "yunet_s"),
            configuration: configuration,
            compute: ComputeOptions(threads: 1)
        )
        let accuracy = try DetectionEvaluation(detector: detector, workers: 2).accuracy(on: annotations, in: folder)
        for (found, wanted) in zip(accuracy.classes, reference) {
            #expect(abs(try #require(found.averagePrecision) - wanted) <= 0.005, "\(found)")
        }
    }
}

@Suite struct DetectionMatchTests {
    @Test func theSurestDetectionTakesTheFaceThatItOverlapsMost() {
        let faces = [
            DetectionAnnotations.Face(left: 0, top: 0, right: 10, bottom: 10),
            DetectionAnnotations.Face(left: 3, top: 0, right: 13, bottom: 10, isIgnored: true),
            DetectionAnnotations.Face(left: 50, top: 50, right: 60, bottom: 60),
        ]
        func detection(_ x: Float, _ confidence: Float) -> FaceDetection {
            FaceDetection(boundingBox: BoundingBox(x: x, y: 0, width: 10, height: 10), confidence: confidence)
        }
        // The second is the surer one and overlaps both faces, the first more; the other is left to the first detection.
        let match = DetectionMatch(of: [detection(0, 0.5), detection(1, 0.9), detection(80, 0.8)], on: faces)
        #expect(match.detections == [0: 1, 1: 0])
        #expect(match.unmatched == [2])
        let other = DetectionMatch(of: [detection(1, 0.5), detection(3, 0.9)], on: faces)
        #expect(other.detections == [1: 1, 0: 0] && other.unmatched.isEmpty)
    }
}
