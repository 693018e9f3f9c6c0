// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitStore
import FaceKitTestSupport
import Foundation

// Changes a gallery without end, for a test that kills it: `GalleryWorker PATH SEED WRITERS`. Before each change a line
// `> WRITER CHANGE` goes to standard output, after it was acknowledged `< WRITER`. Every writer has subjects of its own.

let arguments = CommandLine.arguments
guard arguments.count == 4, let seed = UInt64(arguments[2]), let writers = Int(arguments[3]) else {
    fatalError("usage: GalleryWorker PATH SEED WRITERS")
}

/// One whole line, in one write.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

do {
    let gallery: any Gallery
    if arguments[1].hasSuffix(".sqlite") {
        gallery = try await SQLiteGallery(path: arguments[1])
    } else {
        var options = FileGallery.Options()
        options.pictureFileSize = 50_000
        gallery = try await FileGallery(path: arguments[1], options: options)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<writers {
            group.addTask {
                var random = SeededGenerator(seed: seed &* 31 &+ UInt64(writer))
                while true { try await change(gallery, writer, &random) }
            }
        }
        try await group.waitForAll()
    }
} catch {
    say("! \(error)")
    exit(1)
}

/// Makes one change, alone a writer also those that concern everyone.
func change(_ gallery: any Gallery, _ writer: Int, _ random: inout SeededGenerator) async throws {
    let own = try await gallery.templates(matching: .all, Page(limit: .max)).templates
        .filter { $0.subject.hasPrefix("\(writer)/") }
    let space = try await gallery.space ?? "space 1"
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<9:
        var changes: [WorkedChange.Newcomer] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            changes.append(
                .init(
                    id: UUID(),
                    subject: "\(writer)/\(Int.random(in: 0..<6, using: &random))",
                    seed: Int.random(in: 0..<1_000_000, using: &random),
                    pictureSize: Bool.random(using: &random) ? Int.random(in: 0..<20_000, using: &random) : nil
                )
            )
        }
        try await perform(.enroll(changes), gallery, writer, space)
    case 9..<12:
        guard own.count > 5 else { return }
        let ids = (0..<Int.random(in: 1...3, using: &random)).map { _ in own.randomElement(using: &random)!.id }
        try await perform(.remove(ids), gallery, writer, space)
    case 12..<14:
        guard own.count > 15, let subject = own.randomElement(using: &random)?.subject else { return }
        try await perform(.removeSubject(subject), gallery, writer, space)
    case 14..<16:
        guard let subject = own.randomElement(using: &random)?.subject else { return }
        let name = "\(writer)/\(Int.random(in: 0..<6, using: &random))"
        try await perform(.rename(subject, name), gallery, writer, space)
    case 16:
        guard let template = own.randomElement(using: &random) else { return }
        try await perform(.note(template.id, Int.random(in: 0..<1000, using: &random)), gallery, writer, space)
    case 17, 18:
        try await perform(.compact, gallery, writer, space)
    default:
        guard writers == 1, !own.isEmpty else { return }
        let next = space == "space 1" ? "space 2" : "space 1"
        try await perform(.reembed(next), gallery, writer, space)
    }
}

/// Announces, makes and acknowledges a change.
func perform(_ change: WorkedChange, _ gallery: any Gallery, _ writer: Int, _ space: String) async throws {
    let text = String(decoding: try JSONEncoder().encode(change), as: UTF8.self)
    say("> \(writer) \(text)")
    switch change {
    case .enroll(let newcomers):
        try await gallery.enroll(
            newcomers.map { newcomer in
                Enrollment(
                    Template(
                        id: newcomer.id,
                        subject: newcomer.subject,
                        embedding: try WorkedChange.embedding(newcomer.seed, space: space),
                        metadata: ["seed": .integer(Int64(newcomer.seed))]
                    ),
                    picture: newcomer.pictureSize.map { WorkedChange.picture(newcomer.seed, size: $0) }
                )
            }
        )
    case .remove(let ids): try await gallery.removeTemplates(ids: ids)
    case .removeSubject(let name): try await gallery.removeSubject(name)
    case .rename(let name, let newName): _ = try await gallery.renameSubject(name, to: newName)
    case .note(let id, let value):
        guard let template = try await gallery.template(id: id) else { break }
        var metadata = template.metadata
        metadata["note"] = .integer(Int64(value))
        try await gallery.updateTemplate(id: id, .init(metadata: metadata))
    case .compact: try await gallery.compact()
    case .reembed(let next):
        while true {
            let part = try await gallery.templatesToStage(Page(limit: 20))
            if part.templates.isEmpty { break }
            var embeddings: [UUID: Embedding] = [:]
            for template in part.templates {
                guard case .integer(let seed)? = template.metadata["seed"] else { continue }
                embeddings[template.id] = try WorkedChange.embedding(Int(seed), space: next)
            }
            try await gallery.stageEmbeddings(embeddings)
        }
        try await gallery.switchToStagedSpace(removingOthers: false)
    }
    say("< \(writer)")
}
