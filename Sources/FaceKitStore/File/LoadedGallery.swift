// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// What was read of a gallery's files.
struct LoadedGallery {
    let state: GalleryState
    /// How far the log reaches.
    private(set) var log: FrameMark
    /// The end of a log that was cut off.
    private(set) var torn: FileGallery.TornTail?
    /// Waits for the place in the files that it was written for.
    private var waitingIndex: SearchIndex?

    /// For each file of pictures the end of the last one in it.
    var pictureEnds: [UInt32: UInt64] { state.pictureEnds }

    /// Reads the snapshot and the log of a generation.
    ///
    /// The index that was written for a state on the way is taken over there and brought up to date with the changes
    /// that follow; any other is left aside, and one made anew.
    ///
    /// - Parameters:
    ///   - folder: Where the files are.
    ///   - manifest: Which of them count.
    ///   - cache: The index; `nil` for a gallery that is not searched.
    /// - Throws: ``FaceError/Code/galleryDamaged`` with the offset.
    init(_ folder: GalleryFolder, _ manifest: GalleryManifest, _ cache: IndexCache? = nil) throws {
        state = GalleryState(configuration: .init(nameMatching: manifest.nameMatching))
        waitingIndex = cache?.open()
        let snapshot = try Self.open(folder.snapshot(manifest.generation))
        let logFile = try Self.open(folder.log(manifest.generation))
        state.vectorFiles = VectorFiles(snapshot: snapshot, log: logFile)
        log = FrameMark()
        log.digest = try readSnapshot(snapshot, manifest)
        takeIndexWhereDue()
        try readLog(logFile, manifest)
        try checkPictures(folder)
        if let cache {
            state.makeIndex = cache.make
            if state.index == nil { try state.fillIndex() }
        }
    }

    /// Takes the index once all that it was made from is read: the digest of the frames so far says so.
    private mutating func takeIndexWhereDue() {
        guard let index = waitingIndex, index.generation == log.digest else { return }
        waitingIndex = nil
        guard index.configuration.space == state.space, index.configuration.dimension == state.dimension,
            index.count == state.templates.count, index.lastKey ?? 0 < state.nextTemplate
        else { return }
        state.index = index
    }

    /// Reads the snapshot and returns its digest.
    private func readSnapshot(_ file: StoredFile, _ manifest: GalleryManifest) throws -> UInt64 {
        let path = file.path
        var reader = try FrameReader(file, number: manifest.generation)
        var header: Snapshot.Header?
        while true {
            let offset = reader.offset
            do {
                switch try reader.next() {
                case .frame(let frame) where frame.kind == .snapshot:
                    let read = try Snapshot.readHeader(frame.payload)
                    state.restore(read)
                    header = read
                case .frame(let frame) where frame.kind == .end:
                    guard UInt64(state.templates.count) == header?.templateCount,
                        UInt64(state.subjects.count) == header?.subjectCount
                    else { throw RecordReader.Malformed(description: "entries are missing") }
                    return reader.mark.digest
                case .frame(let frame): try Snapshot.apply(frame, to: state)
                case .end: throw RecordReader.Malformed(description: "the file ends too early")
                case .damage(let damage): throw RecordReader.Malformed(description: damage.reason)
                }
            } catch let error as RecordReader.Malformed {
                throw Self.damaged(path, offset, error.description)
            }
        }
    }

    private mutating func readLog(_ file: StoredFile, _ manifest: GalleryManifest) throws {
        let path = file.path
        var reader = try FrameReader(file, number: manifest.generation, digest: log.digest)
        while true {
            let offset = reader.offset
            switch try reader.next() {
            case .frame(let frame) where frame.kind == .changes:
                do {
                    for (change, supplement) in try GalleryChange.changes(in: frame) {
                        try state.check(change)
                        state.apply(change, supplement)
                    }
                } catch let error as FaceError {
                    throw Self.damaged(path, offset, "what is written there does not fit what comes before: \(error)")
                } catch let error as RecordReader.Malformed {
                    throw Self.damaged(path, offset, error.description)
                }
            case .frame(let frame) where frame.kind == .closed: break
            case .frame(let frame): throw Self.damaged(path, offset, "a frame of the kind \(frame.kind) in a log")
            case .damage(let damage) where damage.isFollowed: throw Self.damaged(path, offset, damage.reason)
            case .damage(let damage):
                torn = .init(file: path, offset: damage.offset, bytes: try reader.file.size() - damage.offset)
                return
            case .end: return
            }
            log = reader.mark
            takeIndexWhereDue()
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
    /// The changes of one frame of a log, and where their vectors lie.
    static func changes(in frame: FoundFrame) throws -> [(GalleryChange, ChangeSupplement)] {
        var reader = RecordReader(frame.payload[...])
        let count = try reader.readUInt32()
        var changes: [(GalleryChange, ChangeSupplement)] = []
        for _ in 0..<count {
            let known = reader.vectorOffsets.count
            let change = try GalleryChange(from: &reader)
            let places = reader.vectorOffsets[known...].map { frame.place($0, in: .log) }
            changes.append((change, .init(places: places[...])))
        }
        guard reader.isAtEnd else { throw RecordReader.Malformed(description: "bytes behind the last change") }
        return changes
    }

    /// One frame of changes, and where the vectors start in its payload.
    static func frame(_ changes: [GalleryChange]) throws -> (frame: Frame, vectorOffsets: [Int]) {
        var writer = RecordWriter()
        writer.write(UInt32(changes.count))
        for change in changes { try change.write(to: &writer) }
        return (Frame(kind: .changes, payload: writer.bytes), writer.vectorOffsets)
    }
}
