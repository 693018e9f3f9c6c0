// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Testing

@Suite(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
struct DetectorTests {
    @Test(arguments: ["yunet_n", "yunet_s"])
    func yuNetFindsTheFacesOfTheGolden(name: String) throws {
        let golden = try GoldenDetections.yuNet(name)
        let faces = try YuNetDetector(model: mirroredModels().model(named: name)).detectFaces(in: golden.image)
        let differences = golden.largestDifferences(to: faces)
        #expect(differences.boxes < 0.05 && differences.landmarks < 0.05, "\(differences)")
        for (face, confidence) in zip(faces, golden.confidences) {
            #expect(abs(face.confidence - confidence) < 1e-4)
        }
    }

    @Test func mtcnnFindsTheFacesOfTheGolden() throws {
        let golden = try GoldenDetections.mtcnn()
        let faces = try MTCNNDetector(models: mirroredModels()).detectFaces(in: golden.image)
        let differences = golden.largestDifferences(to: faces)
        #expect(differences.boxes < 0.05 && differences.landmarks < 0.05, "\(differences)")
        for (face, confidence) in zip(faces, golden.confidences) {
            #expect(abs(face.confidence - confidence) < 1e-4)
        }
    }

    @Test func aNetworkOfFixedSizeFindsTheSameFaces() throws {
        let golden = try GoldenDetections.yuNet("yunet_s")
        let model = try mirroredModels().model(named: "yunet_2023mar_upstream")
        let faces = try YuNetDetector(model: model).detectFaces(in: golden.image)
        #expect(faces.count == golden.boxes.count)
        // The wider black margin changes the answer a little, and with it the order.
        for box in golden.boxes {
            let wanted = BoundingBox(x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1])
            #expect(faces.contains { $0.boundingBox.intersectionOverUnion(with: wanted) > 0.9 })
        }
    }

    @Test(arguments: [(1, 1), (3, 2), (11, 11), (12, 12), (31, 33), (3000, 1), (1, 3000), (4000, 40)])
    func picturesOfAnySizeAreSearched(width: Int, height: Int) throws {
        let gray = try Image(
            width: width,
            height: height,
            pixels: [UInt8](repeating: 128, count: width * height * 3)
        )
        let models = try mirroredModels()
        #expect(try YuNetDetector(model: models.model(named: "yunet_n")).detectFaces(in: gray).isEmpty)
        #expect(try MTCNNDetector(models: models).detectFaces(in: gray).isEmpty)
    }

    @Test(arguments: ["yunet", "mtcnn"])
    func largePicturesAreSearchedSmallerAndAnsweredInTheirOwnPixels(name: String) throws {
        let golden = try GoldenDetections.mtcnn()
        // Sides are scaled by different factors, which the way back has to know.
        let large = golden.image.resized(width: 961, height: 640, method: .bilinear)
        let models = try mirroredModels()
        let detector: any Detector
        if name == "yunet" {
            var configuration = YuNetDetector.Configuration()
            configuration.maximumSide = 480
            detector = try YuNetDetector(model: models.model(named: "yunet_n"), configuration: configuration)
        } else {
            var configuration = MTCNNDetector.Configuration()
            configuration.maximumSide = 480
            detector = try MTCNNDetector(models: models, configuration: configuration)
        }
        let faces = try detector.detectFaces(in: large)
        #expect(faces.count == golden.boxes.count)
        for box in golden.boxes {
            let (x, y) = ((box[0] + box[2]) / 2 * 961 / 320, (box[1] + box[3]) / 2 * 2)
            #expect(
                faces.contains { abs($0.boundingBox.center.x - x) < 20 && abs($0.boundingBox.center.y - y) < 14 }
            )
        }
    }

    @Test func facesThatFillTheFrameAreFound() throws {
        let golden = try GoldenDetections.yuNet("yunet_n")
        let model = try mirroredModels().model(named: "yunet_n")
        func found(searchesCloseUps: Bool) throws -> [Int] {
            var configuration = YuNetDetector.Configuration()
            configuration.searchesCloseUps = searchesCloseUps
            let detector = try YuNetDetector(model: model, configuration: configuration)
            return try golden.boxes.map { box in
                // From the eyebrows to the chin and no more, at a size beyond what the network sees at once.
                let (width, height) = (box[2] - box[0], box[3] - box[1])
                let closeUp = golden.image.cropped(
                    x: Int(box[0] + width * 0.1),
                    y: Int(box[1] + height * 0.2),
                    width: Int(width * 0.8),
                    height: Int(height * 0.75)
                )
                return try detector.detectFaces(in: closeUp.resized(width: 640, height: 800, method: .bilinear)).count
            }
        }
        #expect(try found(searchesCloseUps: true) == golden.boxes.map { _ in 1 })
        // Otherwise the second search would have nothing to do here.
        #expect(try found(searchesCloseUps: false).contains(0))
    }

    @Test func smallUnsureAndSurplusFacesAreLeftOutOnRequest() throws {
        let golden = try GoldenDetections.yuNet("yunet_n")
        let model = try mirroredModels().model(named: "yunet_n")
        func count(_ change: (inout YuNetDetector.Configuration) -> Void) throws -> Int {
            var configuration = YuNetDetector.Configuration()
            change(&configuration)
            return try YuNetDetector(model: model, configuration: configuration).detectFaces(in: golden.image).count
        }
        #expect(try count { $0.maximumFaces = 2 } == 2)
        #expect(try count { $0.minimumFaceSize = 45 } == golden.boxes.count { $0[2] - $0[0] >= 45 })
        #expect(try count { $0.minimumConfidence = 0.922 } == golden.confidences.count { $0 >= 0.922 })
    }

    @Test func aConfigurationThatMakesNoSenseIsRefused() throws {
        let models = try mirroredModels()
        let model = try models.model(named: "yunet_n")
        var yuNet = YuNetDetector.Configuration()
        yuNet.maximumSide = 0
        let first = #expect(throws: FaceError.self) { try YuNetDetector(model: model, configuration: yuNet) }
        #expect(first?.code == .invalidConfiguration)
        var mtcnn = MTCNNDetector.Configuration()
        mtcnn.scaleFactor = 1
        let second = #expect(throws: FaceError.self) { try MTCNNDetector(models: models, configuration: mtcnn) }
        #expect(second?.code == .invalidConfiguration)
    }

    @Test func aNetworkOfAnotherKindIsRefusedWithTheOutputItLacks() throws {
        let model = try mirroredModels().model(named: "mtcnn_pnet")
        let error = #expect(throws: FaceError.self) { try YuNetDetector(model: model) }
        #expect(error?.code == .invalidModel)
        #expect(error?.message.contains("cls_8") == true)
    }
}
