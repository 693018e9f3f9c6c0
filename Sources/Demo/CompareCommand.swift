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
            people. With a calibration, from --calibration, the model's card or FaceKit's own measurements, a \
            similarity that one in a hundred such comparisons reaches is "unsure". "No match" is an answer, so the exit \
            code is 0 for it too; a picture without a face is an error.
            """
    )

    @Argument(help: "The one picture.")
    var first: String

    @Argument(help: "The other picture.")
    var second: String

    @Option(help: ArgumentHelp("The similarity from which on it is a match (default: the model's).", valueName: "s"))
    var threshold: Float?

    @Option(
        help: ArgumentHelp(
            "Decide by this table, which evaluate lfw writes (default: the model card's, or FaceKit's own for it).",
            valueName: "file"
        )
    )
    var calibration: String?

    @OptionGroup var pictureOptions: PictureOptions
    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold is a number, not \(threshold)") }
        if threshold != nil, calibration != nil {
            throw ValidationError("--threshold and --calibration both say when it is a match: give one of them")
        }
    }

    func run() throws {
        let store = models.store
        let embedder = try embedder.makeEmbedder(models: store, compute: models.compute)
        let pipeline = FacePipeline(
            detector: try detector.makeDetector(models: store, compute: models.compute),
            embedder: embedder
        )
        let table = try calibrationTable(for: embedder)
        guard
            let threshold = threshold ?? table?.threshold(atFalseMatchRate: 1e-3)?.rawValue
                ?? embedder.card.threshold?.rawValue
        else {
            throw FaceError(
                .invalidModelCard,
                "the card of \(embedder.card.name) has no threshold far_1e3: give one with --threshold"
            )
        }
        let faces = try [first, second].map { file in
            guard let face = try pipeline.mainFace(in: pictureOptions.source(file)) else {
                throw NoFaceFound(file: file)
            }
            return face
        }
        let similarity = try CosineMatcher().similarity(of: faces[0].embedding, to: faces[1].embedding)
        let pictures = zip([first, second], faces).map { file, face in
            CompareResponse.Picture(file: file, face: FaceMessage(face.detection))
        }
        let response =
            if let table, self.threshold == nil {
                CompareResponse(
                    similarity: similarity.rawValue,
                    threshold: threshold,
                    calibration: table,
                    pictures: pictures
                )
            } else {
                CompareResponse(
                    similarity: similarity.rawValue,
                    threshold: threshold,
                    space: embedder.space,
                    pictures: pictures
                )
            }
        try answer.print(response) {
            let rate = response.falseMatchRate.map { ", false-match rate at most \($0)" } ?? ""
            return "similarity \(response.similarity.formatted(digits: 4)), threshold \(threshold.formatted(digits: 4))"
                + "\(rate): \(response.decision.rawValue)"
        }
    }

    /// The table that was named, or the embedder's own; only one that was made for this embedder.
    private func calibrationTable(for embedder: ONNXEmbedder) throws -> CalibrationTable? {
        guard let calibration else { return embedder.calibration }
        let table = try CalibrationTable(contentsOf: calibration)
        guard table.space == embedder.space else {
            throw FaceError(
                .incomparableEmbeddings,
                "the calibration \(calibration) is for \(table.space), the embedder makes \(embedder.space)"
            )
        }
        return table
    }
}

/// What `compare` says of a picture in which there is nobody to compare.
private struct NoFaceFound: Error, CustomStringConvertible {
    let file: String
    var description: String { "no face was found in \(file)" }
}
