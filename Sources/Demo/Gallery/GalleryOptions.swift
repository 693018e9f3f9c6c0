// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitStore
import Foundation

/// The kinds of galleries by the names they have on the command line.
enum GalleryKind: String, CaseIterable, ExpressibleByArgument {
    case file
    case sqlite
}

/// Which kind of gallery, and which of several in one place.
struct GalleryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The kind of gallery (default: sqlite for a file or a name that ends in .sqlite, .sqlite3 or .db, otherwise"
                + " file, which is a folder)."
        )
    )
    var kind: GalleryKind?

    @Option(help: ArgumentHelp("One of several galleries in one place, by its name.", valueName: "name"))
    var collection: String?

    /// The kind of the gallery at a path.
    func kind(of path: String) -> GalleryKind {
        if let kind { return kind }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            return isFolder.boolValue ? .file : .sqlite
        }
        return ["sqlite", "sqlite3", "db"].contains(URL(fileURLWithPath: path).pathExtension.lowercased())
            ? .sqlite : .file
    }

    /// The folder of a file gallery.
    func folder(_ path: String) throws -> String {
        guard let collection else { return path }
        return try FileGalleryStore.folder(ofGallery: collection, in: path)
    }

    /// Opens a gallery for reading, or for writing, and then creates it where there is none.
    func open(_ path: String, writing: Bool, creating: Bool = false) async throws -> any DurableGallery {
        switch kind(of: path) {
        case .file:
            let folder = try folder(path)
            if writing, !creating, !FileManager.default.fileExists(atPath: folder) {
                throw FaceError(.galleryNotFound, "there is no gallery in \(folder)")
            }
            let gallery = try await FileGallery(path: folder, access: writing ? .readWrite : .readOnly)
            if let torn = gallery.tornTail {
                StandardError.line(
                    "Note: a write that had been interrupted was cut off: \(torn.bytes) bytes at offset \(torn.offset) of"
                        + " \(torn.file)"
                )
            }
            return gallery
        case .sqlite:
            if writing, !creating, !FileManager.default.fileExists(atPath: path) {
                throw FaceError(.galleryNotFound, "there is no gallery database \(path)")
            }
            return try await SQLiteGallery(
                path: path,
                name: collection ?? "default",
                access: writing ? .readWrite : .readOnly
            )
        }
    }
}

/// A gallery that is there already, as the first argument of a command about it.
struct GalleryArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The gallery: a folder or a SQLite database.", valueName: "gallery"))
    var path: String

    @OptionGroup var options: GalleryOptions

    /// Opens the gallery, hands it to `body` and closes it in order, whatever happens.
    func use<Result>(
        writing: Bool,
        creating: Bool = false,
        _ body: (any DurableGallery) async throws -> Result
    ) async throws -> Result {
        let gallery = try await options.open(path, writing: writing, creating: creating)
        do {
            let result = try await body(gallery)
            try await gallery.close()
            return result
        } catch {
            try? await gallery.close()
            throw error
        }
    }
}
