// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

@testable import FaceKitStore

@Suite("SearchIndex")
struct SearchIndexTests {
    struct Case: CustomStringConvertible, Sendable {
        var level: KernelLevel
        var dimension: Int
        var description: String { "\(level), \(dimension) dimensions" }

        static let all = SearchKernels.available.flatMap { level in
            [1, 17, 128, 512, 600].map { Case(level: level, dimension: $0) }
        }

        var configuration: SearchIndex.Configuration {
            var configuration = SearchIndex.Configuration(dimension: dimension, space: "s")
            configuration.level = level
            return configuration
        }
    }

    /// Faces of 50 subjects, with keys that leave gaps.
    private func entries(_ count: Int, dimension: Int, seed: UInt64 = 1, after key: UInt64 = 0) -> [SearchIndex.Entry] {
        var random = SeededGenerator(seed: seed)
        var key = key
        return (0..<count).map { _ in
            key += UInt64.random(in: 1...3, using: &random)
            return SearchIndex.Entry(
                key: key,
                subject: UInt32.random(in: 0..<50, using: &random),
                vector: unitVector(dimension, &random)
            )
        }
    }

    private static let requests: [SearchRequest] = [
        SearchRequest(limit: 1), SearchRequest(limit: 10), SearchRequest(limit: 300),
        SearchRequest(limit: 5, unit: .subjects), SearchRequest(limit: 60, unit: .subjects),
        SearchRequest(limit: 20, minimumSimilarity: 0.1), SearchRequest(limit: 20, minimumSimilarity: 2),
        SearchRequest(limit: 10, filter: { key, subject in key % 3 == 0 && subject < 25 }),
        SearchRequest(limit: 10, unit: .subjects, filter: { _, subject in subject == 7 }),
        SearchRequest(limit: 10, filter: { _, _ in false }),
    ]

    @Test("an exact search finds what comparing every face finds", arguments: Case.all)
    func exact(_ subject: Case) throws {
        let entries = entries(2500, dimension: subject.dimension)
        let reference = SearchIndexReference(entries: entries)
        let index = SearchIndex(subject.configuration)
        index.insert(Array(entries[..<1000]))
        index.insert(Array(entries[1000...]))
        var random = SeededGenerator(seed: 9)
        let probes =
            [entries[3].vector, mate(of: entries[77].vector, similarity: 0.5, &random)]
            + (0..<3).map { _ in unitVector(subject.dimension, &random) }
        for var request in Self.requests {
            request.method = .exact
            for (probe, hits) in zip(probes, try index.search(probes, request)) {
                #expect(reference.difference(hits, probe, request) == nil)
                #expect(try index.search(probe, request) == hits)
            }
        }
    }

    @Test("a fast search of few faces finds the same", arguments: Case.all)
    func fast(_ subject: Case) throws {
        // The shortlist has 1,000 rows at least.
        let entries = entries(1000, dimension: subject.dimension)
        let index = SearchIndex(subject.configuration)
        index.insert(entries)
        var random = SeededGenerator(seed: 9)
        let probes = [entries[3].vector] + (0..<3).map { _ in unitVector(subject.dimension, &random) }
        for request in Self.requests {
            var (exact, fast) = (request, request)
            (exact.method, fast.method) = (.exact, .fast)
            #expect(try index.search(probes, fast) == index.search(probes, exact))
        }
    }

    @Test(
        "of equal faces the earlier enrolled comes first, in every way of searching",
        arguments: SearchKernels.available
    )
    func ties(level: KernelLevel) throws {
        var random = SeededGenerator(seed: 4)
        let twin = unitVector(128, &random)
        var entries = entries(3000, dimension: 128)
        for row in [7, 8, 400, 1023, 1024, 2999] { entries[row].vector = twin }
        var configuration = SearchIndex.Configuration(dimension: 128, space: "s")
        configuration.level = level
        let index = SearchIndex(configuration)
        index.insert(entries)
        let expected = [7, 8, 400, 1023, 1024, 2999].map { entries[$0].key }
        let probe = mate(of: twin, similarity: 0.9, &random)
        let others = (0..<6).map { _ in unitVector(128, &random) }
        for method in [SearchRequest.Method.exact, .fast] {
            for limit in [1, 3, 6] {
                let request = SearchRequest(limit: limit, method: method)
                let alone = try index.search(probe, request)
                #expect(alone.map(\.key) == Array(expected.prefix(limit)))
                #expect(Set(alone.map(\.similarity)).count == 1)
                #expect(try index.search(others + [probe], request).last == alone)
            }
        }
    }

