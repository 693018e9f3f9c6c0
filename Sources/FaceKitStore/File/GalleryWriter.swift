// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import FaceKit
import FaceKitInference
import Foundation

/// Writes the changes of a ``FileGallery``, one after the other: checked, on disk, applied, acknowledged, in that order.
///
/// Enrolments that arrive while the disk is busy share the next frame and the next wait for the disk.
///
/// `@unchecked Sendable` holds because everything that changes is touched on the queue alone, or is guarded itself.
final class GalleryWriter: @unchecked Sendable {
    /// A change on its way.
    private struct Request {
        var change: GalleryChange
        /// For each newcomer of an enrolment its picture.
        var pictures: [[UInt8]?] = []
        /// Called with the state before the change.
        var before: (GalleryState) -> Void
        /// Called with the state after the change, when nothing failed.
        var after: (GalleryState) -> Void
        /// Ends the request.
        var resume: ((any Error)?) -> Void

        var newcomers: [GalleryChange.Newcomer]? {
            if case .enroll(let newcomers, _) = change { newcomers } else { nil }
        }
    }

    /// Requests that wait.
    private struct Waiting: @unchecked Sendable {
        var requests: [Request] = []
    }

    private let queue = DispatchQueue(label: "facekit.gallery.writer", qos: .userInitiated)
    private let waiting = Locked(Waiting())
    private let state: Guarded<GalleryState>
    private let folder: GalleryFolder
    private let files: PictureFiles
    private let options: FileGallery.Options
    private var manifest: GalleryManifest
    private var log: FrameAppender
    private var pictures: PictureAppender
    /// Held as long as the gallery is open.
    private var lock: StoredFile?
    /// After a failed automatic compaction, how many entries may await erasure before the next one.
    private var compactionThreshold = 0

    init(
        _ state: Guarded<GalleryState>,
        loaded: LoadedGallery,
        folder: GalleryFolder,
        files: PictureFiles,
        manifest: GalleryManifest,
        options: FileGallery.Options,
        lock: StoredFile
    ) throws {
        self.state = state
        self.folder = folder
        self.files = files
        self.manifest = manifest
        self.options = options
        self.lock = lock
        let file = try StoredFile(folder.log(manifest.generation), .update)
        if loaded.torn != nil {
            try file.truncate(to: loaded.log.size)
            try file.synchronize()
        }
        log = FrameAppender(file, number: manifest.generation, size: loaded.log.size, sequence: loaded.log.sequence)
        let ends = loaded.pictureEnds
        var kept: Set<GalleryFolder.Entry> = [.snapshot(manifest.generation), .log(manifest.generation)]
        for number in ends.keys { kept.insert(.pictures(number)) }
        folder.removeAll(except: kept)
        pictures = try PictureAppender(
            folder,
            ends: ends,
            highest: ends.keys.max() ?? 0,
            fullSize: options.pictureFileSize
        )
    }

    // MARK: - Taking changes

    /// Makes a change and returns what `result` makes of what was seen before and after.
    func submit<Seen: Sendable, Result: Sendable>(
        _ change: GalleryChange,
        pictures: [[UInt8]?] = [],
        before: @escaping @Sendable (GalleryState) -> Seen,
        after: @escaping @Sendable (GalleryState, Seen) -> Result
    ) async throws -> Result {
        let handover = Handover<Result>()
        await withCheckedContinuation { continuation in
            let box = Box<Seen, Result>()
            let request = Request(
                change: change,
                pictures: pictures,
                before: { box.seen = before($0) },
                after: { state in box.result = box.seen.map { after(state, $0) } },
                resume: { error in
                    if let result = box.result, error == nil {
                        handover.put(.success(result))
                    } else {
                        handover.put(.failure(error ?? CancellationError()))
                    }
                    continuation.resume()
                }
            )
            waiting.withLock { $0.requests.append(request) }
            queue.async { self.drain() }
        }
        return try handover.take()
    }

    private final class Box<Seen, Result> {
        var seen: Seen?
        var result: Result?
    }

    /// Runs `body` between changes.
    func exclusively<Result: Sendable>(_ body: @escaping @Sendable (GalleryWriter) throws -> Result) async throws
        -> Result
    {
        let handover = Handover<Result>()
        await withCheckedContinuation { continuation in
            queue.async {
                handover.put(
                    Swift.Result {
                        self.drain()
                        try self.requireOpen()
                        return try body(self)
                    }
                )
                continuation.resume()
            }
        }
        return try handover.take()
    }

