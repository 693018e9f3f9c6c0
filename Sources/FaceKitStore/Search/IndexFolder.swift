// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKit
import FaceKitInference
import Foundation

/// The folder that a ``SearchIndex`` is kept in: `manifest`, and a file for each segment.
///
/// Files are written under another name and moved into place. The manifest comes last: until then the old one is valid
/// with the files it names.
final class IndexFolder: Sendable {
    private let path: String
    /// The number of the next file.
    private let next: Locked<UInt64>

    init(_ path: String) {
        self.path = path
        next = Locked(Self.lastNumber(in: path) + 1)
    }

    private static let prefix = "segment-"

    private static func lastNumber(in path: String) -> UInt64 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.compactMap { $0.hasPrefix(prefix) ? UInt64($0.dropFirst(prefix.count)) : nil }.max() ?? 0
    }

    private func file(_ number: UInt64) -> String { path + "/" + Self.prefix + String(number) }

    // MARK: - Reading

    /// Maps what the manifest names.
    func load(_ configuration: SearchIndex.Configuration, keepsVectors: Bool) throws(SearchIndexFault) -> IndexState {
        guard FileManager.default.fileExists(atPath: path + "/" + IndexManifest.name) else { throw .missing }
        let manifest = try IndexManifest(reading: path)
        try manifest.requireMatch(configuration, keepsVectors: keepsVectors)
        var state = IndexState(lastKey: manifest.lastKey, generation: manifest.generation)
        for segment in manifest.segments {
            let layout = SegmentLayout(
                dimension: configuration.dimension,
                capacity: (segment.rows + 7) / 8 * 8,
                keepsVectors: keepsVectors
            )
            let mapping = try MemoryMapping(file: file(segment.file), size: layout.size)
            let header = try SegmentHeader(reading: mapping, layout: layout, name: Self.prefix + String(segment.file))
            guard header.rows == segment.rows, header.checksum == segment.checksum else {
                throw .damaged("\(Self.prefix)\(segment.file) is not the file that the manifest names")
            }
            let view = SegmentView(
                segment: Segment(layout, mapping),
                rows: segment.rows,
                removed: segment.removed,
                largestError: header.largestError,
                file: SegmentFile(number: segment.file, checksum: segment.checksum)
            )
            try header.check(SegmentLayout.Column.small, of: view.segment)
            mapping.prefetch(offset: layout.offset(.codes), size: layout.size(.codes))
            state.views.append(view)
        }
        try requireRisingKeys(state)
        return state
    }

    private func requireRisingKeys(_ state: IndexState) throws(SearchIndexFault) {
        var last: UInt64?
        for view in state.views {
            for row in 0..<view.rows {
                let key = view.segment.keys[row]
                guard last.map({ $0 < key }) ?? true else { throw .damaged("the keys of faces do not rise") }
                last = key
            }
        }
        guard last ?? 0 <= state.lastKey ?? 0, state.lastKey != nil || state.views.isEmpty else {
            throw .damaged("the manifest's last key is below a face's")
        }
    }

    /// Compares all checksums of a segment's file, if it has one.
    func verify(_ view: SegmentView) throws(SearchIndexFault) {
        guard let file = view.file else { return }
        let layout = SegmentLayout(
            dimension: view.segment.layout.dimension,
            capacity: (view.rows + 7) / 8 * 8,
            keepsVectors: view.segment.layout.keepsVectors
        )
        let name = Self.prefix + String(file.number)
        let mapping = try MemoryMapping(file: self.file(file.number), size: layout.size)
        let header = try SegmentHeader(reading: mapping, layout: layout, name: name)
        guard header.checksum == file.checksum else { throw .damaged("\(name) is not the file that was written") }
        try header.check(SegmentLayout.Column.allCases, of: Segment(layout, mapping))
    }

    // MARK: - Writing

    /// Makes the folder where there is none.
    private func create() throws(FaceError) {
        try PrivateFolder.make(path, "the folder for a search index")
    }

    /// Deletes the folder where there is one.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    func delete() throws(FaceError) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw FaceError(.fileUnwritable, "the search index \(path) cannot be deleted", cause: error)
        }
    }

    /// Writes a view's rows and returns a view of the file; of the last one, to which rows may be appended, the rows in
    /// memory are kept.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    func store(_ view: SegmentView, isLast: Bool) throws(FaceError) -> SegmentView {
        try create()
        let number = next.withLock { number in
            defer { number += 1 }
            return number
        }
        let source = view.segment
        let layout = SegmentLayout(
            dimension: source.layout.dimension,
            capacity: (view.rows + 7) / 8 * 8,
            keepsVectors: source.layout.keepsVectors
        )
        let image = Segment(layout)
        for row in 0..<view.rows { image.copy(row: row, of: source, subject: view.subject(row: row), to: row) }
        let header = SegmentHeader(of: image, rows: view.rows, largestError: view.largestError)
        header.write(to: image.mapping.base, layout: layout)
        try DurableFile.write(
            UnsafeRawBufferPointer(start: image.mapping.base, count: layout.size),
            to: file(number)
        )

        var stored = view
        stored.file = SegmentFile(number: number, checksum: header.checksum)
        if !isLast || !hasRoom(view) {
            do {
                let mapping = try MemoryMapping(file: file(number), size: layout.size)
                stored = SegmentView(
                    segment: Segment(layout, mapping),
                    rows: view.rows,
                    removed: view.removed,
                    largestError: view.largestError,
                    file: stored.file
                )
            } catch {
                throw FaceError(.fileUnreadable, "a segment that was just written cannot be mapped", cause: error)
            }
        }
        return stored
    }

    private func hasRoom(_ view: SegmentView) -> Bool {
        view.changedSubjects == nil && view.segment.mapping.isWritable && view.rows < Segment.fullCapacity
    }

    /// Writes the manifest and deletes what it does not name.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    func commit(_ state: IndexState, _ configuration: SearchIndex.Configuration, keepsVectors: Bool) throws(FaceError) {
        try create()
        let segments = state.views.map { view in
            guard let file = view.file else { preconditionFailure("segments are stored before the manifest") }
            return IndexManifest.Segment(
                file: file.number,
                rows: view.rows,
                checksum: file.checksum,
                removed: view.removed
            )
        }
        let manifest = IndexManifest(
            configuration: configuration,
            keepsVectors: keepsVectors,
            generation: state.generation,
            lastKey: state.lastKey,
            segments: segments
        )
        try manifest.write(to: path)

        let named = Set(segments.map { Self.prefix + String($0.file) })
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.hasPrefix(Self.prefix) && !named.contains(name) {
            try? FileManager.default.removeItem(atPath: path + "/" + name)
        }
    }
}
