// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Testing

@Suite(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
struct DetectorTests {
    @Test(arguments: singleShotModels)
    func aSingleShotDetectorFindsTheFacesOfTheGolden(name: String) throws {
        let golden = try GoldenDetections.singleShot(name)
        let faces = try singleShotDetector(name).detectFaces(in: golden.image)
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
        let golden = try GoldenDetections.singleShot("yunet_s")
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
        #expect(try MTCNNDetector(models: mirroredModels()).detectFaces(in: gray).isEmpty)
        for name in ["yunet_n", "retinaface_mnet025", "retinaface_slim", "scrfd_500m"] {
            #expect(try singleShotDetector(name).detectFaces(in: gray).isEmpty, "\(name)")
        }
    }

    @Test(arguments: ["yunet_n", "retinaface_mnet025", "retinaface_rfb", "scrfd_500m", "mtcnn"])
    func largePicturesAreSearchedSmallerAndAnsweredInTheirOwnPixels(name: String) throws {
        let golden = try GoldenDetections.mtcnn()
        // Sides are scaled by different factors, which the way back has to know.
        let large = golden.image.resized(width: 961, height: 640, method: .bilinear)
        let detector: any Detector
        if name == "mtcnn" {
            var configuration = MTCNNDetector.Configuration()
            configuration.maximumSide = 480
            detector = try MTCNNDetector(models: mirroredModels(), configuration: configuration)
        } else {
            detector = try singleShotDetector(name) { $0.maximumSide = 480 }
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

    /// The golden's faces from the eyebrows to the chin and no more, at a size beyond what networks see at once.
    private static func closeUps() throws -> [Image] {
        let golden = try GoldenDetections.singleShot("yunet_n")
        return golden.boxes.map { box in
            let (width, height) = (box[2] - box[0], box[3] - box[1])
            let closeUp = golden.image.cropped(
                x: Int(box[0] + width * 0.1),
                y: Int(box[1] + height * 0.2),
                width: Int(width * 0.8),
                height: Int(height * 0.75)
            )
            return closeUp.resized(width: 640, height: 800, method: .bilinear)
        }
    }

    @Test func facesThatFillTheFrameAreFound() throws {
        let closeUps = try Self.closeUps()
        let without = try singleShotDetector("yunet_n") { $0.searchesCloseUps = false }
        let with = try singleShotDetector("yunet_n")
        let wrapped = CloseUpRetryingDetector(without)
        for picture in closeUps {
            let faces = try with.detectFaces(in: picture)
            #expect(faces.count == 1)
            // The face is found at half the size and must come back at the whole: its box in the golden picture, of
            // which the close-up is four fifths of the width and three quarters of the height.
            let box = try #require(faces.first).boundingBox
            let wanted = BoundingBox(x: -80, y: -213, width: 800, height: 1067)
            #expect(box.intersectionOverUnion(with: wanted) > 0.5, "\(box)")
            #expect(try wrapped.detectFaces(in: picture) == faces)
        }
        // Otherwise the second search would have nothing to do here.
        #expect(try closeUps.contains { try without.detectFaces(in: $0).isEmpty })
    }

    @Test(arguments: [ImageOrientation.right, .left, .down])
    func headsThatAreTurnedAreFoundOnRequest(orientation: ImageOrientation) throws {
        let golden = try GoldenDetections.singleShot("scrfd_500m")
        // A strip, so that width and height differ.
        let upright = golden.image.cropped(x: 60, y: 0, width: 250, height: 180)
        let turned = upright.upright(from: orientation)
        let plain = try singleShotDetector("scrfd_500m") { $0.minimumConfidence = 0.7 }
        let wanted = try plain.detectFaces(in: upright)
        #expect(wanted.count >= 2)
        #expect(try plain.detectFaces(in: turned).isEmpty)
        let faces = try RotationRetryingDetector(plain).detectFaces(in: turned)
        #expect(faces.count == wanted.count)
        for (face, wanted) in zip(faces, wanted) {
            // Turning the found points back must give what is found in the upright picture.
            let points = try #require(face.landmarks).points.map { point in
                switch orientation {
                case .right: Point(x: point.y, y: 179 - point.x)
                case .left: Point(x: 249 - point.y, y: point.x)
                default: Point(x: 249 - point.x, y: 179 - point.y)
                }
            }
            for (point, wanted) in zip(points, try #require(wanted.landmarks).points) {
                #expect(abs(point.x - wanted.x) < 1e-3 && abs(point.y - wanted.y) < 1e-3)
            }
            let exchanged = orientation != .down
            #expect(
                abs(face.boundingBox.width - (exchanged ? wanted.boundingBox.height : wanted.boundingBox.width)) < 1e-3
            )
        }
    }

    @Test(arguments: ["yunet_n", "retinaface_rfb", "scrfd_500m"])
    func smallUnsureAndSurplusFacesAreLeftOutOnRequest(name: String) throws {
        let golden = try GoldenDetections.singleShot(name)
        func count(_ change: (inout SingleShotConfiguration) -> Void) throws -> Int {
            try singleShotDetector(name, change).detectFaces(in: golden.image).count
        }
        #expect(try count { $0.maximumFaces = 2 } == 2)
        let sizes = golden.boxes.map { min($0[2] - $0[0], $0[3] - $0[1]) }.sorted()
        let middle = (sizes[1] + sizes[2]) / 2
        #expect(try count { $0.minimumFaceSize = middle } == sizes.count - 2)
        let confidence = (golden.confidences[1] + golden.confidences[2]) / 2
        #expect(try count { $0.minimumConfidence = confidence } == 2)
    }

    @Test func aDetectorIsConfiguredAnewWithoutReadingItsNetworkAgain() throws {
        let models = try mirroredModels()
        let picture = try GoldenDetections.singleShot("yunet_n").image
        var singleShot = SingleShotConfiguration()
        singleShot.maximumFaces = 2
        singleShot.maximumSide = 320
        singleShot.minimumConfidence = 0.5
        singleShot.maximumOverlap = 0.4
        var cascade = MTCNNDetector.Configuration()
        cascade.maximumFaces = 2
        cascade.minimumConfidence = 0.8
        let yuNet = try YuNetDetector(model: models.model(named: "yunet_n"))
        let pairs: [(any Detector, any Detector)] = [
            (
                try yuNet.configured(singleShot),
                try YuNetDetector(model: models.model(named: "yunet_n"), configuration: singleShot)
            ),
            (
                try MTCNNDetector(models: models).configured(cascade),
                try MTCNNDetector(models: models, configuration: cascade)
            ),
        ]
        for (configured, made) in pairs {
            let faces = try made.detectFaces(in: picture)
            #expect(!faces.isEmpty && faces.count <= 2)
            #expect(try configured.detectFaces(in: picture) == faces)
        }
        #expect(try yuNet.detectFaces(in: picture).count > 2, "the first one is as it was")
        singleShot.maximumSide = 0
        let error = #expect(throws: FaceError.self) { try yuNet.configured(singleShot) }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func anExportWithOtherNamesAndOneFixedSizeFindsTheSameFaces() throws {
        let golden = try GoldenDetections.singleShot("retinaface_mnet025_leaky")
        let upstream = try singleShotDetector("retinaface_mnet025_upstream").detectFaces(in: golden.image)
        let differences = golden.largestDifferences(to: upstream)
        #expect(differences.boxes < 0.05 && differences.landmarks < 0.05, "\(differences)")
        let second = try GoldenDetections.singleShot("scrfd_500m")
        let faces = try singleShotDetector("scrfd_500m_upstream").detectFaces(in: second.image)
        #expect(second.largestDifferences(to: faces).boxes < 0.05)
    }

    @Test func anchorsComeFromTheCardUnlessTheyAreGiven() throws {
        var model = try mirroredModels().model(named: "retinaface_mnet025")
        let golden = try GoldenDetections.singleShot("retinaface_mnet025")
        var card = model.card
        card.decode = "as usual"
        model = ModelFile(path: model.path, card: card)
        let error = #expect(throws: FaceError.self) { try RetinaFaceDetector(model: model) }
        #expect(error?.code == .invalidModelCard && error?.message.contains("retinaface_mnet025") == true)
        let anchors = try RetinaFaceAnchors(levels: [
            .init(stride: 8, sizes: [10, 20]), .init(stride: 16, sizes: [32, 64]),
            .init(stride: 32, sizes: [128, 256]),
        ])
        let faces = try RetinaFaceDetector(model: model, anchors: anchors).detectFaces(in: golden.image)
        #expect(golden.largestDifferences(to: faces).boxes < 0.05)
        // A set of another size cannot belong to this network.
        let fewer = try RetinaFaceAnchors(levels: [.init(stride: 8, sizes: [10]), .init(stride: 16, sizes: [32])])
        let mismatch = #expect(throws: FaceError.self) {
            try RetinaFaceDetector(model: model, anchors: fewer).detectFaces(in: golden.image)
        }
        #expect(mismatch?.code == .invalidModel && mismatch?.message.contains("[2000, 4]") == true)
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
        let yuNet = try mirroredModels().model(named: "yunet_n")
        let second = #expect(throws: FaceError.self) { try SCRFDDetector(model: yuNet) }
        #expect(second?.code == .invalidModel && second?.message.contains("nine") == true)
    }
}

/// Models with a golden of decoded faces.
private let singleShotModels = [
    "yunet_n", "yunet_s", "retinaface_mnet025", "retinaface_mnet025_leaky", "retinaface_slim", "retinaface_rfb",
    "scrfd_500m", "scrfd_2.5g",
]

/// The detector that goes with a model of the mirror.
private func singleShotDetector(
    _ name: String,
    _ change: (inout SingleShotConfiguration) -> Void = { _ in }
) throws -> any Detector {
    let model = try mirroredModels().model(named: name)
    var configuration = SingleShotConfiguration()
    change(&configuration)
    if name.hasPrefix("retinaface") { return try RetinaFaceDetector(model: model, configuration: configuration) }
    if name.hasPrefix("scrfd") { return try SCRFDDetector(model: model, configuration: configuration) }
    return try YuNetDetector(model: model, configuration: configuration)
}
