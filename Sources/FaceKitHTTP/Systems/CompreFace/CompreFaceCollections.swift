// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
public import FaceKitAccounts
public import Foundation

/// The collections of recognition services: one gallery for each, told by the service's id.
public struct CompreFaceCollections: ServiceCollections {
    private let galleries: any GalleryStore

    /// Creates a view of galleries.
    public init(galleries: any GalleryStore) { self.galleries = galleries }

    private static func name(_ service: UUID) -> String { "compreface/\(service.uuidString.lowercased())" }

    /// The collection of a service, made when it is first asked for.
    public func gallery(of service: UUID) async throws -> any Gallery {
        try await galleries.openGallery(
            named: Self.name(service),
            configuration: GalleryConfiguration(nameMatching: .ignoringCase)
        )
    }

    /// How many subjects and pictures a service has.
    public func counts(of service: UUID) async throws -> CollectionCounts {
        guard let gallery = try await galleries.gallery(named: Self.name(service)) else {
            return CollectionCounts(subjects: 0, images: 0)
        }
        let statistics = try await gallery.statistics
        return CollectionCounts(subjects: statistics.subjectCount, images: statistics.templateCount)
    }

    /// Copies subjects, pictures and embeddings; the copies have ids of their own.
    public func copy(_ source: UUID, to target: UUID) async throws {
        guard let from = try await galleries.gallery(named: Self.name(source)) else { return }
        let to = try await gallery(of: target)
        var page = Page(limit: 500)
        while true {
            let list = try await from.subjects(page)
            for subject in list.subjects { try await to.addSubject(subject.name) }
            guard let next = list.next else { break }
            page = Page(after: next, limit: 500)
        }
        page = Page(limit: 100)
        while true {
            let list = try await from.templates(matching: .all, page)
            var copies: [Enrollment] = []
            for template in list.templates {
                let copy = Template(
                    subject: template.subject,
                    embedding: template.embedding,
                    boundingBox: template.boundingBox,
                    quality: template.quality,
                    metadata: template.metadata,
                    enrolled: template.enrolled
                )
                copies.append(Enrollment(copy, picture: try await from.picture(of: template.id)))
            }
            try await to.enroll(copies)
            guard let next = list.next else { break }
            page = Page(after: next, limit: 100)
        }
    }

    /// Removes a service's collection.
    public func remove(_ service: UUID) async throws {
        try await galleries.deleteGallery(named: Self.name(service))
    }
}
