// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitStore
import Foundation

/// Where the pictures of an export go, by the names on the command line.
enum PicturesName: String, CaseIterable, ExpressibleByArgument {
    case inline
    case beside
    case none

    var pictures: GalleryExport.Pictures {
        switch self {
        case .inline: .inline
        case .beside: .beside
        case .none: .none
        }
    }
}

struct GalleryExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a gallery as text, one face in a line of JSON.",
        discussion: """
            The export holds faces: keep it as you would keep the gallery. What gallery import makes of it equals what was \
            exported.
            """
    )

    @OptionGroup var gallery: GalleryArgument

    @Argument(help: "The file to write.")
    var file: String

    @Option(help: "Where pictures go: into the lines, into a folder beside the file, or nowhere.")
    var pictures = PicturesName.inline

    @OptionGroup var answer: OutputOptions

    private struct Answer: Encodable {
        let subjects: Int
        let faces: Int
        let pictures: Int
    }

    func run() async throws {
        let progress = ProgressLine(counting: "faces")
        let report = try await gallery.use(writing: false) { open in
            try await GalleryExport(open, pictures: pictures.pictures).write(toFile: file) { progress.show($0, of: $1) }
        }
        progress.clear()
        try answer.print(Answer(subjects: report.subjects, faces: report.faces, pictures: report.pictures)) {
            "\(report.faces) faces of \(report.subjects) subjects were written, \(report.pictures) with their picture"
        }
    }
}

struct GalleryImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Fill a gallery from an export, from folders of pictures or from a list of pictures.",
        discussion: """
            SOURCE is a file that gallery export wrote; a folder that has a folder of pictures for each subject; or a file \
            that ends in .csv, with the columns subject and picture. Of each picture the main face is enrolled. What is in \
            the gallery already is passed over, so that an import that was interrupted is simply run again. What cannot be \
            taken is reported with the reason; the exit code is then 1.
            """
    )

    @OptionGroup var gallery: GalleryArgument

    @Argument(help: "An export, a folder or a list.")
    var source: String

    @Flag(help: "Do not keep the pictures; their faces can then not be embedded anew for another model.")
    var withoutPictures = false

    @Option(help: ArgumentHelp("Write what was skipped, and why, to this file as well.", valueName: "file"))
    var report: String?

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func run() async throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
            throw FaceError(.fileUnreadable, "there is no file or folder \(source)")
        }
        let isList = source.lowercased().hasSuffix(".csv")
        let outcome: (report: GalleryImport.Report, statistics: GalleryStatistics)
        if isFolder.boolValue || isList {
            let (sources, skipped) =
                isList
                ? (try PictureImport.sources(inList: source), []) : try PictureImport.sources(inFolder: source)
            let find = try FaceFinding.mainFace(detector, embedder, models)
            let progress = ProgressLine(counting: "pictures")
            outcome = try await gallery.use(writing: true, creating: true) { open in
                var report = try await PictureImport(into: open, keepsPictures: !withoutPictures, findFace: find)
                    .run(sources, workers: models.threadCount) { progress.show($0, of: $1) }
                report.skipped = skipped + report.skipped
                return (report, try await open.statistics)
            }
            progress.clear()
        } else {
            let progress = ProgressLine(counting: "bytes")
            outcome = try await gallery.use(writing: true, creating: true) { open in
                let report = try await GalleryImport(into: open).read(file: source) { progress.show($0, of: $1) }
                return (report, try await open.statistics)
            }
            progress.clear()
        }
        let lines = outcome.report.skipped.map { "\($0.source): \($0.reason)" }
        for line in lines { StandardError.line("Skipped: \(line)") }
        if let report {
            do {
                try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: report))
            } catch {
                throw FaceError(.fileUnwritable, "the report \(report) cannot be written", cause: error)
            }
        }
        try answer.print(ImportAnswer(outcome.report, outcome.statistics)) {
            ImportAnswer.text(outcome.report, outcome.statistics)
        }
        if !lines.isEmpty { throw ExitCode.failure }
    }
}

struct GalleryBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a gallery, which may be in use, to a new place."
    )

    @OptionGroup var gallery: GalleryArgument

    @Argument(help: "The folder or file of the copy; there must be nothing yet.")
    var target: String

    func run() async throws {
        try await gallery.use(writing: false) { try await $0.backup(toPath: target) }
    }
}
