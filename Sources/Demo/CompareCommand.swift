// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitHTTP

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Tell whether two pictures show the same person.",
        discussion: """
            Of several faces in a picture the one nearest to the middle counts, among those at least half as wide as \
            the widest. The threshold is the embedder's for one false match in a thousand comparisons of different \
            people. \"No match\" is an answer, so the exit code is 0 for it too; a picture without a face is an error.
            """
    )

    @Argument(help: "The one picture.")
    var first: String

    @Argument(help: "The other picture.")
    var second: String

    @Option(help: ArgumentHelp("The similarity from which on it is a match (default: the model's).", valueName: "s"))
    var threshold: Float?

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold is a number, not \(threshold)") }
    }

    func run() throws {
        let store = models.store
        let embedder = try embedder.makeEmbedder(models: store, compute: models.compute)
        let pipeline = FacePipeline(
            detector: try detector.makeDetector(models: store, compute: models.compute),
            embedder: embedder
        )
        guard let threshold = threshold ?? embedder.card.threshold?.rawValue else {
            throw FaceError(
                .invalidModelCard,
                "the card of \(embedder.card.name) has no threshold far_1e3: give one with --threshold"
            )
        }
        let faces = try [first, second].map { file in
            guard let face = try pipeline.mainFace(in: Image(contentsOfFile: file)) else {
                throw NoFaceFound(file: file)
            }
            return face
        }
        let similarity = try CosineMatcher().similarity(of: faces[0].embedding, to: faces[1].embedding)
        let response = CompareResponse(
            similarity: similarity.rawValue,
            threshold: threshold,
            space: embedder.space,
            pictures: zip([first, second], faces).map { file, face in
                .init(file: file, face: FaceMessage(face.detection))
            }
        )
        try answer.print(response) {
            "similarity \(response.similarity.formatted(digits: 4)), threshold \(threshold.formatted(digits: 4)):"
                + " \(response.decision.rawValue)"
        }
    }
}

/// What `compare` says of a picture in which there is nobody to compare.
private struct NoFaceFound: Error, CustomStringConvertible {
    let file: String
    var description: String { "no face was found in \(file)" }
}
