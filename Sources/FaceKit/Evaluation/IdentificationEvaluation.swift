// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Measures identification (1:N): enrols one picture of each person and searches for the others.
public struct IdentificationEvaluation: Sendable {
    /// What a trial gave.
    public struct Outcome: Sendable {
        /// People that were enrolled.
        public internal(set) var enrolled = 0
        /// Pictures in which no face was found: of those to be enrolled, and of those searched for.
        public internal(set) var withoutFace = 0
        /// For each probe of an enrolled person the rank of the right one, from 1, `nil` when it was not among the
        /// candidates.
        public internal(set) var ranks: [Int?] = []
        /// For each probe of an enrolled person the similarity of that one where it came first, and -1 otherwise; for
        /// each probe of another person the similarity of whoever came first.
        public internal(set) var comparisons: [VerificationAccuracy.Comparison] = []

        /// How many probes of enrolled people have the right one among the first `rank` candidates.
        public func identified(withinRank rank: Int) -> Int {
            ranks.count { $0.map { $0 <= rank } ?? false }
        }

        /// False-positive against false-negative identification rate over all thresholds.
        ///
        /// - Throws: As ``DETCurve/init(_:)`` does.
        public func curve() throws(FaceError) -> DETCurve { try DETCurve(comparisons) }
    }

    /// How many candidates are looked at for each probe.
    public static let candidates = 10

    private let pipeline: FacePipeline
    private let workers: Int

    /// Prepares trials with a pipeline whose stages compute with one thread each.
    public init(pipeline: FacePipeline, workers: Int) {
        self.pipeline = pipeline
        self.workers = max(1, workers)
    }

    /// Enrols and searches.
    ///
    /// A probe without a face counts as not identified; an enrolled person without a face is left out with all probes.
    ///
    /// - Parameters:
    ///   - set: The pictures.
    ///   - gallery: An empty gallery, which is filled.
    ///   - precision: How the gallery is searched.
    ///   - progress: Called with the numbers of pictures done and of all, by one thread at a time.
    /// - Returns: Ranks and similarities.
    /// - Throws: What the gallery throws.
    public func outcome(
        on set: IdentificationSet,
        gallery: any Gallery,
        precision: SearchOptions.Precision = .automatic,
        progress: @escaping @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) async throws -> Outcome {
        let pictures = set.enrolled.flatMap(\.pictures) + set.others.flatMap(\.pictures)
        let embeddings = try await embeddings(of: pictures, progress)
        var outcome = Outcome()
        outcome.withoutFace = embeddings.count { $0.value == nil }

        var templates: [Template] = []
        for person in set.enrolled {
            if let embedding = person.pictures.first.flatMap({ embeddings[$0] ?? nil }) {
                templates.append(Template(subject: person.name, embedding: embedding))
            }
        }
        try await gallery.enroll(templates)
        outcome.enrolled = templates.count
        let enrolled = Set(templates.map(\.subject))

        let options = SearchOptions(limit: Self.candidates, ranking: .subjects, precision: precision)
        for person in set.enrolled where enrolled.contains(person.name) {
            for picture in person.pictures.dropFirst() {
                guard let probe = embeddings[picture] ?? nil else {
                    outcome.ranks.append(nil)
                    outcome.comparisons.append(.init(similarity: -1, isMated: true, fold: 0))
                    continue
                }
                let found = try await gallery.candidates(for: probe, options)
                let place = found.firstIndex { $0.template.subject == person.name }
                outcome.ranks.append(place.map { $0 + 1 })
                let similarity = place == 0 ? Double(found[0].similarity.rawValue) : -1
                outcome.comparisons.append(.init(similarity: similarity, isMated: true, fold: 0))
            }
        }
        for picture in set.others.flatMap(\.pictures) {
            guard let probe = embeddings[picture] ?? nil else { continue }
            if let first = try await gallery.candidates(for: probe, options).first {
                outcome.comparisons.append(
                    .init(similarity: Double(first.similarity.rawValue), isMated: false, fold: 0)
                )
            }
        }
        return outcome
    }

    /// The embedding of the main face of each picture, `nil` where there is none.
    private func embeddings(
        of pictures: [String],
        _ progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> [String: Embedding?] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let found = try ConcurrentWork.map(
                            count: pictures.count,
                            workers: workers,
                            progress: { progress($0, pictures.count) }
                        ) { index in
                            try pipeline.mainFace(in: Image(contentsOfFile: pictures[index]))?.embedding
                        }
                        return Dictionary(zip(pictures, found), uniquingKeysWith: { $1 })
                    }
                )
            }
        }
    }
}
