// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP

/// Pictures whose faces are squares of one colour, and stages that read them: everything but computing is as in a real
/// server, and every result is known in advance.
enum Stub {
    /// A face: where its square is and whose it is.
    struct Face {
        var x: Int
        var y: Int
        var side = 40
        var person = Person.anna
        /// 0...255; the confidence is 0.5 for 0 and 1 for 255.
        var green: UInt8 = 254
    }

    /// People differ in red and blue.
    enum Person {
        case anna, bob, carl

        var color: (red: UInt8, blue: UInt8) {
            switch self {
            case .anna: (250, 10)
            case .bob: (10, 250)
            case .carl: (200, 200)
            }
        }
    }

    /// A picture of faces on black.
    static func picture(_ faces: [Face], width: Int = 200, height: Int = 200) throws -> Image {
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for face in faces {
            for y in face.y..<min(face.y + face.side, height) {
                for x in face.x..<min(face.x + face.side, width) {
                    let index = 3 * (y * width + x)
                    (pixels[index], pixels[index + 2]) = face.person.color
                    pixels[index + 1] = face.green
                }
            }
        }
        return try Image(width: width, height: height, pixels: pixels)
    }

    /// The file of a picture of faces.
    static func png(_ faces: Face..., width: Int = 200, height: Int = 200) throws -> [UInt8] {
        try picture(faces, width: width, height: height).encoded(as: .png)
    }

    /// The file of a picture of one person.
    static func png(of person: Person) throws -> [UInt8] { try png(Face(x: 60, y: 50, person: person)) }

    /// The file of a picture without faces.
    static func empty() throws -> [UInt8] { try png() }

    static let space = "stub@1"

    /// All stages.
    static var stages: FixedStages { makeStages() }

    /// All stages, with another embedder.
    static func makeStages(embedder: any Embedder = StubEmbedder()) -> FixedStages {
        FixedStages(
            detector: StubDetector(),
            recognizer: Recognizer(
                name: "stub",
                aligner: StubAligner(),
                embedder: embedder,
                inputSize: (8, 8),
                threshold: 0.5
            ),
            attributes: StubAttributes(),
            fusion: StubFusion()
        )
    }
}

/// Finds the squares.
struct StubDetector: Detector {
    func detectFaces(in image: Image) -> [FaceDetection] {
        var seen = [Bool](repeating: false, count: image.width * image.height)
        var faces: [FaceDetection] = []
        func isInk(_ x: Int, _ y: Int) -> Bool {
            let index = 3 * (y * image.width + x)
            return Int(image.pixels[index]) + Int(image.pixels[index + 2]) > 100
        }
        for y in 0..<image.height {
            for x in 0..<image.width where isInk(x, y) && !seen[y * image.width + x] {
                var (right, bottom) = (x, y)
                while right < image.width, isInk(right, y) { right += 1 }
                while bottom < image.height, isInk(x, bottom) { bottom += 1 }
                for row in y..<bottom { for column in x..<right { seen[row * image.width + column] = true } }
                let (width, height) = (Float(right - x), Float(bottom - y))
                func point(_ horizontal: Float, _ vertical: Float) -> Point {
                    Point(x: Float(x) + horizontal * width, y: Float(y) + vertical * height)
                }
                let green = image.pixels[3 * (y * image.width + x) + 1]
                faces.append(
                    FaceDetection(
                        boundingBox: BoundingBox(x: Float(x), y: Float(y), width: width, height: height),
                        landmarks: Landmarks(
                            rightEye: point(0.3, 0.4),
                            leftEye: point(0.7, 0.4),
                            noseTip: point(0.5, 0.6),
                            rightMouthCorner: point(0.35, 0.8),
                            leftMouthCorner: point(0.65, 0.8)
                        ),
                        confidence: 0.5 + Float(green) / 510
                    )
                )
            }
        }
        return faces.sorted { $0.confidence > $1.confidence }
    }
}

/// Cuts out the middle.
struct StubAligner: Aligner {
    func align(_ face: FaceDetection, in image: Image) -> AlignedFace {
        let center = face.boundingBox.center
        return AlignedFace(image: image.cropped(x: Int(center.x) - 4, y: Int(center.y) - 4, width: 8, height: 8))
    }
}

/// Takes the colour for the person; vectors are 2 long.
struct StubEmbedder: MeasuringEmbedder {
    let space = Stub.space

