// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

@testable import FaceKitStore

@Suite("SearchIndex files")
final class SearchIndexFileTests {
    private let folder = NSTemporaryDirectory() + "facekit-index-" + UUID().uuidString
    private let configuration = SearchIndex.Configuration(dimension: 96, space: "s")

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func entries(_ count: Int, after key: UInt64 = 0) -> [SearchIndex.Entry] {
        var random = SeededGenerator(seed: key &+ 77)
        return (1...count).map {
            SearchIndex.Entry(
                key: key + UInt64($0),
                subject: UInt32($0 % 40),
                vector: normalized((0..<96).map { _ in Float.random(in: -1...1, using: &random) })
            )
        }
    }

    private func expectAgreement(
        _ index: SearchIndex,
        _ entries: [SearchIndex.Entry],
        _ reader: SearchIndex.VectorReader? = nil
    ) throws {
        #expect(index.count == entries.count)
        let listed = index.entries(after: nil, limit: .max)
        #expect(listed.map(\.key) == entries.map(\.key))
        #expect(listed.map(\.subject) == entries.map(\.subject))
        let reference = SearchIndexReference(entries: entries)
        var random = SeededGenerator(seed: 1)
        for method in [SearchRequest.Method.exact, .fast] {
            let request = SearchRequest(limit: 5, method: method)
            let probe = try #require(entries.randomElement(using: &random)).vector
            let hits = try index.search(probe, request, vectors: reader)
            #expect(hits.first?.similarity ?? 0 > 0.999)
            if method == .exact { #expect(reference.difference(hits, probe, request) == nil) }
        }
    }

    @Test("what was written is what is opened, after every kind of change", arguments: [false, true])
    func reopening(reading: Bool) throws {
        let all = entries(70_000)
        let vectors = all.map(\.vector)
        let read: SearchIndex.VectorReader = { keys in keys.map { vectors[Int($0) - 1] } }
        let reader = reading ? read : nil
        var expected = Array(all[..<66_000])
        do {
            let index = SearchIndex(creating: folder, configuration, keepsVectors: !reading)
            index.insert(expected)
            #expect(index.unwrittenCount == 66_000)
            try index.checkpoint(generation: 7)
            #expect(index.unwrittenCount == 0)
            try expectAgreement(index, expected, reader)
        }
        do {
            let index = try SearchIndex(opening: folder, configuration, keepsVectors: !reading)
            #expect(index.generation == 7)
            #expect(index.lastKey == 66_000)
            try expectAgreement(index, expected, reader)
            try index.verify()
            let gone = Set(stride(from: UInt64(10), to: 66_000, by: 9))
            #expect(index.remove(Array(gone)) == gone.count)
            index.insert(Array(all[66_000...]))
            index.merge(subject: 3, into: 4)
            expected = all.filter { !gone.contains($0.key) }.map {
                SearchIndex.Entry(
                    key: $0.key,
                    subject: $0.subject == 3 && $0.key <= 70_000 ? 4 : $0.subject,
                    vector: $0.vector
                )
            }
            try index.checkpoint(generation: 8)
        }
        do {
            let index = try SearchIndex(opening: folder, configuration, keepsVectors: !reading)
            #expect(index.generation == 8)
            try expectAgreement(index, expected, reader)
            try index.compact()
            try expectAgreement(index, expected, reader)
            try index.checkpoint(generation: 9)
        }
        let index = try SearchIndex(opening: folder, configuration, keepsVectors: !reading)
        #expect(index.generation == 9)
        #expect(index.state.views.allSatisfy { $0.removed.isEmpty })
        try expectAgreement(index, expected, reader)
        try index.verify()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == index.state.views.count + 1)
    }

    @Test("removed faces are in no file after compaction and a checkpoint")
    func erasure() throws {
        let index = SearchIndex(creating: folder, configuration)
        let all = entries(500)
        index.insert(all)
        try index.checkpoint(generation: 1)
        let victim = all[123]
        let (floats, bytes) = victim.vector.withUnsafeBytes { floats in
            (Data(floats), Data(bytes: index.state.views[0].segment.bytes(row: 123), count: 96))
        }
        #expect(try contains(floats) && contains(bytes))
        index.remove([victim.key])
        try index.compact()
        try index.checkpoint(generation: 2)
        #expect(try !contains(floats) && !contains(bytes))
    }