    /// Takes requests until none waits.
    private func drain() {
        while true {
            let requests = waiting.withLock { waiting in
                let count = Self.groupSize(waiting.requests, limit: options.groupBytes)
                defer { waiting.requests.removeFirst(count) }
                return Waiting(requests: Array(waiting.requests.prefix(count)))
            }.requests
            if requests.isEmpty { return }
            handle(requests)
            compactWhereDue()
        }
    }

    /// How many of the first requests are handled together: enrolments up to a size, any other by itself.
    private static func groupSize(_ requests: [Request], limit: Int) -> Int {
        var bytes = 0
        for (index, request) in requests.enumerated() {
            guard let newcomers = request.newcomers else { return max(index, 1) }
            bytes += newcomers.reduce(0) { $0 + $1.template.embedding.vector.count * 4 + 200 }
            if bytes > limit { return max(index, 1) }
        }
        return requests.count
    }

    private func requireOpen() throws {
        if lock == nil { throw FaceError(.galleryNotFound, "the gallery \(folder.path) was closed or deleted") }
    }

    private func handle(_ requests: [Request]) {
        var accepted: [Request] = []
        var overlay = EnrollmentOverlay()
        for request in requests {
            do {
                try requireOpen()
                try state.readBlocking { state in
                    if let newcomers = request.newcomers {
                        try state.check(newcomers, beside: &overlay)
                    } else {
                        try state.check(request.change)
                    }
                }
                accepted.append(request)
            } catch {
                request.resume(error)
            }
        }
        guard !accepted.isEmpty else { return }
        do {
            let changes = try write(accepted)
            state.writeBlocking { state in
                for (request, change) in zip(accepted, changes) {
                    request.before(state)
                    if let change { state.apply(change) }
                    request.after(state)
                }
            }
            for request in accepted { request.resume(nil) }
        } catch {
            for request in accepted { request.resume(error) }
        }
    }

    /// Puts changes on disk; returns them as they are to be applied, `nil` for those that change nothing.
    private func write(_ requests: [Request]) throws -> [GalleryChange?] {
        let kept = requests.flatMap { request in
            zip(request.newcomers ?? [], request.pictures).compactMap { newcomer, picture in
                picture.map { (picture: $0, id: newcomer.template.id) }
            }
        }
        var locations = try pictures.append(kept)[...]
        let changes: [GalleryChange?] = requests.map { request in
            guard case .enroll(var newcomers, let time) = request.change else {
                let isVoid = state.readBlocking { $0.isVoid(request.change) }
                return isVoid ? nil : request.change
            }
            for (index, picture) in request.pictures.enumerated() where picture != nil {
                newcomers[index].picture = locations.popFirst().map(StoredPicture.record)
            }
            return newcomers.isEmpty ? nil : .enroll(newcomers, at: time)
        }
        let written = changes.compactMap(\.self)
        guard !written.isEmpty else { return changes }
        let mark = log.mark
        do {
            try log.append([GalleryChange.frame(written)])
            try log.synchronize()
        } catch {
            log.rollBack(to: mark)
            throw error
        }
        return changes
    }

    // MARK: - Compaction

    private func compactWhereDue() {
        guard options.compactsAutomatically, lock != nil else { return }
        let (waiting, live) = state.readBlocking { ($0.awaitingErasure, $0.templates.count) }
        guard waiting > max(live + options.slackBeforeCompaction, compactionThreshold) else { return }
        do {
            try compact()
            compactionThreshold = 0
        } catch {
            // Nothing is lost: the files are as they were. A full disk should not be tried at every change.
            compactionThreshold = 2 * waiting
        }
    }

