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
    /// - Returns: Accuracy, rates and time.
    /// - Throws: The error of the first picture that cannot be read or handled, or
    ///   ``FaceError/Code/invalidEvaluationData`` when too few pairs could be compared.
    public func report(
        on pairs: VerificationPairs,
        in folder: String,
        embedder: String,
        isCancelled: @Sendable () -> Bool = { false },
        progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) throws -> VerificationReport {
        let pictures = pairs.pictures
        let clock = ContinuousClock()
        let start = clock.now
        let embeddings = try ConcurrentWork.map(
            count: pictures.count,
            workers: workers,
            isCancelled: isCancelled,
            progress: { progress($0, pictures.count) },
            { index in
                let image = try Image(contentsOfFile: "\(folder)/\(pictures[index])")
                return try pipeline.mainFace(in: image)?.embedding
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
        return VerificationReport(
            embedder: embedder,
            pairs: comparisons.count,
            missingPictures: embeddings.count { $0 == nil },
            accuracy: try VerificationAccuracy(comparisons, folds: pairs.folds),
            seconds: seconds
        )
    }
}
