// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@testable import FaceKitStore

/// Two writers and eight readers at once, for a second, or for a minute where `FACEKIT_LONG_TESTS` is set.
@Suite("Galleries in use by many at once", .serialized)
struct GalleryConcurrencyTests {
    static let seconds = ProcessInfo.processInfo.environment["FACEKIT_LONG_TESTS"] == nil ? 1.0 : 60.0

    @Test("readers see whole changes only, and nothing fails", arguments: ["memory", "gallery", "gallery.sqlite"])
    func readersAndWriters(name: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/" + name
        // The index is written again and again while it is searched.
        var options = FileGallery.Options()
        options.leastIndexed = 1
        options.unwrittenRows = 100
        let gallery: any Gallery =
            switch name {
            case "memory": MemoryGallery()
            case "gallery": try await FileGallery(path: path, options: options)
            default: try await SQLiteGallery(path: path)
            }
        for index in 0..<400 {
            try await gallery.enroll(
                Template(subject: "base", embedding: .random(seed: index, dimension: 128)),
                picture: [UInt8](repeating: UInt8(index % 256), count: 100)
            )
        }
        let end = Date(timeIntervalSinceNow: Self.seconds)
        let (changes, searches) = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for writer in 0..<2 {
                group.addTask { (try await Self.write(gallery, writer, until: end), 0) }
            }
            for reader in 0..<8 {
                group.addTask { (0, try await Self.read(gallery, reader, until: end)) }
            }
            return try await group.reduce(into: (0, 0)) { $0 = ($0.0 + $1.0, $0.1 + $1.1) }
        }
        #expect(changes > 0 && searches > 0)
        #expect(try await gallery.templates(of: "base").count == 400)
        let statistics = try await gallery.statistics
        #expect(
            try await gallery.templates(matching: .all, Page(limit: .max)).templates.count == statistics.templateCount
        )
        print("\(name): \(changes) changes and \(searches) searches in \(Self.seconds) s, no error")
    }

    /// Enrols pairs of templates, moves and removes them as pairs.
    private static func write(_ gallery: any Gallery, _ writer: Int, until end: Date) async throws -> Int {
        var random = SeededGenerator(seed: UInt64(writer))
        var count = 0
        while Date() < end {
            let subject = "\(writer)/\(count % 20)"
            let seed = 10_000 * (writer + 1) + count
            let pair = try [0, 1].map { half in
                Template(
                    subject: subject,
                    embedding: try .random(seed: 2 * seed + half, dimension: 128),
                    metadata: ["pair": .integer(Int64(seed))]
                )
            }
            try await gallery.enroll(pair.map { Enrollment($0, picture: [1, 2, 3]) })
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1: try await gallery.removeTemplates(ids: pair.map(\.id))
            case 2: try await gallery.removeSubject(subject)
            case 3: _ = try await gallery.renameSubject(subject, to: "\(writer)/\((count + 7) % 20)")
            case 4 where count % 50 == 0: try await gallery.compact()
            default: break
            }
            count += 1
        }
        return count
    }

    private static func read(_ gallery: any Gallery, _ reader: Int, until end: Date) async throws -> Int {
        var count = 0
        while Date() < end {
            let index = (reader * 50 + count) % 400
            let probe = try Embedding.random(seed: index, dimension: 128)
            let found = try await gallery.candidates(for: probe, SearchOptions(limit: 5))
            #expect(found.first?.template.embedding == probe)
            if let template = found.first?.template {
                let picture = try await gallery.picture(of: template.id)
                #expect(picture == [UInt8](repeating: UInt8(index % 256), count: 100))
            }
            // A pair is there as a whole or not at all.
            let page = try await gallery.templates(matching: .subject("\(count % 2)/\(count % 20)"), Page(limit: .max))
            var halves: [JSONValue: Int] = [:]
            for template in page.templates { halves[template.metadata["pair"] ?? nil, default: 0] += 1 }
            #expect(halves.values.allSatisfy { $0 == 2 })
            count += 1
        }
        return count
    }
}