    /// Writes the files anew without what was removed; called on the queue.
    func compact() throws {
        let generation = manifest.generation + 1
        let old = manifest.generation
        var fresh: [GalleryFolder.Entry] = [.snapshot(generation), .log(generation)]
        do {
            let files = try state.readBlocking { state in
                let moved = try moveLivePictures(state, fresh: &fresh)
                try Snapshot.write(
                    state,
                    to: folder.snapshot(generation),
                    generation: generation,
                    relocated: moved.locations
                )
                return moved
            }
            let log = FrameAppender(try StoredFile(folder.log(generation), .create), number: generation)
            try log.synchronize()
            try StoredFile.synchronizeFolder(folder.path)
            var manifest = self.manifest
            manifest.generation = generation
            try manifest.write(in: folder.path)

            // From here on the new files count.
            self.manifest = manifest
            self.log = log
            if let appender = files.appender { pictures = appender }
            state.writeBlocking { state in
                state.relocate(files.locations)
                try? state.index?.compact()
                state.awaitingErasure = 0
            }
            for number in files.abandoned {
                self.files.forget(number)
                try? FileManager.default.removeItem(atPath: folder.pictures(number))
            }
            try? FileManager.default.removeItem(atPath: folder.snapshot(old))
            try? FileManager.default.removeItem(atPath: folder.log(old))
            try? FileManager.default.removeItem(atPath: folder.damaged)
            try? StoredFile.synchronizeFolder(folder.path)
        } catch {
            // The manifest may or may not have reached the disk when the folder could not be written through to it; what
            // it names is then whole either way. Only where it surely names the old files may the new ones go.
            if let found = try? GalleryManifest.read(in: folder.path), found.generation == old {
                for entry in fresh { try? FileManager.default.removeItem(atPath: folder.path(of: entry)) }
            } else {
                lock = nil
            }
            throw error
        }
    }

    private struct MovedPictures {
        var locations: [UUID: PictureLocation] = [:]
        var abandoned: [UInt32] = []
        /// Where pictures go from now on, when the present file is abandoned.
        var appender: PictureAppender?
    }

    /// Copies the pictures of files that also hold removed ones to new files.
    private func moveLivePictures(_ state: GalleryState, fresh: inout [GalleryFolder.Entry]) throws -> MovedPictures {
        var live: [UInt32: UInt64] = [:]
        state.templates.forEach { _, entry in
            if case .record(let location)? = entry.picture {
                live[location.file, default: 0] += PictureFiles.frameSize(location)
            }
        }
        var moved = MovedPictures()
        var highest: UInt32 = 0
        for case .pictures(let number) in try folder.entries() {
            highest = max(highest, number)
            let size = try StoredFile(folder.pictures(number), .read).size()
            if live[number] != size { moved.abandoned.append(number) }
        }
        guard !moved.abandoned.isEmpty else { return moved }
        let abandoned = Set(moved.abandoned)
        let appender = try PictureAppender(folder, ends: [:], highest: highest, fullSize: options.pictureFileSize)
        var batch: [(picture: [UInt8], id: UUID)] = []
        var bytes = 0
        func flush() throws {
            for (place, location) in zip(batch, try appender.append(batch)) {
                moved.locations[place.id] = location
                if !fresh.contains(.pictures(location.file)) { fresh.append(.pictures(location.file)) }
            }
            batch = []
            bytes = 0
        }
        try state.templates.forEach { _, entry in
            guard case .record(let location)? = entry.picture, abandoned.contains(location.file) else { return }
            let picture = try PictureFiles.read(location, of: entry.id, from: files.file(location.file))
            batch.append((picture, entry.id))
            bytes += picture.count
            if bytes > 32 << 20 { try flush() }
        }
        try flush()
        // A present file that stays could take more pictures, but then two files would be open for it.
        moved.appender = appender
        return moved
    }

    // MARK: - Copying and closing

    /// What a copy of the gallery consists of at this moment: files and how many bytes of each.
    ///
    /// The files are only appended to, and stay readable when they are deleted. Called on the queue.
    func extents() throws -> [(name: GalleryFolder.Entry, file: StoredFile, size: UInt64)] {
        let generation = manifest.generation
        let snapshot = try StoredFile(folder.snapshot(generation), .read)
        let ends = state.readBlocking(\.pictureEnds)
        var extents: [(name: GalleryFolder.Entry, file: StoredFile, size: UInt64)] = [
            (.snapshot(generation), snapshot, try snapshot.size()),
            (.log(generation), try StoredFile(folder.log(generation), .read), log.size),
        ]
        for (number, end) in ends { extents.append((.pictures(number), try files.file(number), end)) }
        return extents
    }

    var currentManifest: GalleryManifest { manifest }

    /// Marks the end of the log, so that damage to it is told from a write that was cut off, and gives up the lock.
    func close() throws {
        try requireOpen()
        defer { lock = nil }
        if log.size > 0 {
            try log.append([Frame(kind: .closed, payload: [])])
            try log.synchronize()
        }
    }

    /// Gives up the lock of a gallery that is about to be deleted.
    func abandon() {
        lock = nil
    }
}
