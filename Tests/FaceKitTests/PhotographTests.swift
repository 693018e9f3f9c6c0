// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

/// Detectors and the pipeline on real photographs of every kind that users bring.
@Suite(
    .enabled(
        if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
        "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
    )
)
struct PhotographTests {
    static let detectors = ["yunet", "mtcnn", "retinaface", "scrfd"]

    private static func detector(
        _ name: String,
        _ change: (inout SingleShotConfiguration) -> Void = { _ in }
    ) throws -> any Detector {
        let models = try mirroredModels()
        var configuration = SingleShotConfiguration()
        change(&configuration)
        switch name {
        case "mtcnn":
            var mtcnn = MTCNNDetector.Configuration()
            mtcnn.maximumSide = configuration.maximumSide
            mtcnn.minimumFaceSize = max(mtcnn.minimumFaceSize, configuration.minimumFaceSize)
            if configuration.minimumFaceSize == 1 { mtcnn.minimumFaceSize = 12 }
            return try MTCNNDetector(models: models, configuration: mtcnn)
        case "retinaface":
            return try RetinaFaceDetector(
                model: models.model(named: "retinaface_mnet025"),
                configuration: configuration
            )
        case "scrfd":
            return try SCRFDDetector(model: models.model(named: "scrfd_2.5g"), configuration: configuration)
        default:
            return try YuNetDetector(model: models.model(named: "yunet_n"), configuration: configuration)
        }
    }

    private static func path(_ name: String) throws -> String {
        try #require(EvaluationFolders.pictures).appendingPathComponent(name).path
    }

    private static func annotated() throws -> DetectionAnnotations {
        try DetectionAnnotations(contentsOf: path("detect-dev/annotations.json"))
    }

    /// How many of `faces` are found, a box overlapping by `share`.
    private static func found(
        _ faces: [DetectionAnnotations.Face],
        by detections: [FaceDetection],
        share: Float = 0.5
    ) -> Int {
        faces.count { face in
            let box = BoundingBox(
                x: Float(face.left),
                y: Float(face.top),
                width: Float(face.right - face.left),
                height: Float(face.bottom - face.top)
            )
            return detections.contains { $0.boundingBox.intersectionOverUnion(with: box) > share }
        }
    }

    /// Ordinary photographs of a few people each: the annotators' boxes are squares, so they overlap less.
    @Test(arguments: detectors)
    func groupsOfPeopleAreFoundWhole(name: String) throws {
        let detector = try Self.detector(name)
        let pictures = try Self.annotated().pictures.filter { $0.file.contains("dlib") }
        #expect(pictures.count == 4)
        for picture in pictures {
            let faces = try detector.detectFaces(
                in: ImageSource(contentsOfFile: Self.path("detect-dev/" + picture.file))
            )
            #expect(Self.found(picture.faces, by: faces, share: 0.3) == picture.faces.count, "\(picture.file)")
        }
    }

    /// Crowds, in which most faces are less than 20 pixels high.
    @Test(arguments: detectors)
    func mostTinyFacesOfAMagnifiedCrowdAreFound(name: String) throws {
        let detector = try Self.detector(name) { $0.minimumFaceSize = 1 }
        let pictures = try Self.annotated().pictures.filter { picture in
            picture.faces.count { !$0.isIgnored && (8..<20).contains($0.height) } >= 20
        }.prefix(4)
        #expect(pictures.count == 4)
        var (tiny, small) = (0, 0)
        for picture in pictures {
            let faces = picture.faces.filter { !$0.isIgnored && (8..<20).contains($0.height) }
            let image = try Image(contentsOfFile: Self.path("detect-dev/" + picture.file))
            tiny += Self.found(faces, by: try detector.detectFaces(in: image), share: 0.4)
            // Three times as large they are 24 to 60 pixels high.
            let large = image.resized(width: image.width * 3, height: image.height * 3, method: .bicubic)
            let magnified = faces.map { face in
                DetectionAnnotations.Face(
                    left: face.left * 3,
                    top: face.top * 3,
                    right: face.right * 3,
                    bottom: face.bottom * 3
                )
            }
            small += Self.found(magnified, by: try detector.detectFaces(in: large), share: 0.4)
        }
        let all = pictures.reduce(0) { $0 + $1.faces.count { !$0.isIgnored && (8..<20).contains($0.height) } }
        // MTCNN was made for faces from 20 pixels on, and blurred ones it leaves out.
        #expect(tiny > (name == "mtcnn" ? all / 25 : all / 10), "\(tiny) of \(all)")
        #expect(small > (name == "mtcnn" ? all / 5 : all * 2 / 5) && small > tiny, "\(small) of \(all), before \(tiny)")
    }

