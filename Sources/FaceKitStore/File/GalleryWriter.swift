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
        /// Called with the state before the change, or before the enrolments that it shares a frame with.
        var before: (GalleryState) throws -> Void
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
    /// How many rows of the index may be in memory alone before they are written.
    private var unwrittenRows: Int

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
        unwrittenRows = options.unwrittenRows
        let file = try StoredFile(folder.log(manifest.generation), .update)
        if loaded.torn != nil {
            try file.truncate(to: loaded.log.offset)
            try file.synchronize()
        }
        log = FrameAppender(file, number: manifest.generation, mark: loaded.log)
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
        // An index that had to be made anew.
        queue.async { self.writeIndexWhereDue() }
    }

    // MARK: - Taking changes

    /// Makes a change and returns what `result` makes of what was seen before and after.
    func submit<Seen: Sendable, Result: Sendable>(
        _ change: GalleryChange,
        pictures: [[UInt8]?] = [],
        before: @escaping @Sendable (GalleryState) throws -> Seen,
        after: @escaping @Sendable (GalleryState, Seen) -> Result
    ) async throws -> Result {
        let handover = Handover<Result>()
        await withCheckedContinuation { continuation in
            let box = Box<Seen, Result>()
            let request = Request(
                change: change,
                pictures: pictures,
                before: { box.seen = try before($0) },
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
                return Waiting(requests: waiting.requests.takeFirst(count))
            }.requests
            if requests.isEmpty { return }
            handle(requests)
            compactWhereDue()
            writeIndexWhereDue()
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
                    try request.before(state)
                }
                accepted.append(request)
            } catch {
                request.resume(error)
            }
        }
        guard !accepted.isEmpty else { return }
        do {
            let steps = try write(accepted)
            state.writeBlocking { state in
                for (request, step) in zip(accepted, steps) {
                    if let step { state.apply(step.change, step.supplement) }
                    request.after(state)
                }
            }
            for request in accepted { request.resume(nil) }
        } catch {
            for request in accepted { request.resume(error) }
        }
    }

    /// A change that is on disk.
    private struct Step {
        var change: GalleryChange
        var supplement: ChangeSupplement
    }

    /// Puts changes on disk; returns them as they are to be applied, `nil` for those that change nothing.
    private func write(_ requests: [Request]) throws -> [Step?] {
        let changes = try placePictures(of: requests)
        var steps = try changes.map { change in
            try change.map { change in
                Step(change: change, supplement: try state.readBlocking { try $0.supplement(for: change) })
            }
        }
        let written = changes.compactMap(\.self)
        guard !written.isEmpty else { return steps }
        var places = try append(written)[...]
        for index in steps.indices {
            guard let count = steps[index]?.change.vectorCount else { continue }
            steps[index]?.supplement.places = places.prefix(count)
            places = places.dropFirst(count)
        }
        return steps
    }

    /// Appends a frame to the log and waits for the disk; returns where the vectors lie.
    private func append(_ changes: [GalleryChange]) throws -> [VectorPlace] {
        let (frame, offsets) = try GalleryChange.frame(changes)
        let mark = log.mark
        do {
            let start = try log.append([frame])[0] + UInt64(Frame.headerSize)
            try log.synchronize()
            return offsets.map { VectorPlace(.log, offset: start + UInt64($0)) }
        } catch {
            log.rollBack(to: mark)
            throw error
        }
    }

    /// Puts pictures on disk; returns the changes with their places, `nil` for those that change nothing.
    private func placePictures(of requests: [Request]) throws -> [GalleryChange?] {
        let kept = requests.flatMap { request in
            zip(request.newcomers ?? [], request.pictures).compactMap { newcomer, picture in
                picture.map { (picture: $0, id: newcomer.template.id) }
            }
        }
        var locations = try pictures.append(kept)[...]
        return requests.map { request in
            guard case .enroll(var newcomers, let time) = request.change else {
                let isVoid = state.readBlocking { $0.isVoid(request.change) }
                return isVoid ? nil : request.change
            }
            for (index, picture) in request.pictures.enumerated() where picture != nil {
                newcomers[index].picture = locations.popFirst().map(StoredPicture.record)
            }
            return newcomers.isEmpty ? nil : .enroll(newcomers, at: time)
        }
    }

    // MARK: - The search index

    /// Writes the index to its files once many rows are in memory alone.
    private func writeIndexWhereDue() {
        // Where the log is unsure, its digest may stand for changes that were refused.
        guard lock != nil, !log.isUnsure, let index = state.readBlocking(\.index),
            index.unwrittenCount >= unwrittenRows, index.count >= options.leastIndexed
        else { return }
        do {
            try index.checkpoint(generation: log.mark.digest)
            unwrittenRows = options.unwrittenRows
        } catch {
            // It goes on in memory. A full disk should not be tried at every change.
            unwrittenRows *= 2
        }
    }

    /// Brings the index's files up to date with the log, or deletes those of a gallery that has become small.
    private func writeIndex() throws {
        guard let index = state.readBlocking(\.index) else { return try folder.deleteIndex() }
        guard index.count >= options.leastIndexed else { return try index.deleteFiles() }
        guard index.generation != log.mark.digest || index.unwrittenCount > 0 else { return }
        try index.checkpoint(generation: log.mark.digest)
    }

    /// Takes removed faces out of the index's files; where these cannot be written, they are deleted.
    private func eraseFromIndex() throws {
        let index = state.readBlocking(\.index)
        do {
            try index?.compact()
            try writeIndex()
        } catch {
            try index?.deleteFiles()
        }
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
                let snapshot = try Snapshot.write(
                    state,
                    to: folder.snapshot(generation),
                    generation: generation,
                    relocated: moved.locations
                )
                return (pictures: moved, snapshot: snapshot)
            }
            let log = FrameAppender(
                try StoredFile(folder.log(generation), .create),
                number: generation,
                mark: FrameMark(digest: files.snapshot.digest)
            )
            try log.synchronize()
            try StoredFile.synchronizeFolder(folder.path)
            var manifest = self.manifest
            manifest.generation = generation
            try manifest.write(in: folder.path)

            // From here on the new files count.
            self.manifest = manifest
            self.log = log
            if let appender = files.pictures.appender { pictures = appender }
            state.writeBlocking { state in
                state.relocate(files.pictures.locations)
                state.relocate(
                    files.snapshot.vectors,
                    in: VectorFiles(snapshot: files.snapshot.file, log: log.file)
                )
            }
            for number in files.pictures.abandoned {
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
        try eraseFromIndex()
        state.writeBlocking { $0.awaitingErasure = 0 }
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
        // Where it fails, the next opening makes it anew.
        try? writeIndex()
    }

    /// Gives up the lock of a gallery that is about to be deleted.
    func abandon() {
        lock = nil
    }
}
