// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct EvaluatePoseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pose",
        abstract: "Measure how far estimated head poses are from known ones.",
        discussion: """
            Prints, for each model, mean absolute errors in degrees, mean signed ones, correlations, and the median time \
            for a face on one thread. pnp:NAME stands for the estimate from the landmarks that NAME finds.
            """
    )

    @Option(
        help: ArgumentHelp(
            "A comma-separated file with the columns file, yaw_deg, pitch_deg and roll_deg, beside the pictures.",
            valueName: "file"
        )
    )
    var labels: String

    @Option(
        help: ArgumentHelp(
            "A model to measure, or several joined by +, repeatable (default: every known one that is installed).",
            valueName: "name"
        )
    )
    var poseModel: [String] = []

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    static let knownModels = [
        "headpose_lightweight_b66", "fsanet_1x1", "fsanet_var", "fsanet_var+fsanet_1x1", "openvino_headpose_adas_0001",
        "3ddfa_v2_mb05", "pnp:pfld_ghostone_98", "pnp:facemesh_468",
    ]

    func run() throws {
        let faces = try LabelledFaces(poses: labels)
        let store = models.store
        let single = ComputeOptions(threads: 1)
        let stages = try EvaluatedModels.names(poseModel, known: Self.knownModels, in: store).map { name in
            var chosen = AnalysisModels()
            if name.hasPrefix("pnp:") {
                chosen.pose = AnalysisModels.landmarkPose
                chosen.landmarks = String(name.dropFirst("pnp:".count))
            } else {
                chosen.pose = name
            }
            return try chosen.stages([.pose], models: store, compute: single)
        }
        let detections = try faces.detect(
            with: detector.makeDetector(models: store, compute: single),
            workers: models.threadCount
        )
        var rows: [EvaluatedModels.Row<PoseAccuracy>] = []
        for stage in stages.compactMap(\.pose) {
            let outcome = try faces.outcome(of: stage, on: detections, workers: models.threadCount)
            guard !outcome.found.isEmpty else { throw EvaluatedModels.noFace(in: labels) }
            rows.append(
                .init(
                    model: stage.name,
                    missing: outcome.missing,
                    milliseconds: outcome.milliseconds,
                    accuracy: PoseAccuracy(outcome.found.map { ($0.label, $0.finding) })
                )
            )
        }
        try answer.print(rows) { Self.text(rows) }
    }

    private static func text(_ rows: [EvaluatedModels.Row<PoseAccuracy>]) -> String {
        TextTable(
            heading: [
                "model", "faces", "missed", "yaw", "pitch", "roll", "mean", "bias yaw", "pitch", "roll", "r yaw",
                "pitch",
                "roll", "ms",
            ],
            rows: rows.map { row in
                let accuracy = row.accuracy
                return [row.model, "\(accuracy.faces)", "\(row.missing)"]
                    + [accuracy.yaw, accuracy.pitch, accuracy.roll, accuracy.mean].map { $0.formatted(digits: 2) }
                    + accuracy.biases.map { $0.formatted(digits: 2) }
                    + accuracy.correlations.map { $0.map { $0.formatted(digits: 2) } ?? "-" }
                    + [row.milliseconds.formatted(digits: 2)]
            }
        ).text
    }
}
