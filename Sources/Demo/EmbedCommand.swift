// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitHTTP

struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Print the embeddings of the faces in pictures.",
        discussion: """
            Embeddings are vectors of length 1 that identify people: keep them as you would keep pictures. As text, \
            each face is a line of its picture, its box and the components. A picture that cannot be read is reported \
            and the others are still embedded; the exit code is then 1.
            """
    )

    @Argument(help: "Pictures whose faces to embed.")
    var pictures: [String]

    @OptionGroup var pictureOptions: PictureOptions
    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if pictures.isEmpty { throw ValidationError("no picture was named") }
    }

    func run() throws {
        let store = models.store
        let embedder = try embedder.makeEmbedder(models: store, compute: models.compute)
        let pipeline = FacePipeline(
            detector: try detector.makeDetector(models: store, compute: models.compute),
            embedder: embedder
        )
        var embedded: [EmbedResponse.Picture] = []
        let progress = ProgressLine(counting: "pictures")
        for (index, file) in pictures.enumerated() {
            do {
                let source = try pictureOptions.source(file)
                let faces = try pipeline.faces(in: source).map { face in
                    EmbedResponse.Face(FaceMessage(face.detection), embedding: face.embedding.vector)
                }
                embedded.append(.init(file: file, width: source.width, height: source.height, faces: faces))
            } catch {
                progress.clear()
                StandardError.report(error)
            }
            progress.show(index + 1, of: pictures.count)
        }
        progress.clear()
        try answer.print(EmbedResponse(space: embedder.space, pictures: embedded)) {
            embedded.flatMap(Self.lines).joined(separator: "\n")
        }
        if embedded.count < pictures.count { throw ExitCode.failure }
    }

    private static func lines(_ picture: EmbedResponse.Picture) -> [String] {
        picture.faces.map { face in
            let box = face.box.map { $0.formatted(digits: 1) }.joined(separator: " ")
            let vector = face.embedding.map { $0.formatted(digits: 6) }.joined(separator: " ")
            return "\(picture.file)\t\(box)\t\(vector)"
        }
    }
}
