// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Many galleries in one place, told apart by name: a server has one for each system, tenant and embedding space.
///
/// Names are 1 to 200 bytes of UTF-8 of any characters but NUL. Galleries of one store know nothing of each other.
public protocol GalleryStore: Sendable {
    /// Returns the names of all galleries, sorted.
    func galleryNames() async throws -> [String]

    /// Returns the gallery of that name, or `nil` when there is none.
    func gallery(named name: String) async throws -> (any Gallery)?

    /// Returns the gallery of that name and creates it where there is none.
    ///
    /// The configuration is for a gallery that is created; one that exists keeps its own.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` for a name that breaks the rules.
    func openGallery(named name: String, configuration: GalleryConfiguration) async throws -> any Gallery

    /// Deletes a gallery with all it holds; returns false when there is none.
    ///
    /// Values of the gallery that callers still hold throw ``FaceError/Code/galleryNotFound`` from then on.
    @discardableResult
    func deleteGallery(named name: String) async throws -> Bool
}

extension GalleryStore {
    /// Returns the gallery of that name and creates it with the default configuration where there is none.
    public func openGallery(named name: String) async throws -> any Gallery {
        try await openGallery(named: name, configuration: .init())
    }
}
