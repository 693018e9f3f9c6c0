// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

@Suite(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
struct EmbedderTests {
    static let names = ["face_reidentification_retail_0095", "mobilefacenet_foamliu", "edgeface_xxs"]

    /// A face-sized picture without meaning, different for each `seed`.
    private static func face(_ side: Int, seed: Int) throws -> AlignedFace {
        let pixels = (0..<side * side * 3).map { UInt8(($0 * (7 + seed) / 5 + $0 / side) % 256) }
        return AlignedFace(image: try Image(width: side, height: side, pixels: pixels))
    }

    @Test(arguments: names)
    func aBatchGivesTheEmbeddingsThatItsFacesGiveAlone(name: String) throws {
        let embedder = try ONNXEmbedder(model: mirroredModels().model(named: name))
        let faces = try (0..<3).map { try Self.face(embedder.template.width, seed: $0) }
        let together = try embedder.embed(faces)
        #expect(together.count == 3)
        for (face, embedding) in zip(faces, together) {
            let alone = try embedder.embed([face])
            #expect(try CosineMatcher().similarity(of: embedding, to: alone[0]).rawValue > 0.99999)
            #expect(abs(embedding.vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
            #expect(embedding.space == embedder.space)
        }
        #expect(together[0] != together[1])
        #expect(try embedder.embed([]).isEmpty)
    }

    @Test(arguments: names)
    func facesPreparedAsTheCardSaysGiveTheGoldenInput(name: String) throws {
        let model = try mirroredModels().model(named: name)
        let golden = try NumpyArchive(contentsOf: URL(fileURLWithPath: model.path.dropLast(4) + "golden.npz")).arrays
        let wanted = try #require(golden["input"] ?? golden.first { $0.key.hasPrefix("input") }?.value)
        let input = try #require(model.card.input)
        let (batch, height, width) = (wanted.shape[0], wanted.shape[2], wanted.shape[3])
        let planes = wanted.floats
        // Back to pixels by the card, then forward again.
        let images = try (0..<batch).map { index in
            let pixels = (0..<height * width).flatMap { position in
                (0..<3).map { channel in
                    let plane = input.color == .rgb ? channel : 2 - channel
                    let value = planes[(index * 3 + plane) * height * width + position]
                    return UInt8((value / input.scale[plane] + input.mean[plane]).rounded())
                }
            }
            return try Image(width: width, height: height, pixels: pixels)
        }
        let made = input.tensor(of: images, width: width, height: height)
        #expect(made.shape == wanted.shape)
        let worst = zip(made.floats, planes).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 1e-4)
    }

    @Test func theSpaceNamesTheModelAndItsWeights() throws {
        let embedder = try ONNXEmbedder(model: mirroredModels().model(named: Self.names[0]))
        #expect(embedder.space == "face_reidentification_retail_0095@2ac8b503")
        #expect(embedder.template.width == 128 && embedder.template.height == 128)
    }

    @Test func averagingFlipsMakesAFaceAndItsMirrorImageEqual() throws {
        let model = try mirroredModels().model(named: Self.names[0])
        let face = try Self.face(128, seed: 1)
        let mirrored = AlignedFace(image: face.image.upright(from: .upMirrored))
        let plain = try ONNXEmbedder(model: model)
        let averaging = try ONNXEmbedder(model: model, averagesFlips: true)
        let (one, other) = (try plain.embed([face, mirrored]), try averaging.embed([face, mirrored]))
        #expect(try CosineMatcher().similarity(of: one[0], to: one[1]).rawValue < 0.999)
        #expect(try CosineMatcher().similarity(of: other[0], to: other[1]).rawValue > 0.99999)
        // Thresholds differ, so the vectors must not be mixed by accident.
        #expect(averaging.space == plain.space + "+flip")
        #expect(throws: FaceError.self) { try CosineMatcher().similarity(of: one[0], to: other[0]) }
    }

    @Test func aFaceOfAnotherSizeIsRefusedWithBothSizes() throws {
        let embedder = try ONNXEmbedder(model: mirroredModels().model(named: Self.names[0]))
        let error = #expect(throws: FaceError.self) { try embedder.embed([Self.face(112, seed: 0)]) }
        #expect(error?.code == .invalidImage)
        #expect(error?.message.contains("112×112") == true && error?.message.contains("128×128") == true)
    }

    @Test func aDetectorIsNoEmbedder() throws {
        let error = #expect(throws: FaceError.self) {
            try ONNXEmbedder(model: mirroredModels().model(named: "yunet_n"))
        }
        #expect(error?.code == .invalidModelCard)
    }
}

