// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import FaceKitTestSupport
import Foundation
import Testing

@Suite(
    "FaceRecognition: the document's threshold among people",
    .enabled(
        if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
        "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
    )
)
struct FaceRecognitionDistanceTests {
    /// People of lfw-dev who are compared; all of them where `FACEKIT_LONG_TESTS` is set.
    private static let people = ProcessInfo.processInfo.environment["FACEKIT_LONG_TESTS"] == nil ? 400 : Int.max

    @Test("0.65 accepts one in a thousand comparisons of different people, and most of the same")
    func operatingPoint() throws {
        let models = ModelStore(folders: [try #require(EvaluationFolders.models).path])
        let recognizer = Recognizer(
            try ONNXEmbedder(model: models.model(named: "face_reidentification_retail_0095"))
        )
        let settings = FaceRecognitionSettings()
        var configuration = MTCNNDetector.Configuration()
        configuration.minimumFaceSize = settings.detector.minimumFaceSize ?? 30
        configuration.minimumConfidence = settings.detector.minimumConfidence ?? 0.7
        let detector = try MTCNNDetector(models: models, configuration: configuration)
        let pipeline = FacePipeline(detector: detector, aligner: recognizer.aligner, embedder: recognizer.embedder)

        let images = try #require(EvaluationFolders.pictures).appendingPathComponent("lfw-dev/images").path
        var (first, second): ([Embedding], [Embedding?]) = ([], [])
        for name in try FileManager.default.contentsOfDirectory(atPath: images).sorted().prefix(Self.people) {
            let files = try FileManager.default.contentsOfDirectory(atPath: "\(images)/\(name)").sorted().prefix(2)
            let embeddings = try files.map {
                try pipeline.mainFace(in: ImageSource(contentsOfFile: "\(images)/\(name)/\($0)"))?.embedding
            }
            guard let one = embeddings.first ?? nil else { continue }
            first.append(one)
            second.append(embeddings.count > 1 ? embeddings[1] : nil)
        }

        let scale = recognizer.distanceScale(reference: 0.65)
        func isFound(_ one: Embedding, _ other: Embedding) -> Bool {
            let cosine = zip(one.vector, other.vector).reduce(Float(0)) { $0 + $1.0 * $1.1 }
            return scale.applied(to: max(0, 2 - 2 * cosine).squareRoot()) <= 0.65
        }
        var (strangers, found) = (0, 0)
        for index in first.indices {
            for other in 0..<index {
                strangers += 1
                if isFound(first[index], first[other]) { found += 1 }
            }
        }
        let mated = zip(first, second).compactMap { one, other in other.map { isFound(one, $0) } }
        let (rate, share) = (
            Double(found) / Double(strangers), Double(mated.count { $0 }) / Double(mated.count)
        )
        print("0.65 among \(first.count) people: \(found) of \(strangers) strangers, \(share) of \(mated.count) mated")
        // The table was measured with another detector and among other people; so few pairs scatter, too.
        #expect((0.4e-3...2.5e-3).contains(rate), "false-match rate \(rate)")
        #expect(share > 0.9, "\(share) of \(mated.count) pairs of the same person")
    }
}
