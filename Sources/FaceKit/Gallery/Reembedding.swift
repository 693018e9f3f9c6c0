// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// Computes the embeddings of a gallery anew from the pictures it keeps, for another model.
///
/// The gallery serves its old embeddings until ``finish(removingOthers:)``. What was computed is kept by the gallery, so a
/// run that was interrupted goes on where it was.
public struct Reembedding: Sendable {
    /// A template that could not be embedded anew.
    public struct Skipped: Hashable, Sendable {
        /// The template.
        public var id: Template.ID
        /// Whose it is.
        public var subject: String
        /// Why, for people.
        public var reason: String
    }

    /// What a run came to.
    public struct Report: Hashable, Sendable {
        /// How many templates were embedded by this run.
        public var embedded = 0
        /// Those that were not, in the order of enrolment.
        public var skipped: [Skipped] = []

        /// A run without work.
        public init() {}
    }

    /// Computes the embedding of a template from its picture's file.
    ///
    /// Called on several threads at the same time; what it throws becomes the reason for skipping the template.
    public typealias Embed = @Sendable (Template, [UInt8]) throws -> Embedding

    /// The gallery.
    public let gallery: any Gallery
    /// The space of the new embeddings.
    public let space: String
    private let embed: Embed

    /// Prepares a re-embedding.
    public init(gallery: any Gallery, space: String, embed: @escaping Embed) {
        self.gallery = gallery
        self.space = space
        self.embed = embed
    }

    /// Prepares a re-embedding with a pipeline.
    ///
    /// Of several faces in a picture the one that overlaps the template's box most is taken, without a box the main one.
    public init(gallery: any Gallery, pipeline: FacePipeline) {
        self.init(gallery: gallery, space: pipeline.embedder.space) { template, picture in
            let image = try Image(decoding: picture)
            let detections = try pipeline.detector.detectFaces(in: image)
            let chosen: FaceDetection? =
                if let box = template.boundingBox {
                    detections.max {
                        $0.boundingBox.intersectionOverUnion(with: box)
                            < $1.boundingBox.intersectionOverUnion(with: box)
                    }
                } else {
                    detections.mainFace(in: image)
                }
            guard let chosen, let face = try pipeline.recognize([chosen], in: image).first else {
                throw FaceError(.invalidImage, "no face was found in the picture")
            }
            return face.embedding
        }
    }

    /// Embeds every template that has no embedding in the new space yet, including those enrolled meanwhile.
    ///
    /// - Parameters:
    ///   - workers: Pictures in work at the same time.
    ///   - progress: Called after each part with the numbers of templates that are embedded in the new space or skipped,
    ///     and of all.
    /// - Returns: How many were embedded, and which were skipped and why.
    /// - Throws: What the gallery throws, `CancellationError`; what was embedded before is kept.
    public func run(
        workers: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) async throws -> Report {
        var report = Report()
        guard try await gallery.space != space else { return report }
        var skipped: Set<Template.ID> = []
        var hasFoundNew = true
        while hasFoundNew {
            hasFoundNew = false
            var page = Page(limit: 16 * max(1, workers))
            while true {
                try Task.checkCancellation()
                let part = try await gallery.templatesToStage(page)
                let templates = part.templates.filter { !skipped.contains($0.id) }
                if !templates.isEmpty {
                    hasFoundNew = true
                    let outcome = try await outcomes(of: templates, workers: workers)
                    if !outcome.embeddings.isEmpty { try await gallery.stageEmbeddings(outcome.embeddings) }
                    report.embedded += outcome.embeddings.count
                    report.skipped += outcome.skipped
                    skipped.formUnion(outcome.skipped.map(\.id))
                }
                let statistics = try await gallery.statistics
                progress((statistics.staged?.templateCount ?? 0) + skipped.count, statistics.templateCount)
                guard let next = part.next else { break }
                page = Page(after: next, limit: page.limit)
            }
        }
        return report
    }

    /// Serves the new embeddings from now on.
    ///
    /// - Parameter removingOthers: Whether templates that were skipped are removed.
    /// - Throws: ``FaceError/Code/reembeddingIncomplete`` when some were skipped and are not to be removed.
    public func finish(removingOthers: Bool) async throws {
        guard try await gallery.space != space else { return }
        try await gallery.switchToStagedSpace(removingOthers: removingOthers)
    }

    private struct Outcomes: Sendable {
        var embeddings: [Template.ID: Embedding] = [:]
        var skipped: [Skipped] = []
    }

    private func outcomes(of templates: [Template], workers: Int) async throws -> Outcomes {
        var pictures: [[UInt8]?] = []
        for template in templates { pictures.append(try await gallery.picture(of: template.id)) }
        let work = pictures
        let results = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<[Result<Embedding, any Error>], any Error>) in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        try ConcurrentWork.map(count: templates.count, workers: workers) { index in
                            Result { try embedding(of: templates[index], work[index]) }
                        }
                    }
                )
            }
        }
        var outcomes = Outcomes()
        for (template, result) in zip(templates, results) {
            switch result {
            case .success(let embedding): outcomes.embeddings[template.id] = embedding
            case .failure(let error):
                outcomes.skipped.append(Skipped(id: template.id, subject: template.subject, reason: "\(error)"))
            }
        }
        return outcomes
    }

    private func embedding(of template: Template, _ picture: [UInt8]?) throws -> Embedding {
        guard let picture else { throw FaceError(.reembeddingIncomplete, "the template has no picture") }
        let embedding = try embed(template, picture)
        guard embedding.space == space else {
            throw FaceError(.incomparableEmbeddings, "the embedding is of \(embedding.space), not of \(space)")
        }
        return embedding
    }
}