    /// Chips of 200×200 pixels from the eyebrows to the chin, in the sizes that people send them in.
    @Test(arguments: detectors, [200, 900])
    func facesThatFillTheFrameAreFound(name: String, side: Int) throws {
        let detector = try Self.detector(name)
        let folder = try Self.path("attributes-dev/images/utkface")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jpg") }.sorted()
        let chosen = stride(from: 0, to: files.count, by: files.count / 24).map { files[$0] }.prefix(24)
        var found = 0
        for file in chosen {
            let image = try Image(contentsOfFile: "\(folder)/\(file)")
                .resized(width: side, height: side, method: .bicubic)
            let face = try detector.detectFaces(in: image).mainFace(in: image)
            // The chip is the face.
            if let box = face?.boundingBox, box.width > 0.4 * Float(side), box.height > 0.4 * Float(side) { found += 1 }
        }
        #expect(found >= 20, "\(found) of \(chosen.count)")
    }

    /// A portrait laid into tall and wide frames.
    @Test(arguments: detectors, [(300, 900), (1600, 300), (250, 250)])
    func portraitAndLandscapePicturesAreSearched(name: String, size: (Int, Int)) throws {
        let detector = try Self.detector(name)
        let portrait = try Image(contentsOfFile: Self.path("lfw-dev/images/Abel_Pacheco/Abel_Pacheco_0001.jpg"))
        let (left, top) = ((size.0 - 250) / 2, (size.1 - 250) / 3)
        let picture = portrait.cropped(x: -left, y: -top, width: size.0, height: size.1)
        let wanted = try #require(try detector.detectFaces(in: portrait).first).boundingBox
        let box = try #require(try detector.detectFaces(in: picture).first).boundingBox
        let moved = BoundingBox(
            x: wanted.x + Float(left),
            y: wanted.y + Float(top),
            width: wanted.width,
            height: wanted.height
        )
        #expect(box.intersectionOverUnion(with: moved) > 0.75)
    }

    @Test(arguments: detectors, [ImageOrientation.right, .left, .down])
    func headsOnTheirSideAreFoundOnRequestAndRecognised(name: String, orientation: ImageOrientation) throws {
        let models = try mirroredModels()
        let pipeline = FacePipeline(
            detector: RotationRetryingDetector(try Self.detector(name)),
            embedder: try ONNXEmbedder(model: models.model(named: "face_reidentification_retail_0095"))
        )
        for person in ["Abel_Pacheco", "Akhmed_Zakayev"] {
            let upright = try Image(contentsOfFile: Self.path("lfw-dev/images/\(person)/\(person)_0001.jpg"))
            let turned = upright.upright(from: orientation)
            let one = try #require(try pipeline.mainFace(in: upright))
            let other = try #require(try pipeline.mainFace(in: turned), "\(person)")
            let similarity = try CosineMatcher().similarity(of: one.embedding, to: other.embedding)
            #expect(similarity.rawValue > 0.6, "\(person): \(similarity.rawValue)")
        }
    }

    // MARK: Pictures of which not all is decoded