/// Networks that take the face's box with a margin, as FaceNet's do, by their cards.
@Suite struct BoxEmbedderTests {
    private struct WholePictureDetector: Detector {
        func detectFaces(in image: Image) throws -> [FaceDetection] {
            let box = BoundingBox(x: 40, y: 30, width: 64, height: 80)
            return [FaceDetection(boundingBox: box, confidence: 1)]
        }
    }

    /// A network whose embedding is the mean of each colour plane, and its card.
    private func withModel(margin: String, _ body: (ModelFile) throws -> Void) throws {
        var file = ONNXFile(opset: 13)
        file.addInput("input", shape: [nil, 3, 160, 160])
        file.addNode("GlobalAveragePool", ["input"], ["mean"])
        file.addNode("Flatten", ["mean"], ["embedding"])
        file.addOutput("embedding")
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(file.bytes).write(to: folder.appendingPathComponent("facenet.onnx"))
        let card = """
            {"name": "facenet", "task": "embedding", "file": "facenet.onnx", "bytes": \(file.bytes.count), "license": "MIT",
             "sha256": "2ac8b5038edf039c96b8b792c64148c50536f65140302ace4ca80679b9e5dce8",
             "input": {"width": 160, "height": 160, "color": "RGB", "mean": 127.5, "scale": 0.0078125},
             "output": {"name": "embedding"}, "alignment": {"type": "box", "margin": \(margin)}}
            """
        try Data(card.utf8).write(to: folder.appendingPathComponent("facenet.json"))
        try body(ModelFile(path: folder.appendingPathComponent("facenet.onnx").path))
    }

    @Test func theCardSaysThatTheBoxIsTaken() throws {
        try withModel(margin: "32") { model in
            #expect(model.card.alignment == nil && model.card.cropMargin == 32)
            let again = try ModelCard(decoding: [UInt8](JSONEncoder().encode(model.card)), from: "again")
            #expect(again == model.card)
            let embedder = try ONNXEmbedder(model: model)
            let pipeline = FacePipeline(detector: WholePictureDetector(), embedder: embedder)
            let image = TestPictures.gradient(width: 200, height: 150)
            let face = try #require(try pipeline.faces(in: image).first)
            // The box and an eighth of it on every side, standardised by fixed numbers.
            let crop = image.cropped(x: 32, y: 20, width: 80, height: 100)
                .resized(width: 160, height: 160, method: .bilinear)
            let means = (0..<3).map { channel in
                stride(from: channel, to: crop.pixels.count, by: 3)
                    .reduce(0) { $0 + (Double(crop.pixels[$1]) - 127.5) / 128 } / 25_600
            }
            let wanted = try Embedding(space: embedder.space, normalizing: means.map { Float($0) })
            #expect(try CosineMatcher().similarity(of: face.embedding, to: wanted).rawValue > 0.99999)
        }
    }

    @Test func aMarginAsLargeAsTheCropIsRefused() throws {
        try withModel(margin: "160") { model in
            let error = #expect(throws: FaceError.self) { try ONNXEmbedder(model: model) }
            #expect(error?.code == .invalidModelCard && error?.message.contains("160") == true)
        }
    }
}
