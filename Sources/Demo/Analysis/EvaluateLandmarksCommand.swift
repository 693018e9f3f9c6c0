// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct EvaluateLandmarksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "landmarks",
        abstract: "Measure how far dense landmarks lie from hand-placed ones.",
        discussion: """
            Prints, for each model, mean distances as per cent of the distance between the outer corners of the eyes: \
            over all 68 points, without the jaw, by part of the face, the share of faces above 10 %, and the median time \
            for a face on one thread.
            """
    )

    @Option(help: ArgumentHelp("The folder with landmarks68.json and the pictures it names.", valueName: "dir"))
    var folder: String

    @Option(
        help: ArgumentHelp(
            "A model to measure, repeatable (default: every known one that is installed).",
            valueName: "name"
        )
    )
    var landmarkModel: [String] = []

    @Flag(help: "Look at each face a second time, in a crop that follows from the points found first.")
    var twice = false

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    static let knownModels = ["pfld_ghostone_98", "facemesh_468", "face_landmark_68", "face_landmark_68_tiny"]

    func run() throws {
        let faces = try LabelledFaces(landmarksIn: folder)
        let store = models.store
        let single = ComputeOptions(threads: 1)
        let names = EvaluatedModels.names(landmarkModel, known: Self.knownModels, in: store)
        let stages = try names.map {
            try LandmarkNetwork(model: store.model(named: $0), looksTwice: twice, compute: single)
        }
        let detections = try faces.detect(
            with: detector.makeDetector(models: store, compute: single),
            workers: models.threadCount
        )
        var rows: [EvaluatedModels.Row<LandmarkAccuracy>] = []
        for stage in stages {
            let outcome = try faces.outcome(of: stage, on: detections, workers: models.threadCount)
            let pairs = try outcome.found.map { label, landmarks in
                guard let points = landmarks.points68 else {
                    throw FaceError(
                        .missingLandmarks,
                        "the model \(stage.name) gives \(landmarks.points.count) points, 68 or more are compared"
                    )
                }
                return (label, points)
            }
            guard !pairs.isEmpty else { throw EvaluatedModels.noFace(in: folder) }
            rows.append(
                .init(
                    model: stage.name,
                    missing: outcome.missing,
                    milliseconds: outcome.milliseconds,
                    accuracy: LandmarkAccuracy(pairs)
                )
            )
        }
        try answer.print(rows) { Self.text(rows) }
    }

    private static func text(_ rows: [EvaluatedModels.Row<LandmarkAccuracy>]) -> String {
        let parts = rows.first?.accuracy.partErrors.map(\.name) ?? []
        func percent(_ share: Double) -> String { (100 * share).formatted(digits: 2) }
        return TextTable(
            heading: ["model", "faces", "missed", "mean %", "median %", "inner %"] + parts.map { "\($0) %" }
                + [">10 %", "ms"],
            rows: rows.map { row in
                let accuracy = row.accuracy
                return [
                    row.model, "\(accuracy.faces)", "\(row.missing)", percent(accuracy.meanError),
                    percent(accuracy.medianError), percent(accuracy.innerMeanError),
                ] + accuracy.partErrors.map { percent($0.meanError) } + [
                    percent(accuracy.failureRate), row.milliseconds.formatted(digits: 2),
                ]
            }
        ).text
    }
}
