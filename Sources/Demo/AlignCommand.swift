// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct AlignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "align",
        abstract: "Cut the faces out of pictures, brought to the pose that embedders want.",
        discussion: """
            Each face becomes a PNG file in the folder --output, named for its picture and numbered by falling \
            confidence; --sheet puts all of them onto one picture. A picture that cannot be read is reported and the \
            others are still handled; the exit code is then 1.
            """
    )

    @Argument(help: "Pictures whose faces to cut out.")
    var pictures: [String]

    @Option(help: ArgumentHelp("The folder that the faces are written to.", valueName: "dir"))
    var output: String?

    @Option(help: ArgumentHelp("Put all faces onto one sheet.", valueName: "path"))
    var sheet: String?

    @OptionGroup var pictureOptions: PictureOptions
    @OptionGroup var alignment: AlignerOptions
    @OptionGroup var detector: DetectorOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if pictures.isEmpty { throw ValidationError("no picture was named") }
        if output == nil, sheet == nil { throw ValidationError("say where the faces go: --output, --sheet or both") }
    }

    /// What was cut out of one picture.
    private struct Picture: Encodable {
        let file: String
        /// The files of its faces; empty without `--output`.
        let faces: [String]
        /// How many faces were found.
        let count: Int
    }

    private struct Answer: Encodable {
        let pictures: [Picture]
    }

    func run() throws {
        let store = models.store
        let detector = try detector.makeDetector(models: store, compute: models.compute)
        let aligner = try alignment.makeAligner(models: store)
        var names = try output.map { try OutputFolder($0) }
        var contactSheet = try sheet.map { try ContactSheet(path: $0, count: pictures.count) }
        var done: [Picture] = []
        let progress = ProgressLine(counting: "pictures")
        for (index, file) in pictures.enumerated() {
            do {
                let source = try pictureOptions.source(file)
                let faces = try aligner.align(detector.detectFaces(in: source), in: source)
                var files: [String] = []
                for (number, face) in faces.enumerated() {
                    contactSheet?.add(face.image, caption: "\(ContactSheet.name(of: file)) \(number + 1)")
                    guard let path = names?.path(for: file, number: number + 1) else { continue }
                    try face.image.write(toFile: path)
                    files.append(path)
                }
                done.append(Picture(file: file, faces: files, count: faces.count))
            } catch {
                progress.clear()
                StandardError.report(error)
            }
            progress.show(index + 1, of: pictures.count)
        }
        progress.clear()
        try contactSheet?.write()
        try answer.print(Answer(pictures: done)) {
            done.map { "\($0.file): \($0.count)" + ($0.count == 1 ? " face" : " faces") }.joined(separator: "\n")
        }
        if done.count < pictures.count { throw ExitCode.failure }
    }
}

/// A folder whose files are named for pictures and never for two of them.
private struct OutputFolder {
    private let path: String
    private var stems: [String: Int] = [:]
    private var stemOfFile: [String: String] = [:]

    /// Creates the folder where there is none.
    init(_ path: String) throws(FaceError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw FaceError(.fileUnwritable, "the folder \(path) cannot be created")
        }
    }

    mutating func path(for file: String, number: Int) -> String {
        if stemOfFile[file] == nil {
            let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
            let count = (stems[stem] ?? 0) + 1
            stems[stem] = count
            stemOfFile[file] = count == 1 ? stem : "\(stem)-\(count)"
        }
        return "\(path)/\(stemOfFile[file] ?? "face")_\(number).png"
    }
}
