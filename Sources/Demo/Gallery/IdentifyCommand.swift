// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitStore
import Foundation

struct IdentifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identify",
        abstract: "Tell whose faces in a gallery those in pictures resemble most.",
        discussion: """
            As text, each candidate is a line of picture, number of the face in it, similarity and subject, best first; a \
            face without candidates gives one line with a dash. The gallery is opened for reading and may be in use. A \
            picture that cannot be read is reported, and the exit code is then 1.
            """
    )

    @Option(help: ArgumentHelp("The gallery: a folder or a SQLite database.", valueName: "path"))
    var gallery: String

    @Argument(help: "Pictures whose faces to identify.")
    var pictures: [String]

    @Option(help: ArgumentHelp("The most candidates for each face.", valueName: "n"))
    var top = 5

    @Option(help: ArgumentHelp("Leave out candidates that are less similar, -1 to 1.", valueName: "similarity"))
    var threshold: Float?

    @Flag(help: "List single faces of the gallery, so that a subject may occur more than once.")
    var faces = false

    @Flag(help: "Compare every face, however large the gallery is.")
    var exact = false

    @OptionGroup var kind: GalleryOptions
    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if pictures.isEmpty { throw ValidationError("no picture was named") }
        if top < 1 { throw ValidationError("--top is 1 or more, not \(top)") }
        if let threshold, !(-1...1).contains(threshold) {
            throw ValidationError("--threshold lies within -1 and 1, \(threshold) does not")
        }
    }

    private struct Answer: Encodable {
        struct Candidate: Encodable {
            let subject: String
            let similarity: Float
            let id: String
        }
        struct Face: Encodable {
            let box: [Float]
            let confidence: Float
            let candidates: [Candidate]
        }
        struct Picture: Encodable {
            let file: String
            let faces: [Face]
        }
        let space: String?
        let pictures: [Picture]
    }

    func run() async throws {
        let gallery = try await kind.open(gallery, writing: false)
        let pipeline = FacePipeline(
            detector: try detector.makeDetector(models: models.store, compute: models.compute),
            embedder: try embedder.makeEmbedder(models: models.store, compute: models.compute)
        )
        let options = SearchOptions(
            limit: top,
            ranking: faces ? .templates : .subjects,
            threshold: threshold.map(Similarity.init(rawValue:)),
            precision: exact ? .exact : .automatic
        )
        var identified: [Answer.Picture] = []
        for file in pictures {
            do {
                let found = try pipeline.faces(in: Image(contentsOfFile: file))
                let candidates = try await gallery.candidates(for: found.map(\.embedding), options)
                identified.append(
                    .init(
                        file: file,
                        faces: zip(found, candidates).map { face, candidates in
                            let box = face.detection.boundingBox
                            return .init(
                                box: [box.x, box.y, box.width, box.height],
                                confidence: face.detection.confidence,
                                candidates: candidates.map {
                                    .init(
                                        subject: $0.template.subject,
                                        similarity: $0.similarity.rawValue,
                                        id: $0.template.id.uuidString.lowercased()
                                    )
                                }
                            )
                        }
                    )
                )
            } catch let error as FaceError where error.code == .incomparableEmbeddings {
                throw error
            } catch {
                StandardError.report(error)
            }
        }
        try answer.print(Answer(space: try await gallery.space, pictures: identified)) {
            identified.flatMap(Self.lines).joined(separator: "\n")
        }
        if identified.count < pictures.count { throw ExitCode.failure }
    }

    private static func lines(_ picture: Answer.Picture) -> [String] {
        if picture.faces.isEmpty { return ["\(picture.file)\t-\t-\tno face"] }
        return picture.faces.enumerated().flatMap { number, face in
            face.candidates.isEmpty
                ? ["\(picture.file)\t\(number + 1)\t-\tnobody"]
                : face.candidates.map {
                    "\(picture.file)\t\(number + 1)\t\($0.similarity.formatted(digits: 4))\t\($0.subject)"
                }
        }
    }
}
