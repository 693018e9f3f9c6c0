// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
public import Foundation

/// A gallery in a folder of its own, without a server or a database.
///
/// An operation that returned is on disk: it was appended to a checksummed log and the disk confirmed it (`fdatasync`).
/// Enrolments that run at the same time share one confirmation; many templates in one call need one as well. One process
/// at a time can have a folder open for writing; any number can open it for reading and see what it held at that
/// moment. Templates are kept in memory but for their pictures and vectors; the search index of a large gallery is mapped
/// from files. See Docs/galleries.md for the format.
public final class FileGallery: DurableGallery, StateGallery {
    /// How a gallery is opened.
    public enum Access: Hashable, Sendable {
        /// For searches only; needs no right to write and never changes a file.
        case readOnly
        /// For everything; creates the gallery where there is none.
        case readWrite
    }

    /// Settings of the files.
    public struct Options: Hashable, Sendable {
        /// Whether the files are rewritten by themselves once more entries await erasure than there are templates, plus
        /// ``slackBeforeCompaction``; the default is true.
        public var compactsAutomatically = true
        /// See ``compactsAutomatically``; the default is 10,000.
        public var slackBeforeCompaction = 10_000
        /// From how many bytes on a file takes no more pictures; the default is 256 MiB.
        public var pictureFileSize: UInt64 = PictureFiles.fullSize
        /// How many bytes of templates share one write at most; the default is 16 MiB.
        var groupBytes = 16 << 20
        /// From how many templates on the search index is kept in files.
        package var leastIndexed = 5_000
        /// How many rows of the index are in memory alone before they are written.
        package var unwrittenRows = 131_072

        /// The defaults.
        public init() {}
    }

    /// The end of a log that was cut off when the gallery was opened: a write that a crash interrupted, which nobody was
    /// told had happened.
    public struct TornTail: Hashable, Sendable {
        /// The file.
        public var file: String
        /// Where it was cut.
        public var offset: UInt64
        /// How many bytes went.
        public var bytes: UInt64
    }

    private let state: Guarded<GalleryState>
    private let files: PictureFiles
    /// `nil` for a gallery that was opened for reading.
    private let writer: GalleryWriter?
    private let loadedManifest: GalleryManifest
    private let folder: GalleryFolder
    public let configuration: GalleryConfiguration
    /// What was cut off at opening, where a crash had interrupted a write; `nil` normally.
    public let tornTail: TornTail?

    /// Opens a gallery, and creates it where there is none and it may be written.
    ///
    /// - Parameters:
    ///   - path: The gallery's folder.
    ///   - access: For reading or for writing.
    ///   - configuration: For a gallery that is created; one that exists keeps its own.
    ///   - options: Settings of the files.
    /// - Throws: ``FaceError/Code/galleryInUse`` when another one has it open for writing,
    ///   ``FaceError/Code/galleryNotFound`` when there is none to read, ``FaceError/Code/galleryDamaged`` with file and
    ///   offset, ``FaceError/Code/unsupportedGallery`` for a newer format or a folder of other files,
    ///   ``FaceError/Code/fileUnreadable``, ``FaceError/Code/fileUnwritable``.
    public convenience init(
        path: String,
        access: Access = .readWrite,
        configuration: GalleryConfiguration = .init(),
        options: Options = .init()
    ) async throws {
        let parts = try await Blocking.run {
            try Parts(GalleryFolder(path: path), access, configuration, options)
        }
        self.init(parts)
    }

    /// What an open gallery consists of.
    private struct Parts: Sendable {
        var state: Guarded<GalleryState>
        var files: PictureFiles
        var writer: GalleryWriter?
        var manifest: GalleryManifest
        var folder: GalleryFolder
        var tornTail: TornTail?

        init(
            _ folder: GalleryFolder,
            _ access: Access,
            _ configuration: GalleryConfiguration,
            _ options: Options
        ) throws {
            self.folder = folder
            files = PictureFiles(folder)
            switch access {
            case .readOnly:
                (manifest, state) = try Self.read(folder, files)
            case .readWrite:
                try folder.create()
                let lock = try folder.takeLock()
                manifest = try GalleryManifest.read(in: folder.path) ?? Self.create(folder, configuration)
                let loaded = try LoadedGallery(folder, manifest, IndexCache(folder, manifest))
                tornTail = loaded.torn
                state = Guarded(loaded.state)
                writer = try GalleryWriter(
                    state,
                    loaded: loaded,
                    folder: folder,
                    files: files,
                    manifest: manifest,
                    options: options,
                    lock: lock
                )
            }
        }

        /// Reads what is there while another process may write.
        private static func read(
            _ folder: GalleryFolder,
            _ files: PictureFiles
        ) throws -> (GalleryManifest, Guarded<GalleryState>) {
            for attempt in 0... {
                guard let manifest = try GalleryManifest.read(in: folder.path) else { break }
                do {
                    let loaded = try LoadedGallery(folder, manifest, IndexCache(folder, manifest))
                    // Open files can be read even when a compaction deletes them.
                    for number in loaded.pictureEnds.keys { _ = try files.file(number) }
                    return (manifest, Guarded(loaded.state))
                } catch {
                    // A compaction may have replaced the files while they were read.
                    guard attempt < 5, try GalleryManifest.read(in: folder.path) != manifest else { throw error }
                }
            }
            throw FaceError(.galleryNotFound, "there is no gallery in \(folder.path)")
        }

