// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitInference
import FaceKitStore
import Foundation

/// An index that another program fills and searches line by line.
final class SearchBenchServer {
    /// The answer to one line; only what the line asked for is there.
    struct Answer: Encodable {
        var faces: Int?
        var bytesPerFace: Int?
        var level: String?
        var seconds: Double?
        /// Of each call.
        var milliseconds: [Double]?
        /// Row numbers from 0, best first, for each probe.
        var rows: [[Int]]?
        var similarities: [[Float]]?
    }

    private let configuration: SearchIndex.Configuration
    private let file: VectorFile
    private let keepsVectors: Bool
    private let folder: String?
    private var index: SearchIndex
    private var probes: [[Float]] = []

    init(_ configuration: SearchIndex.Configuration, vectors: String, keepsVectors: Bool, folder: String?) throws {
        let file = try VectorFile(path: vectors, dimension: configuration.dimension)
        self.configuration = configuration
        self.file = file
        self.folder = folder
        self.keepsVectors = keepsVectors
        index =
            folder.map { SearchIndex(creating: $0, configuration, keepsVectors: keepsVectors) }
            ?? SearchIndex(configuration, keepsVectors: keepsVectors)
    }

    /// Answers lines until there are no more.
    func serve() throws {
        let encoder = JSONEncoder()
        while let line = readLine() {
            let answer = try answer(line.split(separator: " ").map(String.init))
            FileHandle.standardOutput.write(try encoder.encode(answer) + Data("\n".utf8))
        }
    }

    private func answer(_ words: [String]) throws -> Answer {
        let clock = ContinuousClock()
        switch (words.first, words.count) {
        case ("add", 2):
            guard let count = Int(words[1]), count > 0 else { break }
            let first = index.lastKey.map { Int($0) + 1 } ?? 0
            var taken = Duration.zero
            for start in stride(from: first, to: first + count, by: 4096) {
                let rows = start..<min(start + 4096, first + count)
                let entries = zip(rows, try file.vectors(rows)).map { row, vector in
                    SearchIndex.Entry(key: UInt64(row), subject: UInt32(row), vector: vector)
                }
                taken += clock.measure { index.insert(entries) }
            }
            return Answer(
                faces: index.count,
                bytesPerFace: index.bytesPerFace,
                level: index.level.rawValue,
                seconds: taken / .seconds(1)
            )
        case ("probes", 2):
            let file = try VectorFile(path: words[1], dimension: configuration.dimension)
            probes = try file.vectors(0..<file.count)
            return Answer(faces: probes.count)
        case ("search", 6):
            let numbers = words.dropFirst(2).compactMap(Int.init)
            guard let method = SearchRequest.Method(rawValue: words[1]), numbers.count == 4, numbers[1] > 0,
                numbers[2] >= 0, numbers[3] > 0, numbers[2] + numbers[3] <= probes.count
            else { break }
            return try search(method, top: numbers[0], batch: numbers[1], numbers[2]..<numbers[2] + numbers[3])
        case ("checkpoint", 1):
            return Answer(seconds: try clock.measure { try index.checkpoint(generation: 1) } / .seconds(1))
        case ("open", 1):
            guard let folder else { break }
            let taken = try clock.measure {
                index = try SearchIndex(opening: folder, configuration, keepsVectors: keepsVectors)
            }
            return Answer(faces: index.count, seconds: taken / .seconds(1))
        default: break
        }
        throw BenchInputError(description: "not understood: \(words.joined(separator: " "))")
    }

    /// What the index does not keep.
    private func vectors(_ keys: [SearchIndex.Key]) throws -> [[Float]?] {
        try keys.map { key in try file.vectors(Int(key)..<Int(key) + 1).first }
    }

    private func search(_ method: SearchRequest.Method, top: Int, batch: Int, _ range: Range<Int>) throws -> Answer {
        let request = SearchRequest(limit: top, method: method)
        let clock = ContinuousClock()
        var (milliseconds, hits): ([Double], [[SearchHit]]) = ([], [])
        for start in stride(from: range.lowerBound, to: range.upperBound, by: batch) {
            let some = Array(probes[start..<min(start + batch, range.upperBound)])
            var found: [[SearchHit]] = []
            let taken = try clock.measure { found = try index.search(some, request, vectors: vectors) }
            milliseconds.append(taken / .milliseconds(1))
            hits += found
        }
        return Answer(
            milliseconds: milliseconds,
            rows: hits.map { $0.map { Int($0.key) } },
            similarities: hits.map { $0.map(\.similarity) }
        )
    }
}

/// Vectors in a file: float32, little-endian, end to end.
///
/// `@unchecked Sendable` holds because reading at a position leaves the descriptor as it is.
private final class VectorFile: @unchecked Sendable {
    private let descriptor: Int32
    private let dimension: Int
    private let path: String

    init(path: String, dimension: Int) throws {
        descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else {
            throw BenchInputError(description: "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        (self.path, self.dimension) = (path, dimension)
    }

    deinit {
        close(descriptor)
    }

    /// How many there are; a file may grow.
    var count: Int { Int(lseek(descriptor, 0, SEEK_END)) / (dimension * 4) }

    func vectors(_ rows: Range<Int>) throws -> [[Float]] {
        let size = dimension * 4
        var all = [Float](repeating: 0, count: rows.count * dimension)
        let read = all.withUnsafeMutableBytes {
            pread(descriptor, $0.baseAddress, $0.count, off_t(rows.lowerBound * size))
        }
        guard read == rows.count * size else {
            throw BenchInputError(description: "\(path) has no rows \(rows)")
        }
        return rows.indices.map {
            Array(all[($0 - rows.lowerBound) * dimension..<($0 - rows.lowerBound + 1) * dimension])
        }
    }
}
