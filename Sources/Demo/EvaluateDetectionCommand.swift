// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct EvaluateDetectionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detection",
        abstract: "Measure how well a detector finds annotated faces.",
        discussion: """
            Prints average precision at an intersection over union of 0.5, for all faces and by their height in pixels. \
            Pictures are searched as they are, with confidence 0.02 (see --confidence), overlap 0.45 and at most 5000 \
            faces; the stages of MTCNN before the last, its smallest face and its overlap stay as they are.
            """
    )

    @Option(
        help: ArgumentHelp("The annotations, a JSON file beside whose folder the pictures are.", valueName: "file")
    )
    var annotations: String

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if detector.rotatedHeads {
            throw ValidationError("--rotated-heads does not go with this evaluation, which searches pictures once")
        }
    }

    func run() throws {
        let known = try DetectionAnnotations(contentsOf: annotations)
        var singleShot = SingleShotConfiguration()
        singleShot.minimumConfidence = detector.confidence ?? 0.02
        singleShot.maximumOverlap = 0.45
        singleShot.maximumSide = 16384
        singleShot.maximumFaces = 5000
        singleShot.searchesCloseUps = false
        var mtcnn = MTCNNDetector.Configuration()
        mtcnn.minimumConfidence = detector.confidence ?? 0.02
        mtcnn.maximumSide = 16384
        mtcnn.maximumFaces = 5000
        mtcnn.searchesCloseUps = false
        let evaluation = DetectionEvaluation(
            detector: try detector.makeDetector(
                models: models.store,
                singleShot: singleShot,
                mtcnn: mtcnn,
                compute: ComputeOptions(threads: 1)
            ),
            workers: models.threadCount
        )
        let progress = ProgressLine(counting: "pictures")
        let accuracy = try evaluation.accuracy(
            on: known,
            in: URL(fileURLWithPath: annotations).deletingLastPathComponent().path,
            progress: { progress.show($0, of: $1) }
        )
        progress.clear()
        try answer.print(accuracy) {
            accuracy.classes.map { item in
                let value = item.averagePrecision.map { $0.formatted(digits: 4) } ?? "  -   "
                return item.name.padding(toLength: 7, withPad: " ", startingAt: 0) + value + "  of \(item.faces) faces"
            }.joined(separator: "\n")
        }
    }
}
