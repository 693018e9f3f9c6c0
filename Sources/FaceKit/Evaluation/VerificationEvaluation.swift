// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Measures a pipeline on pairs of pictures: each picture's main face is embedded once, then pairs are compared.
public struct VerificationEvaluation: Sendable {
    /// What is measured.
    ///
    /// Its stages should compute with one thread each, because pictures are handled in parallel.
    public let pipeline: FacePipeline
    /// How embeddings are compared.
    public let matcher: any Matcher
    /// Pictures that are handled at the same time, at least 1.
    public let workers: Int

    /// Creates an evaluation.
    public init(pipeline: FacePipeline, matcher: any Matcher = CosineMatcher(), workers: Int = 1) {
        self.pipeline = pipeline
        self.matcher = matcher
        self.workers = workers
    }

    /// Runs the evaluation and blocks until it is done.
    ///
    /// - Parameters:
    ///   - pairs: Which pictures to compare.
    ///   - folder: Where the pictures are.
    ///   - embedder: The name for the report.
    ///   - isCancelled: Asked before each picture; once true, `CancellationError` is thrown.
    ///   - progress: Called after each picture with the numbers of pictures done and of all, by one thread at a time.
    /// - Returns: Accuracy, rates and time, and every similarity.
    /// - Throws: The error of the first picture that cannot be read or handled, or
    ///   ``FaceError/Code/invalidEvaluationData`` when too few pairs could be compared.
    public func outcome(
        on pairs: VerificationPairs,
        in folder: String,
        embedder: String,
        isCancelled: @Sendable () -> Bool = { false },
        progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) throws -> VerificationOutcome {
        let pictures = pairs.pictures
        let clock = ContinuousClock()
        let start = clock.now
        let embeddings = try ConcurrentWork.map(
            count: pictures.count,
            workers: workers,
            isCancelled: isCancelled,
            progress: { progress($0, pictures.count) },
            { index in
                try pipeline.mainFace(in: ImageSource(contentsOfFile: "\(folder)/\(pictures[index])"))?.embedding
            }
        )
        let seconds = (clock.now - start) / .seconds(1)
        let embeddingOfPicture = Dictionary(uniqueKeysWithValues: zip(pictures, embeddings))

        var comparisons: [VerificationAccuracy.Comparison] = []
        for (index, pair) in pairs.pairs.enumerated() {
            guard let first = embeddingOfPicture[pair.first] ?? nil, let second = embeddingOfPicture[pair.second] ?? nil
            else { continue }
            let similarity = try matcher.similarity(of: first, to: second)
            comparisons.append(
                .init(similarity: Double(similarity.rawValue), isMated: pair.isMated, fold: pairs.fold(ofPair: index))
            )
        }
        return VerificationOutcome(
            report: VerificationReport(
                embedder: embedder,
                pairs: comparisons.count,
                missingPictures: embeddings.count { $0 == nil },
                accuracy: try VerificationAccuracy(comparisons, folds: pairs.folds),
                seconds: seconds
            ),
            comparisons: comparisons,
            space: pipeline.embedder.space,
            nonMatedSimilarities: try nonMatedSimilarities(pairs, embeddingOfPicture)
        )
    }

    /// For each fold, the similarities of all its pictures of different people.
    ///
    /// They are hundreds of times as many as the pairs of a list, which rates below 1 in 1000 need.
    private func nonMatedSimilarities(
        _ pairs: VerificationPairs,
        _ embeddings: [String: Embedding?]
    ) throws -> [[Float]] {
        try (0..<pairs.folds).map { fold in
            let members = pairs.pairs.indices.filter { pairs.fold(ofPair: $0) == fold }
                .flatMap { [pairs.pairs[$0].first, pairs.pairs[$0].second] }
            let faces = Set(members).sorted().compactMap { picture in
                (embeddings[picture] ?? nil).map { (person: VerificationPairs.person(in: picture), embedding: $0) }
            }
            return try ConcurrentWork.map(count: faces.count, workers: workers) { index in
                try faces[(index + 1)...].compactMap { other in
                    guard other.person != faces[index].person else { return nil }
                    return try matcher.similarity(of: faces[index].embedding, to: other.embedding).rawValue
                }
            }.flatMap { (similarities: [Float]) in similarities }
        }
    }
}
