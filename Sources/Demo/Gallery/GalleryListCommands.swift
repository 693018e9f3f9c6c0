// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct GallerySubjectsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subjects",
        abstract: "List the subjects of a gallery with their numbers of faces."
    )

    @OptionGroup var gallery: GalleryArgument
    @OptionGroup var answer: OutputOptions

    private struct Answer: Encodable {
        struct Entry: Encodable {
            let subject: String
            let faces: Int
            let created: Date
        }
        let subjects: [Entry]
    }

    func run() async throws {
        let subjects = try await gallery.use(writing: false) { open in
            try await open.subjects(Page(limit: .max)).subjects
        }
        let message = Answer(
            subjects: subjects.map { .init(subject: $0.name, faces: $0.templateCount, created: $0.created) }
        )
        try answer.print(message) {
            subjects.map { "\($0.templateCount)\t\($0.name)" }.joined(separator: "\n")
        }
    }
}

struct GalleryFacesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faces",
        abstract: "List the faces of a gallery in the order of their enrolment."
    )

    @OptionGroup var gallery: GalleryArgument

    @Option(help: ArgumentHelp("Only the faces of this subject.", valueName: "name"))
    var subject: String?

    @Option(help: ArgumentHelp("Leave out so many faces at the beginning.", valueName: "n"))
    var skip = 0

    @Option(help: ArgumentHelp("The most faces to list.", valueName: "n"))
    var limit = 1000

    @OptionGroup var answer: OutputOptions

    private struct Answer: Encodable {
        struct Entry: Encodable {
            let id: String
            let subject: String
            let enrolled: Date
            let quality: Float?
            let pictureBytes: Int?
            let metadata: [String: JSONValue]
        }
        let faces: [Entry]
        let count: Int
    }

    func run() async throws {
        let filter = subject.map(TemplateFilter.subject) ?? .all
        let message = try await gallery.use(writing: false) { open in
            let page = try await open.templates(matching: filter, Page(offset: skip, limit: limit))
            return Answer(
                faces: page.templates.map { template in
                    .init(
                        id: template.id.uuidString.lowercased(),
                        subject: template.subject,
                        enrolled: template.enrolled,
                        quality: template.quality,
                        pictureBytes: template.pictureSize,
                        metadata: template.metadata
                    )
                },
                count: try await open.count(matching: filter)
            )
        }
        try answer.print(message) {
            message.faces.map { face in
                let picture = face.pictureBytes.map { "\($0) bytes" } ?? "no picture"
                let time = face.enrolled.formatted(.iso8601)
                return "\(face.id)\t\(time)\t\(picture)\t\(face.subject)"
            }.joined(separator: "\n")
        }
    }
}