    func embed(_ faces: [AlignedFace]) throws -> [Embedding] {
        try faces.map { face in
            let index = 3 * (4 * face.image.width + 4)
            let (red, blue) = (Float(face.image.pixels[index]), Float(face.image.pixels[index + 2]))
            return try Embedding(space: space, normalizing: [red, blue, 1, 0])
        }
    }

    func measuredEmbeddings(of faces: [AlignedFace]) throws -> [MeasuredEmbedding] {
        try embed(faces).map { MeasuredEmbedding(embedding: $0, length: 2) }
    }
}

/// The stages without the models of some, as when they are not installed.
struct LackingStages: StageLibrary {
    var hasDetector = true
    var missing: Set<FaceAttribute> = []

    private static let fault = FaceError(
        .modelNotFound,
        "the model x is not installed (searched /models): get it with \"facekit models pull x\""
    )

    func detector(_ settings: DetectorSettings) throws -> any Detector {
        guard hasDetector else { throw Self.fault }
        return Stub.stages.detector(settings)
    }

    func recognizer(_ name: String?) -> Recognizer { Stub.stages.recognizer(name) }

    func attributes(
        _ attributes: Set<FaceAttribute>,
        models: [FaceAttribute: String]
    ) throws -> any AttributeStage {
        guard missing.isDisjoint(with: attributes) else { throw Self.fault }
        return try Stub.stages.attributes(attributes, models: models)
    }

    func fusion(_ name: String?) throws -> any FusionStage { try Stub.stages.fusion(name) }
}

/// The stages with a detector that keeps to its settings, as real ones do.
struct SettingsStages: StageLibrary {
    private struct Detector: FaceKit.Detector {
        let settings: DetectorSettings

        func detectFaces(in image: Image) -> [FaceDetection] {
            let scale = min(1, Float(settings.maximumSide) / Float(max(image.width, image.height)))
            return StubDetector().detectFaces(in: image).filter {
                $0.confidence >= settings.minimumConfidence ?? 0
                    && $0.boundingBox.width * scale >= settings.minimumFaceSize ?? 0
            }
        }
    }

    func detector(_ settings: DetectorSettings) -> any FaceKit.Detector { Detector(settings: settings) }

    func recognizer(_ name: String?) -> Recognizer { Stub.stages.recognizer(name) }

    func attributes(
        _ attributes: Set<FaceAttribute>,
        models: [FaceAttribute: String]
    ) throws -> any AttributeStage { try Stub.stages.attributes(attributes, models: models) }

    func fusion(_ name: String?) throws -> any FusionStage { try Stub.stages.fusion(name) }
}

/// Fails at every face, with a text that is nothing for clients.
struct FailingEmbedder: Embedder {
    struct Fault: Error, CustomStringConvertible { let description = "secret detail of /srv/models" }

    let space = Stub.space
    func embed(_ faces: [AlignedFace]) throws -> [Embedding] { throw Fault() }
}

/// Says the same of every face.
struct StubAttributes: AttributeStage {
    func version(of attribute: FaceAttribute) -> String { "" }

    func attributes(
        of faces: [FaceDetection],
        in image: Image,
        measured: (FaceAttribute, Double) -> Void
    ) -> [FaceAttributes] {
        for attribute in [FaceAttribute.age, .gender, .pose, .mask] { measured(attribute, 0.0123) }
        return faces.map { face in
            var attributes = FaceAttributes()
            attributes.age = .init(years: 28, low: 25, high: 32, probability: 0.75)
            attributes.gender = .init(.female, probability: 0.5)
            // The wider a face, the more it is turned.
            attributes.pose = .init(pitch: -3.5, yaw: face.boundingBox.width >= 60 ? 60 : 12.5, roll: 0.75)
            attributes.mask = .init(.correct, probability: 0.25)
            return attributes
        }
    }
}

/// Gives the target back with one pixel changed.
struct StubFusion: FusionStage {
    func fuse(
        _ source: (image: Image, face: FaceDetection),
        into target: (image: Image, face: FaceDetection),
        weight: Float?
    ) throws -> Image {
        var pixels = target.image.pixels
        pixels[0] = UInt8((weight ?? 0.5) * 100)
        return try Image(width: target.image.width, height: target.image.height, pixels: pixels)
    }
}
