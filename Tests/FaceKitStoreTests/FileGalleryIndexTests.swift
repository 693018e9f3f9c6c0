// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@testable import FaceKitStore

/// The search index that a ``FileGallery`` keeps in files.
@Suite("The index of a FileGallery")
struct FileGalleryIndexTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/gallery" }
    private var manifestPath: String { path + "/index/" + IndexManifest.name }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(unwritten: Int = 1_000_000, least: Int = 1) async throws -> FileGallery {
        var options = FileGallery.Options()
        options.leastIndexed = least
        options.unwrittenRows = unwritten
        return try await FileGallery(path: path, options: options)
    }

    private static func template(_ number: Int, space: String = "test@1") throws -> Template {
        Template(subject: "s\(number % 7)", embedding: try .random(seed: number, space: space))
    }

    private func enroll(_ numbers: Range<Int>, _ gallery: FileGallery) async throws {
        try await gallery.enroll(numbers.map { Enrollment(try Self.template($0), picture: [1]) })
    }

    /// What is on disk, read like at an opening.
    private func load() throws -> LoadedGallery {
        let folder = GalleryFolder(path: path)
        let manifest = try #require(try GalleryManifest.read(in: path))
        return try LoadedGallery(folder, manifest, IndexCache(folder, manifest))
    }

    /// Whether the index was taken from its files; one that was made anew has no generation.
    private func usesFiles() throws -> Bool { try load().state.index?.generation ?? 0 != 0 }

    /// Every template is found by its embedding, and only those that there are.
    private func expectAllFound(_ gallery: any Gallery) async throws {
        let templates = try await gallery.templates(matching: .all, Page(limit: .max)).templates
        for template in templates {
            let found = try await gallery.candidates(for: template.embedding, limit: 2)
            #expect(found.first?.template == template)
        }
        guard let probe = templates.first else { return }
        let all = try await gallery.candidates(for: probe.embedding, limit: .max)
        #expect(Set(all.map(\.template.id)) == Set(templates.map(\.id)))
    }

    @Test("the index of a closed gallery is used, with the changes that came after it")
    func reopening() async throws {
        var gallery = try await open()
        try await enroll(0..<100, gallery)
        try await gallery.close()
        #expect(try usesFiles())
        gallery = try await open()
        try await enroll(100..<150, gallery)
        let templates = try await gallery.templates(matching: .all, Page(limit: .max)).templates
        try await gallery.removeTemplates(ids: [3, 50, 120].map { templates[$0].id })
        _ = try await gallery.renameSubject("s1", to: "s2")
        try await gallery.updateTemplate(id: templates[9].id, .init(subject: "new"))
        // Not closed, like a process that was killed.
        let loaded = try load()
        #expect(loaded.state.index?.generation ?? 0 != 0)
        #expect(loaded.state.index?.count == 147)
        for access in [FileGallery.Access.readOnly, .readOnly] {
            try await expectAllFound(FileGallery(path: path, access: access))
        }
        let subjects = try await gallery.candidates(
            for: templates[1].embedding,
            SearchOptions(limit: 20, ranking: .subjects)
        )
        let reader = try await FileGallery(path: path, access: .readOnly)
        #expect(
            try await reader.candidates(for: templates[1].embedding, SearchOptions(limit: 20, ranking: .subjects))
                == subjects
        )
        try await gallery.compact()
        #expect(try usesFiles())
        try await expectAllFound(gallery)
        try await gallery.close()
        gallery = try await open()
        try await expectAllFound(gallery)
    }

    @Test("many new templates are written to the index by and by, and one of a small gallery is not kept")
    func growth() async throws {
        var gallery = try await open(unwritten: 50, least: 30)
        try await enroll(0..<40, gallery)
        _ = try await gallery.count
        #expect(!FileManager.default.fileExists(atPath: manifestPath))
        try await enroll(40..<60, gallery)
        // The next change comes after what the one before left to do.
        try await gallery.addSubject("x")
        #expect(FileManager.default.fileExists(atPath: manifestPath))
        #expect(try usesFiles())
        try await expectAllFound(gallery)
        try await gallery.close()
        gallery = try await open(unwritten: 50, least: 30)
        for number in 0..<5 { try await gallery.removeSubject("s\(number)") }
        try await gallery.compact()
        #expect(try await gallery.count < 30)
        #expect(!FileManager.default.fileExists(atPath: path + "/index"))
        try await expectAllFound(gallery)
    }

    @Test("an index of files that have changed otherwise since is not used")
    func stale() async throws {
        var gallery = try await open()
        try await enroll(0..<50, gallery)
        let copy = folder.path + "/copy"
        try await gallery.backup(toPath: copy)
        try await enroll(50..<60, gallery)
        try await gallery.close()
        #expect(try usesFiles())
        // A copy of before is put back, and then takes other faces under the same numbers.
        for name in ["MANIFEST", "log-1", "snapshot-1"] {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            try FileManager.default.copyItem(atPath: "\(copy)/\(name)", toPath: "\(path)/\(name)")
        }
        #expect(try !usesFiles())
        gallery = try await open()
        try await enroll(200..<210, gallery)
        try await expectAllFound(gallery)
        #expect(try !usesFiles())
        try await gallery.close()
        #expect(try usesFiles())
    }

    @Test("an index of an embedding space that came back with other embeddings is not used")
    func spaces() async throws {
        var gallery = try await open()
        try await enroll(0..<50, gallery)
        try await gallery.close()
        gallery = try await open()
        let ids = try await gallery.templates(matching: .all, Page(limit: .max)).templates.map(\.id)
        for (space, shift) in [("test@2", 100), ("test@1", 200)] {
            let staged = try zip(ids, 0...).map { ($0, try Embedding.random(seed: $1 + shift, space: space)) }
            try await gallery.stageEmbeddings(Dictionary(uniqueKeysWithValues: staged))
            try await gallery.switchToStagedSpace(removingOthers: false)
            try await expectAllFound(gallery)
        }
        #expect(try !usesFiles())
        let reader = try await FileGallery(path: path, access: .readOnly)
        try await expectAllFound(reader)
        #expect(try await reader.template(id: ids[5])?.embedding == .random(seed: 205))
        try await gallery.close()
        #expect(try usesFiles())
    }

    @Test(
        "an index that is missing or damaged, even by one bit, is made anew",
        arguments: ["manifest", "segment", "all", "codes", "bytes", "scales", "subjects"]
    )
    func damage(what: String) async throws {
        let gallery = try await open()
        try await enroll(0..<50, gallery)
        try await gallery.close()
        let index = path + "/index"
        switch what {
        case "all": try FileManager.default.removeItem(atPath: index)
        case "codes", "bytes", "scales", "subjects":
            let layout = SegmentLayout(dimension: 32, capacity: 56, keepsVectors: false)
            let column = try #require(SegmentLayout.Column.allCases.first { "\($0)" == what })
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: index).first { $0.hasPrefix("segment") }
            )
            let file = try StoredFile("\(index)/\(name)", .update)
            let place = UInt64(layout.offset(column)) + 40
            try file.write([try file.read(at: place, count: 1)[0] ^ 4], at: place)
        default:
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: index).first { $0.hasPrefix(what) }
            )
            let file = try StoredFile("\(index)/\(name)", .update)
            try file.write([0x5A, 0x5A], at: 24)
        }
        #expect(try !usesFiles())
        let again = try await open()
        try await expectAllFound(again)
        try await again.close()
        #expect(try usesFiles())
    }

    @Test("what was removed is not in the files of the index once the gallery was compacted")
    func erasure() async throws {
        let gallery = try await open()
        try await enroll(0..<50, gallery)
        try await gallery.close()
        let state = try load().state
        let index = try #require(state.index)
        let segment = try #require(index.state.views.first?.segment)
        let needles = (0..<50).map { Data(bytes: segment.bytes(row: $0), count: 32) }
        #expect(try found(needles) == Array(0..<50))
        let again = try await open()
        let ids = try await again.templates(matching: .all, Page(limit: .max)).templates.map(\.id)
        try await again.removeTemplates(ids: [7, 30].map { ids[$0] })
        try await again.compact()
        #expect(try found(needles) == (0..<50).filter { $0 != 7 && $0 != 30 })
        #expect(try usesFiles())
    }

    /// Which of these bytes are in a file.
    private func found(_ needles: [Data]) throws -> [Int] {
        let files = try FileManager.default.subpathsOfDirectory(atPath: path)
            .compactMap { FileManager.default.contents(atPath: "\(path)/\($0)") }
        return needles.indices.filter { index in files.contains { $0.range(of: needles[index]) != nil } }
    }

    @Test("where the index cannot be written, the gallery goes on without, and erases all the same")
    func unwritable() async throws {
        let gallery = try await open(unwritten: 10)
        // A file in the folder's place.
        try Data().write(to: URL(fileURLWithPath: path + "/index"))
        try await enroll(0..<50, gallery)
        try await expectAllFound(gallery)
        try await gallery.compact()
        #expect(!FileManager.default.fileExists(atPath: path + "/index"))
        try await enroll(50..<60, gallery)
        try await gallery.close()
        #expect(try usesFiles())
    }
}
