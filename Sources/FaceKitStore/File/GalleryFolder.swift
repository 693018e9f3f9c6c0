// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// The names of a gallery's files.
struct GalleryFolder {
    let path: String

    func snapshot(_ generation: UInt32) -> String { "\(path)/snapshot-\(generation)" }
    func log(_ generation: UInt32) -> String { "\(path)/log-\(generation)" }
    func pictures(_ number: UInt32) -> String { "\(path)/pictures-\(number)" }
    var lock: String { path + "/LOCK" }
    /// The search index, which is made anew from the rest where it is missing.
    var index: String { path + "/" + Self.indexName }
    private static let indexName = "index"
    /// Originals of files that were repaired.
    var damaged: String { path + "/damaged" }

    /// A file of the gallery by what it is.
    enum Entry: Hashable {
        case snapshot(UInt32), log(UInt32), pictures(UInt32)
    }

    /// The numbered files that there are.
    func entries() throws -> [Entry] {
        try names().compactMap(Self.entry)
    }

    func path(of entry: Entry) -> String {
        switch entry {
        case .snapshot(let number): snapshot(number)
        case .log(let number): log(number)
        case .pictures(let number): pictures(number)
        }
    }

    private func names() throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw FaceError(.fileUnreadable, "the folder \(path) cannot be read", cause: error)
        }
    }

    private static func entry(_ name: String) -> Entry? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = UInt32(parts[1]), String(number) == parts[1] else { return nil }
        return switch parts[0] {
        case "snapshot": .snapshot(number)
        case "log": .log(number)
        case "pictures": .pictures(number)
        default: nil
        }
    }

    /// Makes the folder where there is none, and its path durable.
    func create() throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        try PrivateFolder.make(path, "the folder of the gallery")
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try StoredFile.synchronizeFolder(parent)
    }

    /// Refuses a folder without a manifest that holds anything but what an interrupted creation leaves.
    func requireFresh() throws {
        for name in try names() {
            switch (name, Self.entry(name)) {
            case ("LOCK", _), (Self.indexName, _), (GalleryManifest.fileName + ".new", _), (_, .snapshot(1)?),
                (_, .log(1)?):
                continue
            case (_, .some):
                throw FaceError(
                    .galleryDamaged,
                    "\(path) has files of a gallery, but no \(GalleryManifest.fileName); gallery repair can make one"
                )
            case (_, nil):
                throw FaceError(
                    .unsupportedGallery,
                    "\(path) is no gallery, and none is created in it because it holds other files, such as \(name)"
                )
            }
        }
        // Of an interrupted creation only empty logs are left; anything more was a gallery once.
        if FileManager.default.fileExists(atPath: log(1)), try StoredFile(log(1), .read).size() > 0 {
            throw FaceError(
                .galleryDamaged,
                "\(path) has files of a gallery, but no \(GalleryManifest.fileName); gallery repair can make one"
            )
        }
    }

    /// Deletes the files that an interrupted change left, which nothing refers to.
    func removeAll(except kept: Set<Entry>) {
        for entry in (try? entries()) ?? [] where !kept.contains(entry) {
            try? FileManager.default.removeItem(atPath: path(of: entry))
        }
        try? FileManager.default.removeItem(atPath: path + "/" + GalleryManifest.fileName + ".new")
        try? StoredFile.synchronizeFolder(path)
    }

    /// Deletes the search index.
    func deleteIndex() throws {
        guard FileManager.default.fileExists(atPath: index) else { return }
        do {
            try FileManager.default.removeItem(atPath: index)
        } catch {
            throw FaceError(.fileUnwritable, "the search index \(index) cannot be deleted", cause: error)
        }
    }

    /// Takes the lock of the one who writes.
    ///
    /// - Throws: ``FaceError/Code/galleryInUse`` when another one has it.
    func takeLock() throws -> StoredFile {
        let isThere = FileManager.default.fileExists(atPath: lock)
        let file = try StoredFile(lock, isThere ? .update : .create)
        guard try file.tryLock() else {
            let holder = String(decoding: (try? file.read(at: 0, count: 20)) ?? [], as: UTF8.self)
            throw FaceError(
                .galleryInUse,
                "the gallery \(path) is open for writing already"
                    + (Int(holder).map { ", by the process \($0)" } ?? "") + "; it can be opened for reading"
            )
        }
        try file.truncate(to: 0)
        try file.write(Array(String(ProcessInfo.processInfo.processIdentifier).utf8), at: 0)
        return file
    }
}