    /// The group of most people at three times its size, as JPEG.
    private static func largeGroup() throws -> (image: Image, jpeg: [UInt8]) {
        let picture = try #require(
            try annotated().pictures.filter { $0.file.contains("dlib") }.max { $0.faces.count < $1.faces.count }
        )
        let image = try Image(contentsOfFile: path("detect-dev/" + picture.file))
        let factor = 3000 / max(image.width, image.height)
        let large = image.resized(width: image.width * factor, height: image.height * factor, method: .bicubic)
        let jpeg = try large.encoded(as: .jpeg(quality: 92))
        return (try Image(decoding: jpeg), jpeg)
    }

    @Test(arguments: detectors)
    func aReducedPictureShowsTheSameFaces(name: String) throws {
        let (image, jpeg) = try Self.largeGroup()
        let detector = try Self.detector(name)
        let source = try ImageSource(jpeg)
        let faces = try detector.detectFaces(in: source)
        let wanted = try detector.detectFaces(in: image)
        #expect(faces.count == wanted.count && faces.count >= 4)
        for face in faces {
            let best = wanted.map { $0.boundingBox.intersectionOverUnion(with: face.boundingBox) }.max() ?? 0
            // MTCNN's stages round to whole pixels.
            #expect(best > (name == "mtcnn" ? 0.8 : 0.9))
        }
        // Nothing but half of the size was decoded.
        #expect(try source.image(atLeastWidth: 8, height: 8).reduction == 2)
    }

    /// What a detector begins with while it is still being decoded, where it need not be scaled.
    @Test(arguments: detectors)
    func aPictureThatIsDecodedMeanwhileShowsTheSameFaces(name: String) throws {
        let detector = try Self.detector(name)
        let group = try Self.largeGroup().image.resized(width: 901, height: 650)
        let jpeg = try group.encoded(as: .jpeg(quality: 92))
        for _ in 0..<5 {
            let faces = try detector.detectFaces(in: ImageSource(jpeg))
            #expect(try faces == detector.detectFaces(in: Image(decoding: jpeg)) && !faces.isEmpty)
        }
        let truncated = try ImageSource(jpeg.prefix(jpeg.count / 3))
        #expect(errorCode { _ = try detector.detectFaces(in: truncated) } == .invalidImage)
    }

    @Test func embeddingsOfAReducedPictureAreThoseOfTheWhole() throws {
        let (image, jpeg) = try Self.largeGroup()
        let pipeline = FacePipeline(
            detector: try Self.detector("yunet"),
            embedder: try ONNXEmbedder(model: mirroredModels().model(named: "face_reidentification_retail_0095"))
        )
        let wanted = try pipeline.faces(in: image)
        let faces = try pipeline.faces(in: ImageSource(jpeg))
        #expect(faces.count == wanted.count)
        for face in faces {
            let similarities = try wanted.map { try CosineMatcher().similarity(of: face.embedding, to: $0.embedding) }
            #expect(try #require(similarities.max()).rawValue > 0.95)
        }
        #expect(try pipeline.mainFace(in: ImageSource(jpeg))?.detection == faces.map(\.detection).mainFace(in: image))
    }

    /// A face that is small in a large picture needs every pixel.
    @Test func smallFacesAreCutFromTheWholePicture() throws {
        let portrait = try Image(contentsOfFile: Self.path("lfw-dev/images/Abel_Pacheco/Abel_Pacheco_0001.jpg"))
        let scene = portrait.cropped(x: -1300, y: -900, width: 2600, height: 2000)
        let source = try ImageSource(scene.encoded(as: .jpeg(quality: 95)))
        let pipeline = FacePipeline(
            detector: try Self.detector("yunet"),
            embedder: try ONNXEmbedder(model: mirroredModels().model(named: "face_reidentification_retail_0095"))
        )
        let face = try #require(try pipeline.faces(in: source).first)
        #expect(try source.image(atLeastWidth: 2600, height: 2000).reduction == 1)
        let wanted = try #require(try pipeline.mainFace(in: portrait))
        #expect(try CosineMatcher().similarity(of: face.embedding, to: wanted.embedding).rawValue > 0.85)
    }
}
