// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct GalleryRenameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Rename a subject; where the new name is taken, that subject takes over the faces."
    )

    @OptionGroup var gallery: GalleryArgument

    @Argument(help: "The subject's name.")
    var name: String

    @Argument(help: "The new name.")
    var newName: String

    @OptionGroup var answer: OutputOptions

    private struct Answer: Encodable {
        let outcome: String
        let movedFaces: Int?
    }

    func run() async throws {
        let outcome = try await gallery.use(writing: true) { try await $0.renameSubject(name, to: newName) }
        switch outcome {
        case .notFound: throw FaceError(.galleryNotFound, "the gallery has no subject \(name)")
        case .unchanged: try answer.print(Answer(outcome: "unchanged", movedFaces: nil)) { "that is the name already" }
        case .renamed: try answer.print(Answer(outcome: "renamed", movedFaces: nil)) { "renamed" }
        case .merged(let count):
            try answer.print(Answer(outcome: "merged", movedFaces: count)) { "merged: \(count) faces were taken over" }
        }
    }
}

struct GalleryDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete subjects with their faces, or single faces.",
        discussion: """
            What is deleted is not found any more at once. Its bytes leave the gallery's files when it is compacted, \
            which --compact does right away.
            """
    )

    @OptionGroup var gallery: GalleryArgument

    @Option(help: ArgumentHelp("A subject to delete; may be given more than once.", valueName: "name"))
    var subject: [String] = []

    @Option(help: ArgumentHelp("A face to delete, by its id; may be given more than once.", valueName: "id"))
    var face: [String] = []

    @Flag(help: "Delete everything.")
    var all = false

    @Flag(help: "Rewrite the gallery's files without what was deleted.")
    var compact = false

    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if subject.isEmpty, face.isEmpty, !all { throw ValidationError("name a --subject, a --face or --all") }
        for id in face where UUID(uuidString: id) == nil {
            throw ValidationError("the id of a face is a UUID, \(id) is not")
        }
    }

    private struct Answer: Encodable {
        let subjects: Int
        let faces: Int
        let missing: [String]
        let awaitingErasure: Int
    }

    func run() async throws {
        let result = try await gallery.use(writing: true) { open in
            var (subjects, faces) = (0, 0)
            var missing: [String] = []
            if all {
                let before = try await open.removeAll()
                (subjects, faces) = (before.subjectCount, before.templateCount)
            }
            for name in subject {
                if let removed = try await open.removeSubject(name) {
                    subjects += 1
                    faces += removed.templateCount
                } else if !all {
                    missing.append(name)
                }
            }
            for id in face.compactMap(UUID.init(uuidString:)) {
                if try await open.removeTemplate(id: id) != nil {
                    faces += 1
                } else if !all {
                    missing.append(id.uuidString.lowercased())
                }
            }
            if compact { try await open.compact() }
            return Answer(
                subjects: subjects,
                faces: faces,
                missing: missing,
                awaitingErasure: try await open.statistics.awaitingErasure
            )
        }
        for name in result.missing { StandardError.line("Error: the gallery has no \(name)") }
        try answer.print(result) {
            "\(result.subjects) subjects and \(result.faces) faces were deleted; "
                + (result.awaitingErasure == 0
                    ? "their bytes are gone from the gallery's files"
                    : "their bytes go when the gallery is compacted")
        }
        if !result.missing.isEmpty { throw ExitCode.failure }
    }
}
