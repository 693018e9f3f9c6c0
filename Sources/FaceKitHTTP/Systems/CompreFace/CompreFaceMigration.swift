// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Synchronization

/// Brings collections that were made with another embedder up to date, one migration at a time.
final class CompreFaceMigration: Sendable {
    private let running = Mutex(false)

    /// Whether a migration is under way; nothing is written meanwhile.
    var isRunning: Bool { running.withLock { $0 } }

    /// Begins a migration; false when there is one.
    func begin() -> Bool {
        running.withLock { running in
            defer { running = true }
            return !running
        }
    }

    /// Ends the migration.
    func end() { running.withLock { $0 = false } }

    /// The face that was enrolled: of several the one where it was, else the largest.
    private static func face(of template: Template, among faces: [FaceDetection]) -> FaceDetection? {
        guard let box = template.boundingBox else { return faces.first }
        return faces.max {
            $0.boundingBox.intersectionOverUnion(with: box) < $1.boundingBox.intersectionOverUnion(with: box)
        }
    }

    /// Computes the embeddings of all pictures of a collection anew; those without a picture, or in whose picture no
    /// face is found any more, stay as they are, and so does the collection then.
    func run(on gallery: any Gallery, service: FaceService, settings: CompreFaceSettings) async throws {
        let space = try await service.stages.recognizer(settings.recognizer).space
        guard let used = try await gallery.space, used != space else { return }
        let plan = FaceService.Plan(detector: settings.detector, embeds: true, recognizer: settings.recognizer)
        var page = Page(limit: 100)
        while true {
            let list = try await gallery.templatesToStage(page)
            for template in list.templates {
                guard let bytes = try await gallery.picture(of: template.id) else { continue }
                let embedding: Embedding? = try await service.run(plan) { work in
                    try work.withPicture(bytes, appliesOrientation: false) { source in
                        let faces = try work.detect(in: source, order: .area)
                        guard let face = Self.face(of: template, among: faces) else { return nil }
                        return try work.embed([face], in: source).first
                    }
                }
                if let embedding { try await gallery.stageEmbeddings([template.id: embedding]) }
            }
            guard let next = list.next else { break }
            page = Page(after: next, limit: 100)
        }
        let statistics = try await gallery.statistics
        guard statistics.staged?.templateCount == statistics.templateCount else {
            throw FaceError(
                .invalidConfiguration,
                "\(statistics.templateCount - (statistics.staged?.templateCount ?? 0)) of \(statistics.templateCount)"
                    + " examples have no picture with a face: the collection stays as it is"
            )
        }
        try await gallery.switchToStagedSpace(removingOthers: false)
    }
}
