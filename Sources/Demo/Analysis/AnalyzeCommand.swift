// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitHTTP

struct AnalyzeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Tell what faces show: pose, age, expression, quality and more.",
        discussion: """
            Angles are degrees: yaw is positive when the face looks towards the left edge of the picture, pitch when it \
            looks up, roll when the head is tilted clockwise as seen in the picture. A picture that cannot be read is \
            reported and the others are still analysed; the exit code is then 1.
            """
    )

    @Argument(help: "Pictures to analyse.")
    var pictures: [String]

    @Option(
        help: ArgumentHelp(
            "Draw what was found into this picture, a .jpg or .png file. With several pictures, or when it is a folder"
                + " or ends in /, a folder: each marked picture goes there under its own name.",
            valueName: "path"
        )
    )
    var output: String?

    @Flag(help: "Tell on standard error what each stage took.")
    var times = false

    @OptionGroup var analysis: AnalysisOptions
    @OptionGroup var detector: DetectorOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if pictures.isEmpty { throw ValidationError("no picture was named") }
    }

    func run() throws {
        let detector = try detector.makeDetector(models: models.store, compute: models.compute)
        let stages = try analysis.models.stages(analysis.kinds, models: models.store, compute: models.compute)
        var destination = try output.map { try MarkedPictureDestination($0, pictureCount: pictures.count) }
        var found: [AnalyzeResponse.Picture] = []
        let progress = ProgressLine(counting: "pictures")
        for (index, file) in pictures.enumerated() {
            do {
                let image = try Image(contentsOfFile: file)
                let faces = try stages.analyze(detector.detectFaces(in: image), in: image) { kind, duration in
                    guard times else { return }
                    progress.clear()
                    StandardError.write(
                        "\(file): \(kind.rawValue) \((duration / .milliseconds(1)).formatted(digits: 2)) ms\n"
                    )
                }
                try destination?.write(image.marking(faces), ofFile: file)
                found.append(
                    .init(
                        file: file,
                        width: image.width,
                        height: image.height,
                        faces: faces.map(FaceAnalysisMessage.init)
                    )
                )
            } catch {
                progress.clear()
                StandardError.report(error)
            }
            progress.show(index + 1, of: pictures.count)
        }
        progress.clear()
        try answer.print(AnalyzeResponse(pictures: found)) {
            found.map(Self.text).joined(separator: "\n")
        }
        if found.count < pictures.count { throw ExitCode.failure }
    }

    private static func text(_ picture: AnalyzeResponse.Picture) -> String {
        let heading =
            "\(picture.file): \(picture.width)×\(picture.height), \(picture.faces.count)"
            + (picture.faces.count == 1 ? " face" : " faces")
        return ([heading] + picture.faces.map(text)).joined(separator: "\n")
    }

    private static func text(_ face: FaceAnalysisMessage) -> String {
        func judged(_ name: String, _ value: FaceAnalysisMessage.Judged?) -> String? {
            value.map { "\(name) \($0.value) (\(($0.probability * 100).formatted(digits: 0)) %)" }
        }
        let box = face.face.box.map { $0.formatted(digits: 1) }.joined(separator: " ")
        var lines = ["  box \(box)  confidence \(face.face.confidence.formatted(digits: 3))"]
        let facts: [String?] = [
            face.age.map { "age \($0.years.formatted(digits: 0)) (\($0.low)-\($0.high))" },
            judged("gender", face.gender), judged("expression", face.expression), judged("mask", face.mask),
            judged("liveness", face.liveness),
            face.eyes.map { "eyes \($0.right.value)/\($0.left.value)" },
            face.pose.map {
                "yaw \($0.yaw.formatted(digits: 1)) pitch \($0.pitch.formatted(digits: 1))"
                    + " roll \($0.roll.formatted(digits: 1))"
            },
            face.landmarks.map { "\($0.count) landmarks" },
            face.sharpness.map { "sharpness \($0.formatted(digits: 1))" },
            face.quality.map { "quality \($0.score.formatted(digits: 2))" },
        ]
        let told = facts.compactMap(\.self)
        if !told.isEmpty { lines.append("    " + told.joined(separator: ", ")) }
        lines += (face.quality?.complaints ?? []).map { "    poor: \($0)" }
        return lines.joined(separator: "\n")
    }
}
