// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitStore
import Foundation

struct EvaluateIdentificationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identification",
        abstract: "Measure 1:N identification on a folder with a folder of pictures for each person.",
        discussion: """
            Of people with several pictures the first is enrolled and the others are searched for; people with a single \
            picture are searched for without being enrolled. Prints how often the right person came first, and the share \
            of enrolled people that is missed when at most 1 in 10 and 1 in 100 of the others shall be taken for somebody. \
            Shares come with the range in which they lie with 95 % confidence.
            """
    )

    @Option(help: ArgumentHelp("The folder of pictures: NAME/NAME_0001.jpg.", valueName: "dir"))
    var images: String

    @Option(help: ArgumentHelp("Plot the trade-off of the error rates into this SVG file.", valueName: "svg"))
    var det: String?

    @Option(
        help: ArgumentHelp(
            "Enrol into a new gallery at this path, which stays (default: in memory).",
            valueName: "path"
        )
    )
    var gallery: String?

    @Flag(help: "Compare every face, however large the gallery is.")
    var exact = false

    @OptionGroup var kind: GalleryOptions
    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    private struct Answer: Encodable {
        let embedder: String
        let enrolled: Int
        let matedProbes: Int
        let nonMatedProbes: Int
        let picturesWithoutFace: Int
        let rank1: Double
        let rank5: Double
        let missedAtFPIR1e1: Double?
        let missedAtFPIR1e2: Double?
        let equalErrorRate: Double
        let seconds: Double
    }

    func run() async throws {
        let set = try IdentificationSet(folder: images)
        let target: any Gallery =
            if let gallery { try await kind.open(gallery, writing: true, creating: true) } else { MemoryGallery() }
        let evaluation = IdentificationEvaluation(
            pipeline: try FaceFinding.pipeline(detector, embedder, models),
            workers: models.threadCount
        )
        let progress = ProgressLine(counting: "pictures")
        let start = ContinuousClock.now
        let outcome = try await evaluation.outcome(
            on: set,
            gallery: target,
            precision: exact ? .exact : .automatic,
            progress: { progress.show($0, of: $1) }
        )
        progress.clear()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try await (target as? any DurableGallery)?.close()
        let curve = try outcome.curve()
        if let det {
            let title = "\(embedder.embedder), \(outcome.enrolled) people enrolled"
            do {
                try Data(curve.svg(title: title, labels: .identification).utf8)
                    .write(to: URL(fileURLWithPath: det), options: .atomic)
            } catch {
                throw FaceError(.fileUnwritable, "the plot \(det) cannot be written", cause: error)
            }
        }
        let mated = outcome.ranks.count
        func share(_ rank: Int) -> Double { Double(outcome.identified(withinRank: rank)) / Double(mated) }
        func missed(_ rate: Double) -> Double? {
            curve.point(atFalseMatchRate: rate).map(curve.falseNonMatchRate)
        }
        let message = Answer(
            embedder: embedder.embedder,
            enrolled: outcome.enrolled,
            matedProbes: mated,
            nonMatedProbes: curve.nonMatedCount,
            picturesWithoutFace: outcome.withoutFace,
            rank1: share(1),
            rank5: share(5),
            missedAtFPIR1e1: missed(0.1),
            missedAtFPIR1e2: missed(0.01),
            equalErrorRate: curve.equalErrorRate,
            seconds: seconds
        )
        try answer.print(message) { Self.text(message, outcome, curve) }
    }

    private static func percent(_ share: Double) -> String { (share * 100).formatted(digits: 2) + " %" }

    private static func text(
        _ message: Answer,
        _ outcome: IdentificationEvaluation.Outcome,
        _ curve: DETCurve
    ) -> String {
        func share(_ count: Int, of trials: Int) -> String {
            let interval = WilsonInterval(count: count, trials: trials)
            return
                "\(percent(Double(count) / Double(trials))) (\(percent(interval.lower)) to \(percent(interval.upper)))"
        }
        func missed(_ rate: Double) -> String {
            guard let point = curve.point(atFalseMatchRate: rate) else { return "no threshold" }
            return "\(share(point.falseNonMatches, of: curve.matedCount)) above \(point.threshold.formatted(digits: 4))"
        }
        return """
            embedder            \(message.embedder)
            people enrolled     \(message.enrolled), one picture each
            probes              \(message.matedProbes) of them, \(message.nonMatedProbes) of others; \
            \(message.picturesWithoutFace) pictures without a face
            first is right      \(share(outcome.identified(withinRank: 1), of: message.matedProbes))
            among first five    \(share(outcome.identified(withinRank: 5), of: message.matedProbes))
            missed, FPIR 1e-1   \(missed(0.1))
            missed, FPIR 1e-2   \(missed(0.01))
            equal error rate    \(percent(message.equalErrorRate))
            seconds             \(message.seconds.formatted(digits: 1))
            """
    }
}
