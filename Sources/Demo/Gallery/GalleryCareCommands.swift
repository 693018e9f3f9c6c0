// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitStore
import Foundation

struct GalleryCompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Rewrite a gallery's files without what was deleted.",
        discussion: "Afterwards no file of the gallery holds a byte of a deleted face, picture or name."
    )

    @OptionGroup var gallery: GalleryArgument

    func run() async throws {
        try await gallery.use(writing: true) { try await $0.compact() }
    }
}

struct GalleryRepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Save what is whole of a gallery whose files are damaged.",
        discussion: """
            For galleries in folders. Damaged places are left out: a face whose enrolment lies in one is gone, one whose \
            deletion does is there again. The files of before are kept in the gallery's folder "damaged" until it is \
            compacted. For a gallery in a SQLite database there is the command .recover of the program sqlite3.
            """
    )

    @OptionGroup var gallery: GalleryArgument
    @OptionGroup var answer: OutputOptions

    private struct Answer: Encodable {
        struct Damage: Encodable {
            let file: String
            let offset: UInt64
            let bytes: UInt64?
            let reason: String
        }
        let damages: [Damage]
        let subjects: Int
        let faces: Int
        let pictures: Int
        let originals: String?
    }

    func validate() throws {
        guard gallery.options.kind(of: gallery.path) == .file else {
            throw ValidationError(
                "repair is for galleries in folders; sqlite3 \(gallery.path) .recover saves what is whole of a database"
            )
        }
    }

    func run() async throws {
        let report = try await FileGallery.repair(path: gallery.options.folder(gallery.path))
        let message = Answer(
            damages: report.damages.map {
                .init(file: $0.file, offset: $0.offset, bytes: $0.bytes, reason: $0.reason)
            },
            subjects: report.subjects,
            faces: report.templates,
            pictures: report.pictures,
            originals: report.originals
        )
        try answer.print(message) {
            let places = report.damages.map { damage in
                "\(damage.file), offset \(damage.offset)" + (damage.bytes.map { ", \($0) bytes" } ?? "")
                    + ": \(damage.reason)"
            }
            let summary =
                report.damages.isEmpty
                ? "no damage: " : "saved, the files of before are in \(report.originals ?? "-"): "
            return
                (places + [
                    summary + "\(report.templates) faces of \(report.subjects) subjects, \(report.pictures) pictures"
                ]).joined(separator: "\n")
        }
    }
}

struct GalleryReembedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reembed",
        abstract: "Compute a gallery's embeddings anew from its pictures, for another model.",
        discussion: """
            Searches go on with the old embeddings until all are computed. A run that was interrupted goes on where it \
            was. Faces that cannot be embedded anew, because their picture was not kept or shows no face to this \
            detector, are reported, and the old embeddings stay in use then, unless --remove-others says that these faces \
            shall be deleted.
            """
    )

    @OptionGroup var gallery: GalleryArgument

    @Flag(help: "Delete the faces that cannot be embedded anew.")
    var removeOthers = false

    @Flag(help: "Forget what an unfinished run computed, and do nothing else.")
    var discard = false

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    private struct Answer: Encodable {
        let embedded: Int
        let skipped: [ImportAnswer.Skipped]
        let space: String?
        let isFinished: Bool
    }

    func run() async throws {
        if discard { return try await gallery.use(writing: true) { try await $0.discardStagedEmbeddings() } }
        let pipeline = try FaceFinding.pipeline(detector, embedder, models)
        let progress = ProgressLine(counting: "faces")
        let message = try await gallery.use(writing: true) { open in
            let work = Reembedding(gallery: open, pipeline: pipeline)
            let report = try await work.run(workers: models.threadCount) { progress.show($0, of: $1) }
            let isFinished = report.skipped.isEmpty || removeOthers
            if isFinished { try await work.finish(removingOthers: removeOthers) }
            return Answer(
                embedded: report.embedded,
                skipped: report.skipped.map {
                    .init(source: "\($0.subject) (\($0.id.uuidString.lowercased()))", reason: $0.reason)
                },
                space: try await open.space,
                isFinished: isFinished
            )
        }
        progress.clear()
        for skipped in message.skipped { StandardError.line("Skipped: \(skipped.source): \(skipped.reason)") }
        try answer.print(message) {
            "\(message.embedded) faces were embedded, \(message.skipped.count) skipped; the gallery is in the space "
                + (message.space ?? "none")
        }
        if !message.isFinished { throw ExitCode.failure }
    }
}
