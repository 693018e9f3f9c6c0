// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// What was read of a gallery's files.
struct LoadedGallery {
    let state: GalleryState
    /// How far the log reaches, and how many frames it has.
    var log: (size: UInt64, sequence: UInt64)
    /// The end of a log that was cut off.
    var torn: FileGallery.TornTail?

    /// For each file of pictures the end of the last one in it.
    var pictureEnds: [UInt32: UInt64] { state.pictureEnds }

    /// Reads the snapshot and the log of a generation.
    ///
    /// - Throws: ``FaceError/Code/galleryDamaged`` with the offset.
    init(_ folder: GalleryFolder, _ manifest: GalleryManifest) throws {
        state = GalleryState(configuration: .init(nameMatching: manifest.nameMatching))
        try Self.readSnapshot(folder, manifest, into: state)
        log = (0, 0)
        try readLog(folder, manifest)
        try checkPictures(folder)
    }

    private static func readSnapshot(
        _ folder: GalleryFolder,
        _ manifest: GalleryManifest,
        into state: GalleryState
    ) throws {
        let path = folder.snapshot(manifest.generation)
        var reader = try FrameReader(try open(path), number: manifest.generation)
        var header: Snapshot.Header?
        while true {
            let offset = reader.offset
            do {
                switch try reader.next() {
                case .frame(.snapshot, let payload):
                    let read = try Snapshot.readHeader(payload)
                    state.restore(read)
                    header = read
                case .frame(.end, _):
                    guard UInt64(state.templates.count) == header?.templateCount,
                        UInt64(state.subjects.count) == header?.subjectCount
                    else { throw RecordReader.Malformed(description: "entries are missing") }
                    return
                case .frame(let kind, let payload): try Snapshot.apply(kind, payload, to: state)
                case .end: throw RecordReader.Malformed(description: "the file ends too early")
                case .damage(let damage): throw RecordReader.Malformed(description: damage.reason)
                }
            } catch let error as RecordReader.Malformed {
                throw Self.damaged(path, offset, error.description)
            }
        }
    }

    private mutating func readLog(_ folder: GalleryFolder, _ manifest: GalleryManifest) throws {
        let path = folder.log(manifest.generation)
        var reader = try FrameReader(try Self.open(path), number: manifest.generation)
        while true {
            let offset = reader.offset
            switch try reader.next() {
            case .frame(.changes, let payload):
                do {
                    for change in try GalleryChange.changes(in: payload) {
                        try state.check(change)
                        state.apply(change)
                    }
                } catch let error as FaceError {
                    throw Self.damaged(path, offset, "what is written there does not fit what comes before: \(error)")
                } catch let error as RecordReader.Malformed {
                    throw Self.damaged(path, offset, error.description)
                }
            case .frame(.closed, _): break
            case .frame(let kind, _): throw Self.damaged(path, offset, "a frame of the kind \(kind) in a log")
            case .damage(let damage) where damage.isFollowed: throw Self.damaged(path, offset, damage.reason)
            case .damage(let damage):
                torn = .init(file: path, offset: damage.offset, bytes: try reader.file.size() - damage.offset)
                return
            case .end: return
            }
            log = (reader.offset, reader.sequence)
        }
    }

    private func checkPictures(_ folder: GalleryFolder) throws {
        for (number, end) in pictureEnds {
            let path = folder.pictures(number)
            let size = try Self.open(path).size()
            guard size >= end else { throw Self.damaged(path, size, "\(end - size) bytes of pictures are missing") }
        }
    }

    private static func open(_ path: String) throws -> StoredFile {
        guard FileManager.default.fileExists(atPath: path) else {
            throw FaceError(.galleryDamaged, "\(path) is missing; gallery repair saves what is whole")
        }
        return try StoredFile(path, .read)
    }

    static func damaged(_ path: String, _ offset: UInt64, _ reason: String) -> FaceError {
        FaceError(
            .galleryDamaged,
            "\(path) is damaged at offset \(offset): \(reason); gallery repair saves what is whole"
        )
    }
}

extension GalleryState {
    /// For each file of pictures the end of the last one in it.
    var pictureEnds: [UInt32: UInt64] {
        var ends: [UInt32: UInt64] = [:]
        templates.forEach { _, entry in
            if case .record(let location)? = entry.picture {
                ends[location.file] = max(
                    ends[location.file] ?? 0,
                    location.offset + PictureFiles.frameSize(location)
                )
            }
        }
        return ends
    }
}

extension GalleryChange {
    /// The changes of one frame.
    static func changes(in payload: [UInt8]) throws -> [GalleryChange] {
        var reader = RecordReader(payload[...])
        let count = try reader.readUInt32()
        var changes: [GalleryChange] = []
        for _ in 0..<count { changes.append(try GalleryChange(from: &reader)) }
        guard reader.isAtEnd else { throw RecordReader.Malformed(description: "bytes behind the last change") }
        return changes
    }

    /// One frame of changes.
    static func frame(_ changes: [GalleryChange]) throws -> Frame {
        var writer = RecordWriter()
        writer.write(UInt32(changes.count))
        for change in changes { try change.write(to: &writer) }
        return Frame(kind: .changes, payload: writer.bytes)
    }
}
