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
            Unless options say otherwise, pictures are searched as they are, with confidence 0.02, overlap 0.45 and at \
            most 5000 faces; the stages of MTCNN before the last, its smallest face and its overlap stay as they are.
            """
    )

    @Option(
        help: ArgumentHelp("The annotations, a JSON file beside whose folder the pictures are.", valueName: "file")
    )
    var annotations: String

    @Option(
        help: ArgumentHelp(
            "Draw all pictures onto one sheet: annotated faces that are found in green, those that are not in yellow,"
                + " found ones that are not annotated in red.",
            valueName: "path"
        )
    )
    var sheet: String?

    @Option(help: ArgumentHelp("The confidence from which on the sheet shows faces.", valueName: "p"))
    var sheetConfidence: Float = 0.5

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if !(0...1).contains(sheetConfidence) {
            throw ValidationError("--sheet-confidence lies within 0 and 1, \(sheetConfidence) does not")
        }
        if detector.rotatedHeads {
            throw ValidationError("--rotated-heads does not go with this evaluation, which searches pictures once")
        }
    }

    func run() throws {
        let known = try DetectionAnnotations(contentsOf: annotations)
        var singleShot = SingleShotConfiguration()
        singleShot.minimumConfidence = 0.02
        singleShot.maximumOverlap = 0.45
        singleShot.maximumSide = 16384
        singleShot.maximumFaces = 5000
        singleShot.searchesCloseUps = false
        var mtcnn = MTCNNDetector.Configuration()
        mtcnn.minimumConfidence = 0.02
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
        let folder = URL(fileURLWithPath: annotations).deletingLastPathComponent().path
        let detections = try evaluation.detections(on: known, in: folder, progress: { progress.show($0, of: $1) })
        progress.clear()
        let accuracy = DetectionAccuracy(of: detections, on: known)
        if let sheet { try draw(detections, on: known, in: folder, to: sheet) }
        try answer.print(accuracy) {
            accuracy.classes.map { item in
                let value = item.averagePrecision.map { $0.formatted(digits: 4) } ?? "  -   "
                return item.name.padding(toLength: 7, withPad: " ", startingAt: 0) + value + "  of \(item.faces) faces"
            }.joined(separator: "\n")
        }
    }

    private func draw(
        _ detections: [[FaceDetection]],
        on known: DetectionAnnotations,
        in folder: String,
        to path: String
    ) throws {
        let red = PixelColor(red: 255, green: 48, blue: 48)
        let gray = PixelColor(red: 160, green: 160, blue: 160)
        var sheet = try ContactSheet(path: path, count: known.pictures.count, side: 480)
        for (picture, detections) in zip(known.pictures, detections) {
            let sure = detections.filter { $0.confidence >= sheetConfidence }
            let match = DetectionMatch(of: sure, on: picture.faces)
            let counted = picture.faces.indices.filter { !picture.faces[$0].isIgnored }
            let found = counted.count { match.detections[$0] != nil }
            let caption =
                "\(ContactSheet.name(of: picture.file)): \(found) of \(counted.count), \(match.unmatched.count) others"
            try sheet.add(ImageSource(contentsOfFile: "\(folder)/\(picture.file)"), caption: caption) {
                canvas,
                factor in
                for (index, face) in picture.faces.enumerated() where match.detections[index] == nil {
                    let box = BoundingBox(
                        x: Float(face.left) * factor,
                        y: Float(face.top) * factor,
                        width: Float(face.right - face.left) * factor,
                        height: Float(face.bottom - face.top) * factor
                    )
                    canvas.strokeBox(box, color: face.isIgnored ? gray : .yellow, lineWidth: canvas.lineWidth)
                }
                for index in match.unmatched { canvas.mark(sure[index].scaled(by: factor), color: red) }
                for index in match.detections.values { canvas.mark(sure[index].scaled(by: factor)) }
            }
        }
        try sheet.write()
    }
}
