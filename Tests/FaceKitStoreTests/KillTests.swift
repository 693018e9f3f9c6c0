// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import GRDB
import Testing

@testable import FaceKitStore

/// Kills a process that changes a gallery, at random moments, and looks what is there then.
@Suite("Galleries of killed processes", .serialized)
struct KillTests {
    /// How many times more than usual, for long runs.
    static let factor = ProcessInfo.processInfo.environment["FACEKIT_LONG_TESTS"].map { Int($0) ?? 10 } ?? 1

    @Test(
        "nothing acknowledged is lost, and nothing half-written is seen",
        arguments: [("gallery", 2, 110), ("gallery", 1, 110), ("gallery.sqlite", 2, 50), ("gallery.sqlite", 1, 50)]
    )
    func kills(name: String, writers: Int, kills: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/" + name
        var options = FileGallery.Options()
        options.leastIndexed = 1
        var random = SystemRandomNumberGenerator()
        var model = WorkedGallery()
        var acknowledged = 0
        var undecided = 0
        var made = 0
        for round in 0..<kills * Self.factor {
            let ledger = folder.path + "/ledger"
            let worker = try Worker(
                path: path,
                seed: UInt64.random(in: 0...UInt64(UInt32.max)),
                writers: writers,
                ledger
            )
            // Some are killed while they open the gallery, most while they change it.
            if round % 5 > 0 { try worker.waitForWork() }
            try await Task.sleep(nanoseconds: UInt64.random(in: 0...60_000_000, using: &random))
            try worker.kill()
            let entries = try WorkerLedger(ledger)
            acknowledged += entries.acknowledged.count
            for (_, change) in entries.acknowledged { model.apply(change) }

            let access: any DurableGallery =
                name.hasSuffix("sqlite")
                ? try await SQLiteGallery(path: path) : try await FileGallery(path: path, options: options)
            let found = try await WorkedGallery(access)
            // Each unfinished change happened as a whole or not at all.
            var candidates = [model]
            for change in entries.unfinished.values {
                candidates += candidates.map { candidate in
                    var changed = candidate
                    changed.apply(change)
                    return changed
                }
            }
            undecided += entries.unfinished.isEmpty ? 0 : 1
            let match = candidates.first { $0 == found }
            #expect(match != nil, "round \(round): \(model.difference(to: found)); \(entries.unfinished)")
            guard match != nil else { return }
            if model != found { made += 1 }
            model = found
            try await access.close()
        }
        #expect(acknowledged > kills)
        print(
            "\(name), \(writers) writers: \(kills * Self.factor) kills, \(acknowledged) acknowledged changes all there; "
                + "\(undecided) kills in the middle of a change, \(made) of these changes had happened"
        )
    }

