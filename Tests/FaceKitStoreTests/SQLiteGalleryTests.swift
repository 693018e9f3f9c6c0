// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import GRDB
import Testing

@testable import FaceKitStore

@Suite("SQLiteGallery")
struct SQLiteGalleryTests {
    @Test("keeps what every gallery promises", arguments: GalleryConformance.checks)
    func keepsThePromise(check: GalleryConformance.Check) async throws {
        let folder = try TemporaryFolder()
        try await check.run { configuration in
            try await SQLiteGallery(path: folder.path + "/gallery.sqlite", configuration: configuration)
        }
    }

    @Test("keeps what every gallery promises beside other galleries of its database")
    func keepsThePromiseBesideOthers() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteGalleryStore(path: folder.path + "/galleries.sqlite")
        let other = try await store.openGallery(named: "other")
        try await GalleryContents.fill(other)
        let before = try await GalleryContents(other)
        for (index, check) in GalleryConformance.checks.enumerated() {
            try await check.run { try await store.openGallery(named: "\(index)", configuration: $0) }
        }
        #expect(try await GalleryContents(other) == before)
    }

    @Test("a store of galleries in a database keeps what every store promises")
    func store() async throws {
        let folder = try TemporaryFolder()
        try await GalleryStoreConformance.run(SQLiteGalleryStore(path: folder.path + "/galleries.sqlite"))
    }

    @Test("what was enrolled is there after closing, and for another connection at once")
    func reopening() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/gallery.sqlite"
        let gallery = try await SQLiteGallery(path: path, configuration: .init(nameMatching: .ignoringCase))
        try await GalleryContents.fill(gallery)
        let expected = try await GalleryContents(gallery)
        let reader = try await SQLiteGallery(path: path, access: .readOnly)
        #expect(try await GalleryContents(reader) == expected)
        await expect(.galleryReadOnly) { try await reader.addSubject("x") }
        try await reader.close()
        try await gallery.close()
        await expect(.galleryNotFound) { _ = try await gallery.count }
        let again = try await SQLiteGallery(path: path)
        #expect(again.configuration.nameMatching == .ignoringCase)
        #expect(try await GalleryContents(again) == expected)
    }

    @Test("enrolments that share a transaction happen one by one as a whole or not at all")
    func sharedTransactions() async throws {
        let folder = try TemporaryFolder()
        let gallery = try await SQLiteGallery(path: folder.path + "/gallery.sqlite")
        let known = try Template(subject: "known", embedding: .random(seed: 0))
        try await gallery.enroll(known)
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 1...100 {
                group.addTask {
                    let template = try Template(subject: "s\(number)", embedding: .random(seed: number))
                    guard number % 4 == 0 else {
                        try await gallery.enroll(template)
                        return false
                    }
                    // The second one is there already, so that the first must not stay either.
                    await expect(.duplicateTemplate) {
                        try await gallery.enroll([Enrollment(template), Enrollment(known)])
                    }
                    return true
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 25)
        #expect(try await gallery.count == 76)
        let names = Set(try await gallery.subjectNames())
        #expect(names == Set((1...100).filter { $0 % 4 != 0 }.map { "s\($0)" } + ["known"]))
    }

    @Test("two writers see each other's changes in every search")
    func twoWriters() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/gallery.sqlite"
        let galleries = [try await SQLiteGallery(path: path), try await SQLiteGallery(path: path)]
        var enrolled: [Template] = []
        for round in 0..<60 {
            let (writer, reader) = (galleries[round % 2], galleries[(round + 1) % 2])
            let template = Template(subject: "s\(round % 7)", embedding: try .random(seed: round))
            try await writer.enroll(template)
            enrolled.append(template)
            let found = try await reader.candidates(for: template.embedding, limit: 1)
            #expect(found.first?.template == template)
            switch round % 6 {
            case 3:
                let gone = enrolled.removeFirst()
                try await writer.removeTemplate(id: gone.id)
                #expect(
                    try await reader.candidates(for: gone.embedding, limit: 1000).count == enrolled.count
                )
            case 5:
                _ = try await writer.renameSubject("s\(round % 7)", to: "s0")
                enrolled = try await writer.templates(matching: .all, Page(limit: .max)).templates
                let subjects = try await reader.candidates(
                    for: template.embedding,
                    SearchOptions(limit: 100, ranking: .subjects)
                ).map(\.template.subject)
                #expect(Set(subjects) == Set(enrolled.map(\.subject)) && Set(subjects).count == subjects.count)
            default: break
            }
        }
        try await galleries[0].compact()
        #expect(try await galleries[1].candidates(for: .random(seed: 59), limit: 1).first?.template == enrolled.last)
    }

    @Test("the disk confirms every transaction, and what is removed is overwritten")
    func settings() async throws {
        let folder = try TemporaryFolder()
        let database = try GalleryDatabase(path: folder.path + "/g.sqlite", access: .readWrite, options: .init())
        let found = try await database.write { db in
            try ["journal_mode", "synchronous", "secure_delete", "foreign_keys"].map {
                try String.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(found == ["wal", "2", "1", "1"])
    }

    @Test("a file that is something else is refused and left as it is")
    func foreignFiles() async throws {
        let folder = try TemporaryFolder()
        await expect(.galleryNotFound) {
            _ = try await SQLiteGallery(path: folder.path + "/none.sqlite", access: .readOnly)
        }
        let text = Data(String(repeating: "This is no database. ", count: 400).utf8)
        try text.write(to: URL(fileURLWithPath: folder.path + "/text.sqlite"))
        await expect(.unsupportedGallery) { _ = try await SQLiteGallery(path: folder.path + "/text.sqlite") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/text.sqlite")) == text)
        let other = try DatabaseQueue(path: folder.path + "/other.sqlite")
        try await other.write { try $0.execute(sql: "CREATE TABLE things (id INTEGER)") }
        try other.close()
        await expect(.unsupportedGallery) { _ = try await SQLiteGallery(path: folder.path + "/other.sqlite") }
        await expect(.fileUnwritable) { _ = try await SQLiteGallery(path: "/proc/gallery.sqlite") }
        let gallery = try await SQLiteGallery(path: folder.path + "/g.sqlite", name: "a")
        try await gallery.close()
        await expect(.galleryNotFound) {
            _ = try await SQLiteGallery(path: folder.path + "/g.sqlite", name: "b", access: .readOnly)
        }
    }

    @Test("a newer version's database is refused")
    func newerVersion() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/g.sqlite"
        let queue = try DatabaseQueue(path: path)
        var migrator = GalleryMigrations.migrator
        migrator.registerMigration("something of the future") { _ in }
        try migrator.migrate(queue)
        try queue.close()
        await expect(.unsupportedGallery) { _ = try await SQLiteGallery(path: path) }
    }

    @Test("a database with the first tables alone is brought to the present ones, with all it holds")
    func migration() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/g.sqlite"
        let template = Template(subject: "a", embedding: try .random(seed: 1))
        let queue = try DatabaseQueue(path: path)
        try GalleryMigrations.migrator.migrate(queue, upTo: "galleries")
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO galleries (name, nameMatching, space, dimension) VALUES ('default', 'exact', 'test@1', 32);
                    INSERT INTO subjects (gallery, name, key, created) VALUES (1, 'a', 'a', 0);
                    """
            )
            try db.execute(
                sql: """
                    INSERT INTO templates (gallery, subject, uuid, embedding, metadata, enrolled)
                    VALUES (1, 1, ?, ?, x'', ?)
                    """,
                arguments: [
                    TemplateRecord.data(template.id), TemplateRecord.data(template.embedding.vector),
                    GalleryTime(template.enrolled).milliseconds,
                ]
            )
        }
        try queue.close()
        await expect(.unsupportedGallery) { _ = try await SQLiteGallery(path: path, access: .readOnly) }
        let gallery = try await SQLiteGallery(path: path)
        #expect(try await gallery.templates(of: "a") == [template])
        #expect(try await gallery.candidates(for: template.embedding, limit: 1).first?.template == template)
        try await gallery.stageEmbeddings([template.id: .random(seed: 2, space: "test@2")])
        try await gallery.switchToStagedSpace(removingOthers: false)
        #expect(try await gallery.space == "test@2")
    }

    @Test("what was removed is in no file once the gallery was compacted")
    func erasure() async throws {
        let folder = try TemporaryFolder()
        let gallery = try await SQLiteGallery(path: folder.path + "/gallery.sqlite")
        try await ErasureScan.run(gallery, folder: folder.path)
    }

    @Test("a backup of a database in use is whole, and goes its own way")
    func backup() async throws {
        let folder = try TemporaryFolder()
        let gallery = try await SQLiteGallery(path: folder.path + "/gallery.sqlite")
        try await GalleryContents.fill(gallery)
        let expected = try await GalleryContents(gallery)
        try await gallery.backup(toPath: folder.path + "/copy.sqlite")
        try await gallery.removeAll()
        let copy = try await SQLiteGallery(path: folder.path + "/copy.sqlite")
        #expect(try await GalleryContents(copy) == expected)
        await expect(.fileUnwritable) { try await gallery.backup(toPath: folder.path + "/copy.sqlite") }
    }

    @Test("any damage of the file gives an error or a gallery, never a trap", arguments: 0..<60)
    func randomDamage(seed: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/g.sqlite"
        let gallery = try await SQLiteGallery(path: path)
        try await GalleryContents.fill(gallery)
        try await gallery.compact()
        try await gallery.close()
        var random = SeededGenerator(seed: UInt64(seed))
        let url = URL(fileURLWithPath: path)
        var bytes = [UInt8](try Data(contentsOf: url))
        for _ in 0..<20 {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
        if seed % 4 == 0 { bytes.removeLast(bytes.count / 3) }
        try Data(bytes).write(to: url)
        do {
            let gallery = try await SQLiteGallery(path: path)
            let templates = try await gallery.templates(matching: .all, Page(limit: .max)).templates
            for template in templates { _ = try await gallery.picture(of: template.id) }
            _ = try await gallery.candidates(for: .random(seed: 1), limit: 5)
            try await gallery.removeAll()
            try await gallery.compact()
        } catch is FaceError {}
    }
}
