// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// Galleries in memory, gone with the process.
public actor MemoryGalleryStore: GalleryStore {
    private var galleries: [String: MemoryGallery] = [:]

    /// Creates a store without galleries.
    public init() {}

    public func galleryNames() -> [String] { galleries.keys.sorted() }

    public func gallery(named name: String) -> (any Gallery)? { galleries[name] }

    public func openGallery(named name: String, configuration: GalleryConfiguration) throws -> any Gallery {
        if let gallery = galleries[name] { return gallery }
        try GalleryName.check(name)
        let gallery = MemoryGallery(configuration: configuration)
        galleries[name] = gallery
        return gallery
    }

    @discardableResult
    public func deleteGallery(named name: String) async throws -> Bool {
        guard let gallery = galleries.removeValue(forKey: name) else { return false }
        try await gallery.retire()
        return true
    }
}
