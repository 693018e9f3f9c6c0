// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension FileGallery {
    /// What a repair found and saved.
    public struct RepairReport: Hashable, Sendable {
        /// A place that could not be read.
        public struct Damage: Hashable, Sendable {
            /// The file.
            public var file: String
            /// Where, in bytes from its start.
            public var offset: UInt64
            /// How many bytes were given up, where that is known.
            public var bytes: UInt64?
            /// What was wrong, for people.
            public var reason: String
        }

        /// All places that could not be read.
        public var damages: [Damage] = []
        /// How many subjects there are now.
        public var subjects = 0
        /// How many templates there are now.
        public var templates = 0
        /// How many pictures there are now.
        public var pictures = 0
        /// Where the files of before are kept; ``compact()`` deletes them.
        public var originals: String?
    }

    /// Saves what is whole of a gallery whose files are damaged, and writes its files anew.
    ///
    /// Whole frames count, damaged ones are left out. A change that was lost is not made: a template whose removal lies in
    /// a damaged place is there again, and one whose enrolment does is gone. Every picture is read; damaged ones are
    /// given up, their templates stay. The files of before are kept in the folder `damaged` until the next compaction.
    /// A gallery without damage is only checked.
    ///
    /// - Returns: What was found and saved.
    /// - Throws: ``FaceError/Code/galleryInUse``, ``FaceError/Code/galleryNotFound`` when no file of a gallery is there,
    ///   ``FaceError/Code/unsupportedGallery`` for a newer format, ``FaceError/Code/fileUnwritable``.
    public static func repair(path: String) async throws -> RepairReport {
        try await Blocking.run {
            var repair = GalleryRepair(GalleryFolder(path: path))
            return try repair.run()
        }
    }
}

/// One repair.
private struct GalleryRepair {
    let folder: GalleryFolder
    private var report = FileGallery.RepairReport()

    init(_ folder: GalleryFolder) {
        self.folder = folder
    }

    mutating func run() throws -> FileGallery.RepairReport {
        guard FileManager.default.fileExists(atPath: folder.path), !(try folder.entries()).isEmpty else {
            throw FaceError(.galleryNotFound, "there is no gallery in \(folder.path)")
        }
        let lock = try folder.takeLock()
        defer { withExtendedLifetime(lock) {} }
        var manifest = try findManifest()
        let header = findHeader(manifest.generation)
        if let header { manifest.nameMatching = header.nameMatching }
        let state = GalleryState(configuration: .init(nameMatching: manifest.nameMatching))
        if let header { state.restore(header) }
        state.vectorFiles = VectorFiles(
            snapshot: try? StoredFile(folder.snapshot(manifest.generation), .read),
            log: try? StoredFile(folder.log(manifest.generation), .read)
        )
        try readSnapshot(manifest, into: state)
        try readLog(manifest, into: state)
        try dropBrokenPictures(state)
        // It is made anew from what is whole.
        try folder.deleteIndex()
        report.subjects = state.subjects.count
        report.templates = state.templates.count
        report.pictures = state.pictureCount
        if !report.damages.isEmpty {
            try rewrite(state, manifest)
            report.originals = folder.damaged
        }
        return report
    }

    private mutating func note(_ file: String, _ offset: UInt64, _ bytes: UInt64?, _ reason: String) {
        report.damages.append(.init(file: file, offset: offset, bytes: bytes, reason: reason))
    }

    /// The manifest, or one made up from the newest files.
    private mutating func findManifest() throws -> GalleryManifest {
        do {
            if let manifest = try GalleryManifest.read(in: folder.path) { return manifest }
            note(folder.path + "/" + GalleryManifest.fileName, 0, nil, "the file is missing")
        } catch let error as FaceError where error.code == .galleryDamaged {
            note(folder.path + "/" + GalleryManifest.fileName, 0, nil, error.message)
        }
        var generation: UInt32 = 1
        for entry in try folder.entries() {
            switch entry {
            case .snapshot(let number): generation = max(generation, isComplete(number) ? number : 1)
            default: break
            }
        }
        return GalleryManifest(id: UUID(), generation: generation, nameMatching: .exact)
    }

    /// Whether a snapshot has its last frame: without a manifest, one that was being written does not count.
    private func isComplete(_ generation: UInt32) -> Bool {
        guard let file = try? StoredFile(folder.snapshot(generation), .read),
            var reader = try? FrameReader(file, number: generation)
        else { return false }
        while let step = try? reader.next() {
            switch step {
            case .frame(let frame) where frame.kind == .end: return true
            case .frame: continue
            case .damage: if ((try? reader.skipDamage()) ?? nil) == nil { return false }
            case .end: return false
            }
        }
        return false
    }

