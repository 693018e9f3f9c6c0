// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

struct EvaluateLFWCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lfw",
        abstract: "Measure 1:1 verification on pairs of Labeled Faces in the Wild.",
        discussion: """
            Prints accuracy over the folds (the threshold of each chosen on the others), area under the ROC curve and \
            the true accept rates, each with its threshold, at false accept rates of 1 in 100 and 1 in 1000. Pictures \
            are shared among --threads threads that compute by themselves.
            """
    )

    @Option(help: ArgumentHelp("The folder of pictures: NAME/NAME_0001.jpg.", valueName: "dir"))
    var images: String

    @Option(help: ArgumentHelp("The list of pairs, in the form of pairs.txt.", valueName: "file"))
    var pairs: String

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func run() throws {
        let pairs = try VerificationPairs(lfwFile: pairs)
        let store = models.store
        let single = ComputeOptions(threads: 1)
        let evaluation = VerificationEvaluation(
            pipeline: FacePipeline(
                detector: try detector.makeDetector(models: store, compute: single),
                embedder: try embedder.makeEmbedder(models: store, compute: single)
            ),
            workers: models.threadCount
        )
        let progress = ProgressLine(counting: "pictures")
        let report = try evaluation.report(
            on: pairs,
            in: images,
            embedder: embedder.embedder,
            progress: { progress.show($0, of: $1) }
        )
        progress.clear()
        try answer.print(report) { Self.text(report) }
    }

    private static func text(_ report: VerificationReport) -> String {
        func percent(_ share: Double) -> String { (share * 100).formatted(digits: 2) + " %" }

        return """
            embedder            \(report.embedder)
            pairs               \(report.pairs), \(report.missingPictures) pictures without a face
            accuracy            \(percent(report.accuracy)) ± \(percent(report.standardDeviation))
            area under curve    \(report.areaUnderCurve.formatted(digits: 6))
            accepted, FAR 1e-2  \(percent(report.tarAtFAR1e2[0])) above \(report.tarAtFAR1e2[1].formatted(digits: 4))
            accepted, FAR 1e-3  \(percent(report.tarAtFAR1e3[0])) above \(report.tarAtFAR1e3[1].formatted(digits: 4))
            most similar others \(report.nonMatedMaximum.formatted(digits: 4))
            seconds             \(report.seconds.formatted(digits: 1))
            """
    }
}