    @Test("insertions, removals and moves in any order leave what a list would hold", arguments: [nil, 40])
    func interleavings(reading dimension: Int?) throws {
        let store = Locked<[UInt64: [Float]]>([:])
        let configuration = SearchIndex.Configuration(dimension: 40, space: "s")
        let index = SearchIndex(configuration, keepsVectors: dimension == nil)
        let reader: SearchIndex.VectorReader? = dimension.map { _ in
            { keys in store.withLock { all in keys.map { all[$0] } } }
        }
        var random = SeededGenerator(seed: 5)
        var reference = SearchIndexReference()
        var last: UInt64 = 0
        for round in 0..<120 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let added = entries(
                    Int.random(in: 1...200, using: &random),
                    dimension: 40,
                    seed: random.next(),
                    after: last
                )
                last = added.last?.key ?? last
                store.withLock { all in for entry in added { all[entry.key] = entry.vector } }
                index.insert(added)
                reference.entries += added
            case 5..<8:
                let gone = Set(
                    reference.entries.map(\.key).shuffled(using: &random).prefix(
                        Int.random(in: 0...250, using: &random)
                    )
                )
                #expect(index.remove(Array(gone) + [last + 1000]) == gone.count)
                reference.entries.removeAll { gone.contains($0.key) }
                store.withLock { all in for key in gone { all[key] = nil } }
            case 8:
                let subject = UInt32.random(in: 0..<50, using: &random)
                index.merge(subject: subject, into: 1)
                for row in reference.entries.indices where reference.entries[row].subject == subject {
                    reference.entries[row].subject = 1
                }
                if let row = reference.entries.indices.randomElement(using: &random) {
                    #expect(index.setSubject(3, of: reference.entries[row].key))
                    reference.entries[row].subject = 3
                }
            default: try index.compact()
            }
            #expect(index.count == reference.entries.count)
            guard round % 4 == 0 else { continue }
            let probe = unitVector(40, &random)
            for request in Self.requests.shuffled(using: &random).prefix(3) {
                let hits = try index.search(probe, request, vectors: reader)
                #expect(reference.difference(hits, probe, request) == nil)
            }
            let listed = index.entries(after: nil, limit: .max)
            #expect(listed.map(\.key) == reference.entries.map(\.key))
            #expect(listed.map(\.subject) == reference.entries.map(\.subject))
            let page = index.entries(after: listed.first?.key, limit: 10)
            #expect(page.map(\.key) == listed.dropFirst().prefix(10).map(\.key))
        }
        #expect(index.lastKey == last)
        index.removeAll()
        #expect(index.count == 0)
        #expect(try index.search(unitVector(40, &random), SearchRequest(limit: 3), vectors: reader) == [])
    }

    @Test("vectors come back bit for bit, and only those that are there")
    func vectors() {
        let entries = entries(300, dimension: 33)
        let index = SearchIndex(SearchIndex.Configuration(dimension: 33, space: "s"))
        index.insert(entries)
        index.remove([entries[5].key])
        #expect(index.vector(of: entries[5].key) == nil)
        #expect(!index.contains(entries[5].key))
        #expect(index.vector(of: entries[299].key) == entries[299].vector)
        #expect(index.subject(of: entries[4].key) == entries[4].subject)
        #expect(index.vector(of: 0) == nil)
    }

    @Test("a face that the store no longer has is not found")
    func goneFromTheStore() throws {
        let entries = entries(500, dimension: 64)
        let gone = entries[10].key
        let vectors = Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.vector) })
        let index = SearchIndex(SearchIndex.Configuration(dimension: 64, space: "s"), keepsVectors: false)
        index.insert(entries)
        let hits = try index.search(entries[10].vector, SearchRequest(limit: 5)) { keys in
            keys.map { $0 == gone ? nil : vectors[$0] }
        }
        let reference = SearchIndexReference(entries: entries.filter { $0.key != gone })
        #expect(reference.difference(hits, entries[10].vector, SearchRequest(limit: 5)) == nil)
    }

    @Test(
        "mates at a cosine of 0.4 and above are found among 50,000 by their codes",
        arguments: SearchKernels.available
    )
    func recall(level: KernelLevel) throws {
        var configuration = SearchIndex.Configuration(dimension: 512, space: "s")
        configuration.level = level
        let index = SearchIndex(configuration)
        var random = SeededGenerator(seed: 12)
        // Cheaper than unitVector: recall does not ask for normal components.
        let entries = (1...50_000).map { key in
            SearchIndex.Entry(
                key: UInt64(key),
                subject: UInt32(key),
                vector: normalized((0..<512).map { _ in Float.random(in: -1...1, using: &random) })
            )
        }
        index.insert(entries)
        let probes = stride(from: 0, to: 50_000, by: 100).map { row in
            mate(of: entries[row].vector, similarity: Float.random(in: 0.4...0.6, using: &random), &random)
        }
        let exact = try index.search(probes, SearchRequest(limit: 1, method: .exact))
        let fast = try index.search(probes, SearchRequest(limit: 1, method: .fast))
        let agreeing = zip(exact, fast).filter { $0 == $1 }.count
        #expect(agreeing >= probes.count - 1)
        #expect(zip(exact, stride(from: 1, to: 50_000, by: 100)).allSatisfy { $0.first?.key == UInt64($1) })
    }

    @Test("where the first faces are nearer than the others, none is missed")
    func misleadingSample() throws {
        var random = SeededGenerator(seed: 16)
        let (probe, size) = (unitVector(32, &random), 60_000)
        let entries = (0..<size).map { row in
            let isNear = row % SearchRun.pieceRows < 100
            let vector = normalized((0..<32).map { _ in Float.random(in: -1...1, using: &random) })
            return SearchIndex.Entry(
                key: UInt64(row + 1),
                subject: UInt32(row),
                vector: isNear ? normalized(zip(vector, probe).map { 0.1 * $0 + $1 }) : vector
            )
        }
        let index = SearchIndex(SearchIndex.Configuration(dimension: 32, space: "s"))
        index.insert(entries)
        let (exact, fast) = (SearchRequest(limit: 20, method: .exact), SearchRequest(limit: 20, method: .fast))
        #expect(try index.search(probe, fast) == index.search(probe, exact))
    }

    @Test("a subject with more faces than a shortlist does not hide the others")
    func crowdedSubject() throws {
        var random = SeededGenerator(seed: 6)
        let centre = unitVector(64, &random)
        let crowd = (1...3000).map { key in
            SearchIndex.Entry(key: UInt64(key), subject: 1, vector: mate(of: centre, similarity: 0.95, &random))
        }
        let others = (3001...3100).map { key in
            SearchIndex.Entry(key: UInt64(key), subject: UInt32(key), vector: unitVector(64, &random))
        }
        let index = SearchIndex(SearchIndex.Configuration(dimension: 64, space: "s"))
        index.insert(crowd + others)
        let fast = try index.search(centre, SearchRequest(limit: 10, unit: .subjects, method: .fast))
        #expect(fast == (try index.search(centre, SearchRequest(limit: 10, unit: .subjects, method: .exact))))
        #expect(fast.count == 10)
    }

    @Test("many search while one changes")
    func concurrency() async throws {
        let configuration = SearchIndex.Configuration(dimension: 64, space: "s")
        let index = SearchIndex(configuration)
        // Never removed, and nearer to the probe than any other.
        var random = SeededGenerator(seed: 3)
        let probe = unitVector(64, &random)
        index.insert([SearchIndex.Entry(key: 1, subject: 1, vector: mate(of: probe, similarity: 0.99, &random))])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var random = SeededGenerator(seed: 30)
                var last: UInt64 = 1
                for round in 0..<60 {
                    let added = self.entries(150, dimension: 64, seed: UInt64(round), after: last)
                    last = added.last?.key ?? last
                    index.insert(added)
                    index.remove(added.map(\.key).shuffled(using: &random).dropLast(20))
                    index.merge(subject: 5, into: 6)
                    if round % 20 == 19 { try index.compact() }
                }
            }
            for method in [SearchRequest.Method.exact, .fast, .automatic] {
                group.addTask {
                    for _ in 0..<100 {
                        let hits = try index.search(probe, SearchRequest(limit: 3, method: method))
                        #expect(hits.first?.key == 1)
                        #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.isBetter(than: $1) })
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(index.count == 1 + 60 * 20)
    }
}
