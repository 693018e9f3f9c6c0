// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitStore
import Foundation

/// Measures one index of synthetic faces.
struct SearchBench {
    /// How long searches take.
    struct Timing: Encodable {
        let medianMilliseconds: Double
        let p95Milliseconds: Double
        /// Of all calls, without pauses.
        let searchesPerSecond: Double

        init(_ milliseconds: [Double], probesPerCall: Int) {
            let sorted = milliseconds.sorted()
            medianMilliseconds = sorted[sorted.count / 2]
            p95Milliseconds = sorted[min(sorted.count - 1, sorted.count * 95 / 100)]
            searchesPerSecond =
                Double(milliseconds.count * probesPerCall) * 1000 / max(milliseconds.reduce(0, +), 1e-9)
        }
    }

    struct Result: Encodable {
        let faces: Int
        let dimension: Int
        let level: String
        let bytesPerFace: Int
        let insertionsPerSecond: Double
        let exact: Timing
        let fast: Timing
        /// 64 probes in one call.
        let exactBatch: Timing
        let fastBatch: Timing
        /// Share of the probes whose best face by a fast search is that by an exact one.
        let fastRecall: Double
        /// Share of the probes whose best face by an exact search is their mate.
        let matesFound: Double
        let checkpointSeconds: Double?
        let openSeconds: Double?

        static let heading =
            "     faces  bytes/face  added/s   exact ms   (p95)    fast ms   (p95)  exact/s in 64  fast/s in 64  recall\n"

        var text: String {
            func column(_ text: String, _ width: Int) -> String {
                String(repeating: " ", count: max(0, width - text.count)) + text
            }
            let line = [
                column("\(faces)", 10), column("\(bytesPerFace)", 11), column("\(Int(insertionsPerSecond))", 8),
                column(exact.medianMilliseconds.formatted(digits: 3), 10),
                column(exact.p95Milliseconds.formatted(digits: 2), 7),
                column(fast.medianMilliseconds.formatted(digits: 3), 10),
                column(fast.p95Milliseconds.formatted(digits: 2), 7),
                column("\(Int(exactBatch.searchesPerSecond))", 14), column("\(Int(fastBatch.searchesPerSecond))", 13),
                column(fastRecall.formatted(digits: 4), 7),
            ]
            .joined(separator: " ")
            guard let checkpointSeconds, let openSeconds else { return line }
            return line + "\n           written in \(checkpointSeconds.formatted(digits: 2)) s, opened in "
                + "\(openSeconds.formatted(digits: 3)) s"
        }
    }

    let count: Int
    let probes: Int
    let top: Int
    let mateSimilarity: Float
    /// Whether vectors stay in memory; otherwise those needed are made again.
    let keepsVectors: Bool

    private static let batch = 64
    private static let insertedAtOnce = 4096

    /// Fills an index, searches it and, with a folder, writes it and opens it again.
    func run(_ configuration: SearchIndex.Configuration, folder: String?) throws -> Result {
        let faces = SyntheticFaces(dimension: configuration.dimension)
        var index =
            folder.map { SearchIndex(creating: $0, configuration, keepsVectors: keepsVectors) }
            ?? SearchIndex(configuration, keepsVectors: keepsVectors)
        let insertion = insert(faces, into: index)
        // Mates of faces spread over all.
        let mates = (0..<probes).map { UInt64($0 * (count / probes) + 1) }
        let wanted = mates.map { faces.mate(of: $0, similarity: mateSimilarity) }

        var (checkpoint, open): (Double?, Double?)
        if let folder {
            let clock = ContinuousClock()
            checkpoint = try clock.measure { try index.checkpoint(generation: 1) } / .seconds(1)
            open =
                try clock.measure {
                    index = try SearchIndex(opening: folder, configuration, keepsVectors: keepsVectors)
                } / .seconds(1)
        }

        var exact: [[SearchHit]] = []
        var fast: [[SearchHit]] = []
        let exactTiming = try time(index, faces, wanted, .exact, batch: 1, answers: &exact)
        let fastTiming = try time(index, faces, wanted, .fast, batch: 1, answers: &fast)
        let whole = Array(wanted.prefix(max(1, wanted.count / Self.batch) * Self.batch))
        var unused: [[SearchHit]] = []
        let exactBatch = try time(index, faces, whole, .exact, batch: Self.batch, answers: &unused)
        let fastBatch = try time(index, faces, whole, .fast, batch: Self.batch, answers: &unused)
        return Result(
            faces: count,
            dimension: configuration.dimension,
            level: index.level.rawValue,
            bytesPerFace: index.bytesPerFace,
            insertionsPerSecond: Double(count) / insertion,
            exact: exactTiming,
            fast: fastTiming,
            exactBatch: exactBatch,
            fastBatch: fastBatch,
            fastRecall: share(zip(exact, fast).filter { $0.first == $1.first }.count),
            matesFound: share(zip(exact, mates).filter { $0.first?.key == $1 }.count),
            checkpointSeconds: checkpoint,
            openSeconds: open
        )
    }

    private func share(_ part: Int) -> Double { Double(part) / Double(probes) }

    /// Inserts all faces and returns the seconds that took, without making the vectors.
    private func insert(_ faces: SyntheticFaces, into index: SearchIndex) -> Double {
        let clock = ContinuousClock()
        var taken = Duration.zero
        for start in stride(from: 0, to: count, by: Self.insertedAtOnce) {
            let entries = (start..<min(start + Self.insertedAtOnce, count)).map { row in
                let key = UInt64(row + 1)
                return SearchIndex.Entry(key: key, subject: UInt32(row), vector: faces.vector(key))
            }
            taken += clock.measure { index.insert(entries) }
        }
        return taken / .seconds(1)
    }

    private func time(
        _ index: SearchIndex,
        _ faces: SyntheticFaces,
        _ probes: [[Float]],
        _ method: SearchRequest.Method,
        batch: Int,
        answers: inout [[SearchHit]]
    ) throws -> Timing {
        let request = SearchRequest(limit: top, method: method)
        let clock = ContinuousClock()
        func search(_ probes: [[Float]]) throws -> [[SearchHit]] {
            try index.search(probes, request) { keys in keys.map { faces.vector($0) } }
        }
        _ = try search(Array(probes.prefix(batch)))
        var milliseconds: [Double] = []
        for start in stride(from: 0, to: probes.count, by: batch) {
            let some = Array(probes[start..<min(start + batch, probes.count)])
            var found: [[SearchHit]] = []
            milliseconds.append(try clock.measure { found = try search(some) } / .milliseconds(1))
            answers += found
        }
        return Timing(milliseconds, probesPerCall: min(batch, probes.count))
    }
}