    @Test("a migration that is killed leaves the old tables or the new ones, with all they hold")
    func killedMigrations() async throws {
        let folder = try TemporaryFolder()
        let original = folder.path + "/original.sqlite"
        let count = 300
        let queue = try DatabaseQueue(path: original)
        try GalleryMigrations.migrator.migrate(queue, upTo: "galleries")
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO galleries (name, nameMatching, space, dimension) VALUES ('default', 'exact', 'space 1', 64);
                    INSERT INTO subjects (gallery, name, key, created) VALUES (1, '0/0', '0/0', 0);
                    """
            )
            for seed in 0..<count {
                try db.execute(
                    sql: """
                        INSERT INTO templates (gallery, subject, uuid, embedding, metadata, enrolled)
                        VALUES (1, 1, ?, ?, ?, 0)
                        """,
                    arguments: [
                        TemplateRecord.data(UUID()),
                        TemplateRecord.data(try WorkedChange.embedding(seed, space: "space 1").vector),
                        Data("{\"seed\":\(seed)}".utf8),
                    ]
                )
            }
        }
        try queue.close()
        var random = SystemRandomNumberGenerator()
        for round in 0..<25 * Self.factor {
            let path = folder.path + "/copy-\(round).sqlite"
            try FileManager.default.copyItem(atPath: original, toPath: path)
            let worker = try Worker(path: path, seed: 1, writers: 0, folder.path + "/ledger")
            try await Task.sleep(nanoseconds: UInt64.random(in: 3_000_000...25_000_000, using: &random))
            try worker.kill()
            let gallery = try await SQLiteGallery(path: path)
            let found = try await WorkedGallery(gallery)
            #expect(found.templates.count == count)
            try await gallery.close()
        }
    }
}

/// The process that is killed.
struct Worker {
    private let process = Process()
    private let ledger: String

    init(path: String, seed: UInt64, writers: Int, _ ledger: String) throws {
        self.ledger = ledger
        try Data().write(to: URL(fileURLWithPath: ledger))
        process.executableURL = try Self.executable()
        process.arguments = [path, String(seed), String(writers)]
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: ledger))
        try process.run()
    }

    /// The worker, which is built into the folder of the test runner, or beside a bundle in it.
    static func executable() throws -> URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        while !FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("GalleryWorker").path) {
            try #require(folder.path != "/", "GalleryWorker is not beside the tests")
            folder.deleteLastPathComponent()
        }
        return folder.appendingPathComponent("GalleryWorker")
    }

    func waitForWork() throws {
        let deadline = Date(timeIntervalSinceNow: 60)
        while try Data(contentsOf: URL(fileURLWithPath: ledger)).isEmpty {
            try #require(Date() < deadline, "the worker does not begin")
            usleep(1000)
        }
    }

    func kill() throws {
        #if canImport(Glibc) || canImport(Musl) || canImport(Darwin)
            Foundation.kill(process.processIdentifier, SIGKILL)
        #endif
        process.waitUntilExit()
        try #require(process.terminationReason == .uncaughtSignal, "the worker ended before it was killed")
    }
}

/// What a killed process had said.
private struct WorkerLedger {
    var acknowledged: [(writer: Int, change: WorkedChange)] = []
    var unfinished: [Int: WorkedChange] = [:]

    init(_ path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // What follows the last end of a line was cut off: a change that was about to be announced, or an
        // acknowledgement of which the change is known.
        lines.removeLast()
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 2)
            try #require(parts.count >= 2 && parts[0] != "!", "the worker failed: \(line)")
            let writer = try #require(Int(parts[1]))
            if parts[0] == ">" {
                unfinished[writer] = try JSONDecoder().decode(WorkedChange.self, from: Data(parts[2].utf8))
            } else if let change = unfinished.removeValue(forKey: writer) {
                acknowledged.append((writer, change))
            }
        }
    }
}

/// What a gallery holds, as far as the changes of the worker determine it.
private struct WorkedGallery: Equatable {
    struct Entry: Equatable {
        var subject: String
        var seed: Int
        var pictureSize: Int?
        var note: Int?
    }

    var templates: [UUID: Entry] = [:]
    var subjects: Set<String> = []
    /// `nil` while there are no templates.
    var space: String?

    init() {}

    /// Reads a gallery and compares embeddings, pictures and searches with what they should be.
    init(_ gallery: any Gallery) async throws {
        space = try await gallery.space
        subjects = Set(try await gallery.subjectNames())
        let all = try await gallery.templates(matching: .all, Page(limit: .max)).templates
        for template in all {
            guard case .integer(let number)? = template.metadata["seed"] else {
                Issue.record("a template without its number")
                continue
            }
            let seed = Int(number)
            #expect(try template.embedding == WorkedChange.embedding(seed, space: space ?? ""))
            let picture = try await gallery.picture(of: template.id)
            #expect(picture?.count == template.pictureSize)
            if let picture { #expect(picture == WorkedChange.picture(seed, size: picture.count)) }
            var note: Int?
            if case .integer(let value)? = template.metadata["note"] { note = Int(value) }
            templates[template.id] = Entry(
                subject: template.subject,
                seed: seed,
                pictureSize: template.pictureSize,
                note: note
            )
        }
        let statistics = try await gallery.statistics
        #expect(statistics.templateCount == all.count && templates.count == all.count)
        #expect(statistics.subjectCount == subjects.count)
        #expect(statistics.pictureCount == all.count { $0.pictureSize != nil })
        if let probe = all.randomElement() {
            #expect(try await gallery.candidates(for: probe.embedding, limit: 1).first?.template.id == probe.id)
        }
    }

    mutating func apply(_ change: WorkedChange) {
        switch change {
        case .enroll(let newcomers):
            for newcomer in newcomers {
                templates[newcomer.id] = Entry(
                    subject: newcomer.subject,
                    seed: newcomer.seed,
                    pictureSize: newcomer.pictureSize
                )
                subjects.insert(newcomer.subject)
            }
            space = space ?? "space 1"
        case .remove(let ids): for id in ids { templates[id] = nil }
        case .removeSubject(let name):
            templates = templates.filter { $0.value.subject != name }
            subjects.remove(name)
        case .rename(let name, let newName):
            guard subjects.contains(name), name != newName else { break }
            for (id, entry) in templates where entry.subject == name { templates[id]?.subject = newName }
            subjects.remove(name)
            subjects.insert(newName)
        case .note(let id, let value): templates[id]?.note = value
        case .compact: break
        case .reembed(let next): space = next
        }
        if templates.isEmpty { space = nil }
    }

    func difference(to other: Self) -> String {
        let lost = Set(templates.keys).subtracting(other.templates.keys)
        let extra = Set(other.templates.keys).subtracting(templates.keys)
        var changed = 0
        for (id, entry) in templates where other.templates[id] != nil && other.templates[id] != entry { changed += 1 }
        return "\(lost.count) lost, \(extra.count) more, \(changed) changed, subjects "
            + "\(subjects.symmetricDifference(other.subjects).sorted()), \(space ?? "-") and \(other.space ?? "-")"
    }
}