    private func contains(_ data: Data) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: folder).contains { name in
            FileManager.default.contents(atPath: folder + "/" + name)?.range(of: data) != nil
        }
    }

    @Test("an index of another store, space, dimension or kind is stale")
    func stale() throws {
        let index = SearchIndex(creating: folder, configuration)
        index.insert(entries(20))
        try index.checkpoint(generation: 1)
        var (space, store, seed) = (configuration, configuration, configuration)
        space.space = "other"
        store.store = UUID()
        seed.seed = 1
        for other in [space, store, seed, SearchIndex.Configuration(dimension: 97, space: "s")] {
            expectStale { try SearchIndex(opening: self.folder, other) }
        }
        expectStale { try SearchIndex(opening: self.folder, self.configuration, keepsVectors: false) }
        #expect(try SearchIndex.configuration(inFolder: folder) == configuration)
        #expect(throws: SearchIndexFault.missing) {
            try SearchIndex(opening: self.folder + "-none", self.configuration)
        }
    }

    private func expectStale(_ open: () throws -> SearchIndex) {
        do {
            _ = try open()
            Issue.record("it was opened")
        } catch SearchIndexFault.stale {
        } catch {
            Issue.record(error)
        }
    }

    @Test("damage is refused, wherever it is")
    func damage() throws {
        do {
            let index = SearchIndex(creating: folder, configuration)
            index.insert(entries(300))
            index.remove([5, 6])
            try index.checkpoint(generation: 1)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == 2)
        var random = SeededGenerator(seed: 4)
        for name in names {
            let path = folder + "/" + name
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for length in [0, 8, 4096, whole.count / 2, whole.count - 1, whole.count + 8] {
                let cut =
                    length <= whole.count
                    ? whole.prefix(length) : whole + Data(repeating: 0, count: length - whole.count)
                try cut.write(to: URL(fileURLWithPath: path))
                expectFault { _ = try SearchIndex(opening: self.folder, self.configuration) }
            }
            // A page holds the header, whose end is not used.
            let used = name == IndexManifest.name ? whole.count : 15 * 8
            for offset in Set((0..<60).map { _ in Int.random(in: 0..<used, using: &random) }) {
                var damaged = whole
                damaged[offset] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
                try damaged.write(to: URL(fileURLWithPath: path))
                expectFault { _ = try SearchIndex(opening: self.folder, self.configuration) }
            }
            if name != IndexManifest.name {
                let layout = SegmentLayout(dimension: 96, capacity: 304, keepsVectors: true)
                for column in SegmentLayout.Column.allCases {
                    var damaged = whole
                    damaged[layout.offset(column) + Int.random(in: 0..<layout.size(column), using: &random)] ^= 1
                    try damaged.write(to: URL(fileURLWithPath: path))
                    expectFault { try SearchIndex(opening: self.folder, self.configuration).verify() }
                    if SegmentLayout.Column.small.contains(column) {
                        expectFault { _ = try SearchIndex(opening: self.folder, self.configuration) }
                    }
                }
            }
            try whole.write(to: URL(fileURLWithPath: path))
        }
        #expect(try SearchIndex(opening: folder, configuration).count == 298)
        try FileManager.default.removeItem(atPath: folder + "/" + (names.first { $0 != IndexManifest.name } ?? ""))
        expectFault { _ = try SearchIndex(opening: self.folder, self.configuration) }
    }

    private func expectFault(_ body: () throws -> Void) {
        do {
            try body()
            Issue.record("damage was not noticed")
        } catch is SearchIndexFault {
        } catch {
            Issue.record(error)
        }
    }

    @Test("a checkpoint that is not reached leaves the one before, and a folder is taken over by a new index")
    func unfinished() throws {
        let all = entries(3000)
        do {
            let index = SearchIndex(creating: folder, configuration)
            index.insert(Array(all[..<1000]))
            try index.checkpoint(generation: 1)
            index.insert(Array(all[1000...]))
            index.remove([1, 2, 3])
        }
        try expectAgreement(SearchIndex(opening: folder, configuration), Array(all[..<1000]))
        let new = SearchIndex(creating: folder, configuration)
        new.insert(Array(all[..<10]))
        #expect(try SearchIndex(opening: folder, configuration).count == 1000)
        try new.checkpoint(generation: 5)
        try expectAgreement(SearchIndex(opening: folder, configuration), Array(all[..<10]))
    }

    @Test("a folder that cannot be written is an error, and the index goes on")
    func unwritable() throws {
        let index = SearchIndex(creating: "/dev/null/index", configuration)
        index.insert(entries(20))
        #expect(throws: FaceError.self) { try index.checkpoint(generation: 1) }
        try expectAgreement(index, entries(20))
        #expect(index.generation == 0)
        #expect(index.unwrittenCount == 20)
    }

    @Test("an index whose files were deleted goes on, and is written anew as a whole")
    func deletedFiles() throws {
        let all = entries(70_000)
        let index = SearchIndex(creating: folder, configuration)
        index.insert(all)
        try index.checkpoint(generation: 1)
        try index.deleteFiles()
        #expect(!FileManager.default.fileExists(atPath: folder))
        try expectAgreement(index, all)
        try index.deleteFiles()
        try index.checkpoint(generation: 2)
        let again = try SearchIndex(opening: folder, configuration)
        try expectAgreement(again, all)
        try again.verify()
    }
}
