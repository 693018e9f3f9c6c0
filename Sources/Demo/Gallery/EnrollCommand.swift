// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitStore
import Foundation

struct EnrollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract: "Add a person's faces to a gallery.",
        discussion: """
            Of each picture the main face is enrolled: the one in the middle, by size. The gallery is created where there \
            is none. A picture that is enrolled for the person already is passed over, so the command can be repeated. \
            Pictures that cannot be enrolled are reported and the others are; the exit code is then 1.
            """
    )

    @Option(help: ArgumentHelp("The gallery: a folder or a SQLite database.", valueName: "path"))
    var gallery: String

    @Option(help: ArgumentHelp("The person's name.", valueName: "name"))
    var subject: String

    @Argument(help: "Pictures of the person.")
    var pictures: [String]

    @Flag(help: "Do not keep the pictures; their faces can then not be embedded anew for another model.")
    var withoutPictures = false

    @OptionGroup var kind: GalleryOptions
    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if pictures.isEmpty { throw ValidationError("no picture was named") }
    }

    func run() async throws {
        let find = try FaceFinding.mainFace(detector, embedder, models)
        let gallery = try await kind.open(gallery, writing: true, creating: true)
        let progress = ProgressLine(counting: "pictures")
        let sources = pictures.map { PictureImport.Source(subject: subject, path: $0, name: $0) }
        let report = try await PictureImport(into: gallery, keepsPictures: !withoutPictures, findFace: find)
            .run(sources, workers: models.threadCount) { progress.show($0, of: $1) }
        progress.clear()
        let statistics = try await gallery.statistics
        try await gallery.close()
        for skipped in report.skipped { StandardError.line("Error: \(skipped.source): \(skipped.reason)") }
        try answer.print(ImportAnswer(report, statistics)) { ImportAnswer.text(report, statistics) }
        if !report.skipped.isEmpty { throw ExitCode.failure }
    }
}

/// Finding the face of a picture that is to be enrolled.
enum FaceFinding {
    /// Finds the main face; many pictures are handled at the same time, so each is computed with one thread.
    static func mainFace(
        _ detector: DetectorOptions,
        _ embedder: EmbedderOptions,
        _ models: ModelOptions
    ) throws -> PictureImport.FindFace {
        let pipeline = try pipeline(detector, embedder, models)
        return { picture in
            guard let face = try pipeline.mainFace(in: Image(decoding: picture)) else {
                throw FaceError(.invalidImage, "no face was found")
            }
            return face
        }
    }

    /// A pipeline of stages that compute with one thread each.
    static func pipeline(
        _ detector: DetectorOptions,
        _ embedder: EmbedderOptions,
        _ models: ModelOptions
    ) throws -> FacePipeline {
        let single = ComputeOptions(threads: 1)
        return FacePipeline(
            detector: try detector.makeDetector(models: models.store, compute: single),
            embedder: try embedder.makeEmbedder(models: models.store, compute: single)
        )
    }
}

/// What an import came to, as JSON and as text.
struct ImportAnswer: Encodable {
    struct Skipped: Encodable {
        let source: String
        let reason: String
    }

    let enrolled: Int
    let known: Int
    let skipped: [Skipped]
    let subjects: Int
    let faces: Int

    init(_ report: GalleryImport.Report, _ statistics: GalleryStatistics) {
        enrolled = report.enrolled
        known = report.known
        skipped = report.skipped.map { Skipped(source: $0.source, reason: $0.reason) }
        subjects = statistics.subjectCount
        faces = statistics.templateCount
    }

    static func text(_ report: GalleryImport.Report, _ statistics: GalleryStatistics) -> String {
        "\(report.enrolled) enrolled, \(report.known) known before, \(report.skipped.count) skipped; the gallery has"
            + " \(statistics.templateCount) faces of \(statistics.subjectCount) subjects"
    }
}