    /// The header of a snapshot, from whichever of its two places is whole.
    private func findHeader(_ generation: UInt32) -> Snapshot.Header? {
        guard let file = try? StoredFile(folder.snapshot(generation), .read),
            var reader = try? FrameReader(file, number: generation)
        else { return nil }
        while let step = try? reader.next() {
            switch step {
            case .frame(let frame):
                if [.snapshot, .end].contains(frame.kind), let header = try? Snapshot.readHeader(frame.payload) {
                    return header
                }
            case .damage: if ((try? reader.skipDamage()) ?? nil) == nil { return nil }
            case .end: return nil
            }
        }
        return nil
    }

    private mutating func readSnapshot(_ manifest: GalleryManifest, into state: GalleryState) throws {
        let path = folder.snapshot(manifest.generation)
        try readFrames(path, number: manifest.generation) { frame in
            switch frame.kind {
            case .snapshot, .end: break
            default: try Snapshot.apply(frame, to: state, isRepair: true)
            }
        }
        if state.templates.count == 0 { state.forgetSpaces() }
    }

    private mutating func readLog(_ manifest: GalleryManifest, into state: GalleryState) throws {
        let path = folder.log(manifest.generation)
        try readFrames(path, number: manifest.generation) { frame in
            guard frame.kind == .changes else { return }
            var fault: (any Error)?
            for (change, supplement) in try GalleryChange.changes(in: frame) {
                do {
                    try state.check(change)
                    state.apply(change, supplement)
                } catch {
                    fault = error
                }
            }
            if let fault { throw RecordReader.Malformed(description: "a change that does not fit: \(fault)") }
        }
    }

    /// Hands over every whole frame, and notes the places between them.
    private mutating func readFrames(
        _ path: String,
        number: UInt32,
        _ body: (FoundFrame) throws -> Void
    ) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            note(path, 0, nil, "the file is missing")
            return
        }
        var reader = try FrameReader(try StoredFile(path, .read), number: number)
        while true {
            let offset = reader.offset
            switch try reader.next() {
            case .end: return
            case .frame(let frame):
                do {
                    try body(frame)
                } catch let error as RecordReader.Malformed {
                    note(path, offset, UInt64(frame.payload.count), error.description)
                } catch let error as FaceError {
                    note(path, offset, UInt64(frame.payload.count), error.message)
                }
            case .damage(let damage):
                let skipped = try reader.skipDamage()
                note(path, offset, try skipped ?? reader.file.size() - offset, damage.reason)
                if skipped == nil { return }
            }
        }
    }

    private mutating func dropBrokenPictures(_ state: GalleryState) throws {
        let files = PictureFiles(folder)
        var broken: [UUID] = []
        state.templates.forEach { _, entry in
            guard case .record(let location)? = entry.picture else { return }
            do {
                _ = try PictureFiles.read(location, of: entry.id, from: files.file(location.file))
            } catch {
                broken.append(entry.id)
                note(
                    folder.pictures(location.file),
                    location.offset,
                    PictureFiles.frameSize(location),
                    (error as? FaceError)?.message ?? "\(error)"
                )
            }
        }
        state.dropPictures(of: broken)
    }

    /// Sets the files aside and writes new ones; pictures stay where they are.
    private func rewrite(_ state: GalleryState, _ manifest: GalleryManifest) throws {
        let entries = try folder.entries()
        var generation = manifest.generation
        for entry in entries {
            switch entry {
            case .snapshot(let number), .log(let number): generation = max(generation, number)
            case .pictures: break
            }
        }
        generation += 1
        try Snapshot.write(state, to: folder.snapshot(generation), generation: generation)
        try StoredFile(folder.log(generation), .create).synchronize()
        do {
            try FileManager.default.createDirectory(atPath: folder.damaged, withIntermediateDirectories: true)
        } catch {
            throw FaceError(.fileUnwritable, "\(folder.damaged) cannot be created", cause: error)
        }
        try StoredFile.synchronizeFolder(folder.path)
        var renewed = manifest
        renewed.generation = generation
        try renewed.write(in: folder.path)
        for entry in entries {
            if case .pictures = entry { continue }
            let name = URL(fileURLWithPath: folder.path(of: entry)).lastPathComponent
            try StoredFile.move(folder.path(of: entry), to: folder.damaged + "/" + name)
        }
        try StoredFile.synchronizeFolder(folder.path)
    }
}
