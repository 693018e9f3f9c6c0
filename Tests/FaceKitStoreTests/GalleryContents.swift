// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@testable import FaceKitStore

/// A folder that goes with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/facekit-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension Embedding {
    /// A vector that belongs to the number.
    static func random(seed: Int, dimension: Int = 32, space: String = "test@1") throws -> Embedding {
        var random = SeededGenerator(seed: UInt64(truncatingIfNeeded: seed &* 7919 &+ 1))
        let components = (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) }
        return try Embedding(space: space, normalizing: components)
    }
}

/// Everything that a gallery holds.
struct GalleryContents: Equatable {
    var subjects: [Subject]
    var templates: [Template]
    var pictures: [[UInt8]?]
    var staged: GalleryStatistics.Staged?

    init(_ gallery: any Gallery) async throws {
        subjects = try await gallery.subjects(Page(limit: .max)).subjects
        templates = try await gallery.templates(matching: .all, Page(limit: .max)).templates
        pictures = []
        for template in templates { pictures.append(try await gallery.picture(of: template.id)) }
        staged = try await gallery.statistics.staged
    }

    /// A picture that belongs to the number.
    static func picture(_ index: Int, size: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(index + 1000))
        return (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Puts into an empty gallery what takes every kind of change.
    static func fill(_ gallery: any Gallery) async throws {
        for index in 0..<12 {
            let template = Template(
                subject: "s\(index % 5)",
                embedding: try .random(seed: index),
                boundingBox: index % 2 == 0 ? BoundingBox(x: 1, y: 2, width: Float(index), height: 4) : nil,
                quality: index % 3 == 0 ? 0.3 : nil,
                metadata: index % 4 == 0 ? ["index": .integer(Int64(index)), "list": [1.5, nil, "é"]] : [:]
            )
            try await gallery.enroll(template, picture: index % 3 == 1 ? picture(index, size: 50 * index) : nil)
        }
        let templates = try await gallery.templates(matching: .all, Page(limit: .max)).templates
        try await gallery.addSubject("alone")
        _ = try await gallery.renameSubject("s1", to: "one")
        _ = try await gallery.renameSubject("s2", to: "one")
        try await gallery.removeSubject("s3")
        try await gallery.removeTemplates(ids: [templates[4].id, templates[5].id])
        try await gallery.updateTemplate(
            id: templates[7].id,
            .init(subject: "moved", metadata: ["changed": true], quality: 1)
        )
        try await gallery.stageEmbeddings([
            templates[0].id: .random(seed: 1, dimension: 8, space: "test@2"),
            templates[7].id: .random(seed: 2, dimension: 8, space: "test@2"),
        ])
    }
}

/// Expects a `FaceError` of the given code.
func expect(_ code: FaceError.Code, _ body: () async throws -> Void) async {
    do {
        try await body()
        Issue.record("no error; \(code) was expected")
    } catch let error as FaceError {
        #expect(error.code == code, "\(error)")
    } catch {
        Issue.record("\(error); \(code) was expected")
    }
}

/// Looks for what was removed in all files below a folder.
enum ErasureScan {
    static func run(_ gallery: any Gallery, folder: String) async throws {
        var needles: [[UInt8]] = []
        var kept: [[UInt8]] = []
        for index in 0..<40 {
            let picture = GalleryContents.picture(index, size: 2000)
            let embedding = try Embedding.random(seed: index, dimension: 64)
            let name = "person-\(index)-\(UUID().uuidString)"
            let template = Template(
                subject: name,
                embedding: embedding,
                metadata: ["note": .string("note-\(name)")]
            )
            try await gallery.enroll(template, picture: picture)
            let bytes = [Array(picture[900..<940]), embedding.bytes(in: 0..<8), embedding.bytes(in: 40..<48)]
            let texts = [Array(name.utf8)]
            if index % 2 == 0 { needles += bytes + texts } else { kept += bytes + texts }
        }
        // Before, everything is there: the scan can see what it looks for.
        #expect(missing(kept + needles, in: folder).isEmpty)

        let names = try await gallery.subjectNames()
        for (index, name) in names.enumerated() where index % 2 == 0 {
            switch index % 6 {
            case 0: try await gallery.removeSubject(name)
            case 2:
                let ids = try await gallery.templates(of: name).map(\.id)
                try await gallery.removeTemplates(ids: ids)
                _ = try await gallery.renameSubject(name, to: "renamed \(index)")
            default:
                _ = try await gallery.renameSubject(name, to: "gone \(index)")
                try await gallery.removeSubject("gone \(index)")
            }
        }
        #expect(try await gallery.statistics.awaitingErasure > 0)
        try await gallery.compact()
        #expect(try await gallery.statistics.awaitingErasure == 0)
        #expect(missing(needles, in: folder).count == needles.count, "removed bytes are still there")
        #expect(missing(kept, in: folder).isEmpty, "kept bytes are gone")

        // Embeddings of a space that is no more are gone as well.
        let templates = try await gallery.templates(matching: .all, Page(limit: .max)).templates
        var staged: [UUID: Embedding] = [:]
        for (index, template) in templates.enumerated() {
            staged[template.id] = try .random(seed: index + 500, dimension: 48, space: "next")
        }
        try await gallery.stageEmbeddings(staged)
        try await gallery.switchToStagedSpace(removingOthers: false)
        try await gallery.compact()
        let old = templates.map { $0.embedding.bytes(in: 40..<48) }
        #expect(missing(old, in: folder).count == old.count, "embeddings of the old space are still there")
        #expect(missing(staged.values.map { $0.bytes(in: 40..<48) }, in: folder).isEmpty)
    }

    /// Those byte strings that no file below the folder contains.
    private static func missing(_ needles: [[UInt8]], in folder: String) -> [[UInt8]] {
        let files = (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [])
            .compactMap { try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
        return needles.filter { needle in !files.contains { $0.range(of: Data(needle)) != nil } }
    }
}

extension Embedding {
    /// Components as they lie in memory.
    func bytes(in range: Range<Int>) -> [UInt8] { vector[range].flatMap { withUnsafeBytes(of: $0, Array.init) } }
}
