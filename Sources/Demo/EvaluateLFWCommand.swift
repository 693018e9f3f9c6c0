// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct EvaluateLFWCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lfw",
        abstract: "Measure 1:1 verification on pairs of Labeled Faces in the Wild.",
        discussion: """
            Prints accuracy over the folds (the threshold of each chosen on the others), area under the ROC curve and \
            the true accept rates, each with its threshold, at false accept rates of 1 in 100 and 1 in 1000. Pictures \
            are shared among --threads threads that compute by themselves. Shares come with the range in which they lie \
            with 95 % confidence.
            """
    )

    @Option(help: ArgumentHelp("The folder of pictures: NAME/NAME_0001.jpg.", valueName: "dir"))
    var images: String

    @Option(help: ArgumentHelp("The list of pairs, in the form of pairs.txt.", valueName: "file"))
    var pairs: String

    @Option(help: ArgumentHelp("Plot the trade-off of the error rates into this SVG file.", valueName: "svg"))
    var roc: String?

    @Option(
        help: ArgumentHelp(
            "Write the table from similarities to false-match rates to this file, made from all pictures of different"
                + " people in a fold, and tell how its promises hold on folds that it was not made from.",
            valueName: "file"
        )
    )
    var calibration: String?

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
        let outcome = try evaluation.outcome(
            on: pairs,
            in: images,
            embedder: embedder.embedder,
            progress: { progress.show($0, of: $1) }
        )
        progress.clear()
        let curve = try DETCurve(outcome.comparisons)
        if let roc {
            try Self.write(
                curve.svg(title: "\(embedder.embedder), \(curve.matedCount + curve.nonMatedCount) pairs"),
                to: roc
            )
        }
        var check: CalibrationCheck?
        if let calibration {
            try outcome.calibrationTable().write(toFile: calibration)
            check = try outcome.calibrationCheck()
        }
        try answer.print(Answer(report: outcome.report, calibration: check?.rates)) {
            ([Self.text(outcome.report, curve)] + (check?.rates ?? []).map(Self.text)).joined(separator: "\n")
        }
    }

    /// The keys of the report and, where a table was written, `calibration`: its check.
    private struct Answer: Encodable {
        let report: VerificationReport
        let calibration: [CalibrationCheck.Rate]?

        private enum CodingKeys: String, CodingKey {
            case calibration
        }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(calibration, forKey: .calibration)
        }
    }

    private static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw FaceError(.fileUnwritable, "the plot \(path) cannot be written", cause: error)
        }
    }

    private static func text(_ rate: CalibrationCheck.Rate) -> String {
        let range = [rate.folds.min() ?? 0, rate.folds.max() ?? 0].map { ($0 * 100).formatted(digits: 4) }
        return "promised false matches \((rate.promised * 100).formatted(digits: 2)) %: on folds unseen"
            + " \((rate.observed * 100).formatted(digits: 4)) % (\(range[0]) to \(range[1]))"
    }

    private static func percent(_ share: Double) -> String { (share * 100).formatted(digits: 2) + " %" }

    /// The share of accepted mated pairs at a false-match rate with its interval.
    private static func accepted(_ curve: DETCurve, _ point: [Double]) -> String {
        let count = Int((point[0] * Double(curve.matedCount)).rounded())
        let interval = WilsonInterval(count: count, trials: curve.matedCount)
        return "\(percent(point[0])) (\(percent(interval.lower)) to \(percent(interval.upper)))"
            + " above \(point[1].formatted(digits: 4))"
    }

    private static func text(_ report: VerificationReport, _ curve: DETCurve) -> String {
        let right = WilsonInterval(count: Int((report.accuracy * Double(report.pairs)).rounded()), trials: report.pairs)

        return """
            embedder            \(report.embedder)
            pairs               \(report.pairs), \(report.missingPictures) pictures without a face
            accuracy            \(percent(report.accuracy)) ± \(percent(report.standardDeviation)) over the folds, \
            \(percent(right.lower)) to \(percent(right.upper))
            area under curve    \(report.areaUnderCurve.formatted(digits: 6))
            accepted, FAR 1e-2  \(accepted(curve, report.tarAtFAR1e2))
            accepted, FAR 1e-3  \(accepted(curve, report.tarAtFAR1e3))
            equal error rate    \(percent(curve.equalErrorRate))
            most similar others \(report.nonMatedMaximum.formatted(digits: 4))
            seconds             \(report.seconds.formatted(digits: 1))
            """
    }
}