        private static func create(
            _ folder: GalleryFolder,
            _ configuration: GalleryConfiguration
        ) throws -> GalleryManifest {
            try folder.requireFresh()
            try Snapshot.write(GalleryState(configuration: configuration), to: folder.snapshot(1), generation: 1)
            try StoredFile(folder.log(1), .create).synchronize()
            try StoredFile.synchronizeFolder(folder.path)
            let manifest = GalleryManifest(id: UUID(), generation: 1, nameMatching: configuration.nameMatching)
            try manifest.write(in: folder.path)
            return manifest
        }
    }

    private init(_ parts: Parts) {
        state = parts.state
        files = parts.files
        writer = parts.writer
        loadedManifest = parts.manifest
        folder = parts.folder
        tornTail = parts.tornTail
        configuration = GalleryConfiguration(nameMatching: parts.manifest.nameMatching)
    }

    public func enroll(_ enrollments: [Enrollment]) async throws {
        let newcomers = enrollments.map { GalleryChange.Newcomer(template: $0.template, picture: nil) }
        try await requireWriter().submit(
            .enroll(newcomers, at: .now),
            pictures: enrollments.map(\.picture),
            before: { _ in },
            after: { _, _ in }
        )
    }

    public func picture(of id: Template.ID) async throws -> [UInt8]? {
        let files = files
        // The file is opened under the lock: afterwards it may be deleted, and can still be read.
        let found = try await read { state -> (location: PictureLocation, file: StoredFile)? in
            guard case .record(let location)? = state.picture(of: id) else { return nil }
            return (location, try files.file(location.file))
        }
        guard let found else { return nil }
        return try await Blocking.run { try PictureFiles.read(found.location, of: id, from: found.file) }
    }

    // MARK: Files

    /// Rewrites the files without what was removed; when it returns, none of them holds its bytes any more.
    ///
    /// The new files are complete on disk before they take the place of the old ones, so that a crash at any moment
    /// leaves either. Needs room for one more copy of the templates and of the pictures in files that hold removed ones.
    /// Originals that a repair set aside are deleted as well. A file system or a disk may keep freed blocks; that is
    /// beyond the gallery.
    public func compact() async throws {
        try await requireWriter().exclusively { try $0.compact() }
    }

    public func backup(toPath path: String) async throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw FaceError(.fileUnwritable, "a backup to \(path) would replace what is there")
        }
        let (manifest, extents): (GalleryManifest, [Extent])
        if let writer {
            (manifest, extents) = try await writer.exclusively { writer in
                (writer.currentManifest, try writer.extents().map(Extent.init))
            }
        } else {
            // A writer may be at work: the copy is what is there now, which may be more than what was read.
            let folder = folder
            (manifest, extents) = try await Blocking.run { try Self.extents(of: folder) }
        }
        try await Blocking.run {
            let target = GalleryFolder(path: path)
            try target.create()
            for extent in extents { try extent.copy(to: target) }
            try StoredFile.synchronizeFolder(path)
            // The manifest comes last: until then the copy is no gallery.
            try manifest.write(in: path)
        }
    }

    private static func extents(of folder: GalleryFolder) throws -> (GalleryManifest, [Extent]) {
        guard let manifest = try GalleryManifest.read(in: folder.path) else {
            throw FaceError(.galleryNotFound, "there is no gallery in \(folder.path)")
        }
        let loaded = try LoadedGallery(folder, manifest)
        let snapshot = try StoredFile(folder.snapshot(manifest.generation), .read)
        var extents = [
            Extent(name: .snapshot(manifest.generation), file: snapshot, size: try snapshot.size()),
            Extent(
                name: .log(manifest.generation),
                file: try StoredFile(folder.log(manifest.generation), .read),
                size: loaded.log.offset
            ),
        ]
        for (number, end) in loaded.pictureEnds {
            extents.append(
                Extent(name: .pictures(number), file: try StoredFile(folder.pictures(number), .read), size: end)
            )
        }
        return (manifest, extents)
    }

    /// The first bytes of a file.
    private struct Extent: Sendable {
        var name: GalleryFolder.Entry
        var file: StoredFile
        var size: UInt64

        func copy(to folder: GalleryFolder) throws {
            let copy = try StoredFile(folder.path(of: name), .create)
            var offset: UInt64 = 0
            while offset < size {
                let bytes = try file.read(at: offset, count: Int(min(size - offset, 4 << 20)))
                guard !bytes.isEmpty else {
                    throw FaceError(.fileUnreadable, "\(file.path) ends at \(offset) of \(size) bytes")
                }
                try copy.write(bytes, at: offset)
                offset += UInt64(bytes.count)
            }
            try copy.synchronize()
        }
    }

    public func close() async throws {
        try await writer?.exclusively { try $0.close() }
        try await state.write { $0.isRetired = true }
    }

    /// Ends the use of a gallery whose folder is about to be deleted.
    func retire() async throws {
        try? await writer?.exclusively { $0.abandon() }
        try await state.write { $0.isRetired = true }
    }

    // MARK: Reading and changing

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (GalleryState) throws -> Result
    ) async throws -> Result {
        let path = folder.path
        return try await state.read { state in
            if state.isRetired { throw FaceError(.galleryNotFound, "the gallery \(path) was closed or deleted") }
            return try body(state)
        }
    }

    private func requireWriter() throws -> GalleryWriter {
        guard let writer else {
            throw FaceError(.galleryReadOnly, "the gallery \(folder.path) was opened for reading only")
        }
        return writer
    }

    func change<Seen: Sendable, Result: Sendable>(
        _ change: GalleryChange,
        before: @escaping @Sendable (GalleryState) throws -> Seen,
        after: @escaping @Sendable (GalleryState, Seen) -> Result
    ) async throws -> Result {
        try await requireWriter().submit(change, before: before, after: after)
    }
}
