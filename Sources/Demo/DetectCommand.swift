// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitHTTP

struct DetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Find the faces in pictures.",
        discussion: """
            Boxes are left edge, top edge, width and height; landmarks are the subject's right eye, left eye, nose tip, \
            right and left corner of the mouth: all in pixels of the upright picture. A picture that cannot be read is \
            reported and the others are still searched; the exit code is then 1.
            """
    )

    @Argument(help: "Pictures to search.")
    var pictures: [String]

    @Option(
        help: ArgumentHelp(
            "Draw the faces into this picture, a .jpg, .png or .webp file. With several pictures, or when it is a folder or"
                + " ends in /, a folder: each marked picture goes there under its own name.",
            valueName: "path"
        )
    )
    var output: String?

    @Option(help: ArgumentHelp("Draw all pictures, small and with their faces, onto one sheet.", valueName: "path"))
    var sheet: String?

    @OptionGroup var pictureOptions: PictureOptions
    @OptionGroup var detector: DetectorOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if pictures.isEmpty { throw ValidationError("no picture was named") }
    }

    func run() throws {
        let detector = try detector.makeDetector(models: models.store, compute: models.compute)
        var destination = try output.map { try MarkedPictureDestination($0, pictureCount: pictures.count) }
        var found: [DetectResponse.Picture] = []
        var contactSheet = try sheet.map { try ContactSheet(path: $0, count: pictures.count) }
        let progress = ProgressLine(counting: "pictures")
        for (index, file) in pictures.enumerated() {
            do {
                let source = try pictureOptions.source(file)
                let faces = try detector.detectFaces(in: source)
                try destination?.write(source.image(), marking: faces, ofFile: file)
                try contactSheet?.add(source, faces: faces, file: file)
                found.append(
                    .init(file: file, width: source.width, height: source.height, faces: faces.map(FaceMessage.init))
                )
            } catch {
                progress.clear()
                StandardError.report(error)
            }
            progress.show(index + 1, of: pictures.count)
        }
        progress.clear()
        try contactSheet?.write()
        try answer.print(DetectResponse(pictures: found)) {
            found.map(Self.text).joined(separator: "\n")
        }
        if found.count < pictures.count { throw ExitCode.failure }
    }

    private static func text(_ picture: DetectResponse.Picture) -> String {
        let heading =
            "\(picture.file): \(picture.width)×\(picture.height), \(picture.faces.count)"
            + (picture.faces.count == 1 ? " face" : " faces")
        let faces = picture.faces.map { face in
            let box = face.box.map { $0.formatted(digits: 1) }.joined(separator: " ")
            return "  box \(box)  confidence \(face.confidence.formatted(digits: 3))"
        }
        return ([heading] + faces).joined(separator: "\n")
    }
}
