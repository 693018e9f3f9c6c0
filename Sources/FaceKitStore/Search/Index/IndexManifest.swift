// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKit
import Foundation

/// The file that says what an index consists of.
///
/// A list of 64-bit little-endian words, the last of which is the checksum of the others.
struct IndexManifest {
    /// One segment.
    struct Segment {
        var file: UInt64
        var rows: Int
        /// Of the file's header.
        var checksum: UInt64
        var removed: RowSet
    }

    static let name = "manifest"
    /// "FKIDX\0\0" and the version of the format.
    private static let magic: UInt64 = 0x0100_0058_4449_4B46

    var dimension: Int
    var seed: UInt64
    var keepsVectors: Bool
    var store: UUID
    var space: String
    var generation: UInt64
    var lastKey: UInt64?
    var segments: [Segment]

    init(
        configuration: SearchIndex.Configuration,
        keepsVectors: Bool,
        generation: UInt64,
        lastKey: UInt64?,
        segments: [Segment]
    ) {
        dimension = configuration.dimension
        seed = configuration.seed
        store = configuration.store
        space = configuration.space
        self.keepsVectors = keepsVectors
        self.generation = generation
        self.lastKey = lastKey
        self.segments = segments
    }

    // MARK: - Reading

    /// Reads the manifest of a folder.
    init(reading folder: String) throws(SearchIndexFault) {
        guard let data = FileManager.default.contents(atPath: folder + "/" + Self.name) else {
            throw .damaged("the manifest cannot be read")
        }
        guard data.count % 8 == 0, data.count >= 16 else {
            throw .damaged("the manifest has \(data.count) bytes, which are no whole words")
        }
        let words = data.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
            }
        }
        guard words[0] == Self.magic else { throw .stale("the manifest is of another version or no manifest") }
        guard words.last == Self.checksum(words.dropLast()) else {
            throw .damaged("the manifest does not have its checksum")
        }
        var cursor = Cursor(words: words.dropLast().dropFirst())
        dimension = try cursor.nextCount()
        seed = try cursor.next()
        keepsVectors = try cursor.next() != 0
        store = UUID(high: try cursor.next(), low: try cursor.next())
        generation = try cursor.next()
        let hasLastKey = try cursor.next() != 0
        let key = try cursor.next()
        lastKey = hasLastKey ? key : nil
        space = try cursor.nextString()
        segments = []
        for _ in 0..<(try cursor.nextCount()) {
            let (file, rows, checksum) = (try cursor.next(), try cursor.nextCount(), try cursor.next())
            let removed = RowSet(words: try cursor.nextWords())
            guard rows > 0, rows <= FaceKitStore.Segment.fullCapacity, removed.words.count <= (rows + 63) / 64,
                removed.count <= rows
            else { throw .damaged("the manifest names a segment of \(rows) rows, \(removed.count) of them removed") }
            segments.append(Segment(file: file, rows: rows, checksum: checksum, removed: removed))
        }
        guard cursor.isAtEnd else { throw .damaged("the manifest is longer than what it says") }
    }

    /// Refuses a manifest of another store, space or kind.
    func requireMatch(_ configuration: SearchIndex.Configuration, keepsVectors: Bool) throws(SearchIndexFault) {
        guard dimension == configuration.dimension else {
            throw .stale("it has \(dimension) dimensions instead of \(configuration.dimension)")
        }
        guard space == configuration.space else { throw .stale("it is of space \(space)") }
        guard store == configuration.store else { throw .stale("it was made from another store") }
        guard seed == configuration.seed else { throw .stale("its codes are of another rotation") }
        guard self.keepsVectors == keepsVectors else {
            throw .stale(keepsVectors ? "it does not keep the vectors" : "it keeps the vectors")
        }
    }

    /// Takes one word after the other.
    private struct Cursor {
        var words: ArraySlice<UInt64>

        var isAtEnd: Bool { words.isEmpty }

        mutating func next() throws(SearchIndexFault) -> UInt64 {
            guard let word = words.popFirst() else { throw .damaged("the manifest is shorter than what it says") }
            return word
        }

        /// A number that cannot exceed what memory holds.
        mutating func nextCount() throws(SearchIndexFault) -> Int {
            let word = try next()
            guard let count = Int32(exactly: word) else { throw .damaged("the manifest has a count of \(word)") }
            return Int(count)
        }

        mutating func nextWords() throws(SearchIndexFault) -> [UInt64] {
            let count = try nextCount()
            guard count <= words.count else { throw .damaged("the manifest is shorter than what it says") }
            defer { words = words.dropFirst(count) }
            return Array(words.prefix(count))
        }

        /// A length in bytes, then as many words as they need.
        mutating func nextString() throws(SearchIndexFault) -> String {
            let length = try nextCount()
            guard (length + 7) / 8 <= words.count else { throw .damaged("the manifest is shorter than what it says") }
            var bytes: [UInt8] = []
            for word in words.prefix((length + 7) / 8) {
                bytes += (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
            }
            words = words.dropFirst((length + 7) / 8)
            return String(decoding: bytes.prefix(length), as: UTF8.self)
        }
    }

    // MARK: - Writing

    /// Replaces the manifest of a folder.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    func write(to folder: String) throws(FaceError) {
        var words = [
            Self.magic, UInt64(dimension), seed, keepsVectors ? 1 : 0, store.high, store.low, generation,
            lastKey == nil ? 0 : 1, lastKey ?? 0,
        ]
        let bytes = Array(space.utf8)
        words.append(UInt64(bytes.count))
        for start in stride(from: 0, to: bytes.count, by: 8) {
            let part = bytes[start..<min(start + 8, bytes.count)]
            words.append(part.reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }
        words.append(UInt64(segments.count))
        for segment in segments {
            words += [segment.file, UInt64(segment.rows), segment.checksum, UInt64(segment.removed.words.count)]
            words += segment.removed.words
        }
        words.append(Self.checksum(words[...]))
        let data = words.map(\.littleEndian)
        try data.withUnsafeBufferPointer { words throws(FaceError) in
            try DurableFile.write(UnsafeRawBufferPointer(words), to: folder + "/" + Self.name)
        }
    }

    private static func checksum(_ words: ArraySlice<UInt64>) -> UInt64 {
        words.map(\.littleEndian).withUnsafeBytes { cfk_checksum($0.baseAddress, Int64($0.count)) }
    }
}

extension UUID {
    fileprivate init(high: UInt64, low: UInt64) {
        self = withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    fileprivate var high: UInt64 { word(at: 0) }
    fileprivate var low: UInt64 { word(at: 8) }

    private func word(at offset: Int) -> UInt64 {
        withUnsafeBytes(of: uuid) { UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }
}
