// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What administration needs of the face collections that belong to services.
public protocol ServiceCollections: Sendable {
    /// Returns how much the service's collection holds; zeros when it has none.
    func counts(of service: Service.ID) async throws -> CollectionCounts

    /// Copies subjects, pictures and embeddings; the copies have identifiers of their own.
    func copy(_ source: Service.ID, to target: Service.ID) async throws

    /// Removes the service's collection for good. Removing what is not there is no error.
    func remove(_ service: Service.ID) async throws
}

/// The size of a face collection.
public struct CollectionCounts: Hashable, Sendable {
    public var subjects: Int
    public var images: Int

    public init(subjects: Int, images: Int) {
        self.subjects = subjects
        self.images = images
    }
}
