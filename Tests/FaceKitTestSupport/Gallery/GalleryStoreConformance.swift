// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation

/// What every ``GalleryStore`` promises, as checks that run on any implementation under any test framework.
public enum GalleryStoreConformance {
    private typealias Failure = GalleryConformance.Failure

    /// Checks all promises on a store without galleries.
    ///
    /// - Throws: ``GalleryConformance/Failure`` when a promise is broken, or what the store threw.
    public static func run(_ store: any GalleryStore) async throws {
        try await GalleryConformance.expect(store.galleryNames(), [])
        try await GalleryConformance.expect(store.gallery(named: "a") == nil, true)
        try await GalleryConformance.expect(store.deleteGallery(named: "a"), false)

        let names = ["a", "A", "tenant/1/space@2", "..", ".", "x y%2F", "安娜", String(repeating: "n", count: 200)]
        for (index, name) in names.enumerated() {
            let gallery = try await store.openGallery(
                named: name,
                configuration: .init(nameMatching: index == 1 ? .ignoringCase : .exact)
            )
            try await gallery.enroll(
                Template(subject: name, embedding: Embedding(space: "space \(index)", normalizing: [1, Float(index)]))
            )
        }
        try await GalleryConformance.expect(store.galleryNames(), names.sorted())
        for (index, name) in names.enumerated() {
            // The configuration of a gallery that exists stays what it is.
            let gallery = try await store.openGallery(named: name, configuration: .init(nameMatching: .ignoringCase))
            try await GalleryConformance.expect(gallery.subjectNames(), [name])
            try await GalleryConformance.expect(gallery.space, "space \(index)")
            try GalleryConformance.expect(gallery.configuration.nameMatching, index == 1 ? .ignoringCase : .exact)
        }
        for name in ["", "a\u{0}", String(repeating: "n", count: 201)] {
            try await GalleryConformance.expectError(.invalidConfiguration) {
                _ = try await store.openGallery(named: name)
            }
        }

        guard let held = try await store.gallery(named: "a") else { throw Failure(description: "no gallery a") }
        try await GalleryConformance.expect(store.deleteGallery(named: "a"), true)
        try await GalleryConformance.expect(store.deleteGallery(named: "a"), false)
        try await GalleryConformance.expectError(.galleryNotFound) { _ = try await held.count }
        try await GalleryConformance.expectError(.galleryNotFound) { try await held.addSubject("x") }
        try await GalleryConformance.expect(store.galleryNames(), names.sorted().filter { $0 != "a" })
        try await GalleryConformance.expect(store.openGallery(named: "a").statistics, GalleryStatistics())
        try await GalleryConformance.expectError(.galleryNotFound) { _ = try await held.count }
        try await GalleryConformance.expect(store.gallery(named: "A")?.count, 1)
    }
}
