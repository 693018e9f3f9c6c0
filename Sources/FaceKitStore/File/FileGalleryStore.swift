// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation

/// Galleries as folders in one folder.
///
/// A gallery's folder has its name; bytes other than letters, digits, `-` and `_` are written as `%` and two hex digits.
public actor FileGalleryStore: GalleryStore {
    private let path: String
    private let options: FileGallery.Options
    private var open: [String: Task<FileGallery, any Error>] = [:]

    /// Uses a folder, which is created with the first gallery.
    public init(path: String, options: FileGallery.Options = .init()) {
        self.path = path
        self.options = options
    }

    public func galleryNames() throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { FileManager.default.fileExists(atPath: "\(path)/\($0)/\(GalleryManifest.fileName)") }
                .compactMap(\.removingPercentEncoding)
                .sorted()
        } catch {
            throw FaceError(.fileUnreadable, "the folder \(path) cannot be read", cause: error)
        }
    }

    public func gallery(named name: String) async throws -> (any Gallery)? {
        guard let folder = try? folder(of: name),
            FileManager.default.fileExists(atPath: "\(folder)/\(GalleryManifest.fileName)")
        else { return nil }
        return try await openGallery(named: name, configuration: .init())
    }

    public func openGallery(named name: String, configuration: GalleryConfiguration) async throws -> any Gallery {
        if let task = open[name] { return try await task.value }
        let folder = try folder(of: name)
        let options = options
        let task = Task { try await FileGallery(path: folder, configuration: configuration, options: options) }
        open[name] = task
        do {
            return try await task.value
        } catch {
            if open[name] == task { open[name] = nil }
            throw error
        }
    }

    @discardableResult
    public func deleteGallery(named name: String) async throws -> Bool {
        let folder = try folder(of: name)
        guard let gallery = try await gallery(named: name) as? FileGallery else { return false }
        open[name] = nil
        try await gallery.retire()
        do {
            // Without its manifest the folder is no gallery, whatever happens before the rest is gone.
            try FileManager.default.removeItem(atPath: "\(folder)/\(GalleryManifest.fileName)")
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            throw FaceError(.fileUnwritable, "the gallery \(folder) cannot be deleted", cause: error)
        }
        return true
    }

    /// Closes every gallery.
    public func close() async throws {
        let galleries = open.values
        open = [:]
        for gallery in galleries { try await gallery.value.close() }
    }

    private func folder(of name: String) throws -> String {
        try GalleryName.check(name)
        let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        return path + "/" + (name.addingPercentEncoding(withAllowedCharacters: plain) ?? name)
    }
}
