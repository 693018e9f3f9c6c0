// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

/// The fusers by the names they have on the command line.
enum FuserName: String, CaseIterable, ExpressibleByArgument {
    case seamless
    case morph
    case alpha

    func makeFuser(_ configuration: FusionConfiguration) -> any Fuser {
        switch self {
        case .seamless: SeamlessFuser(configuration: configuration)
        case .morph: MorphFuser(configuration: configuration)
        case .alpha: AlphaFuser(configuration: configuration)
        }
    }
}

struct FuseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuse",
        abstract: "Blend a face into another picture, or average faces.",
        discussion: """
            The source's features appear in the target's face: facekit fuse SOURCE TARGET --output fused.png. With \
            --average all pictures make one face. Of each picture the main face counts. What is written says in its \
            metadata that it is synthetic.
            """
    )

    @Argument(help: "The source and the target picture; with --average, all pictures.")
    var pictures: [String]

    @Option(help: ArgumentHelp("Write the result to this .png, .jpg or .webp file.", valueName: "path"))
    var output: String

    @Option(help: "How faces are blended.")
    var fuser = FuserName.seamless

    @Option(help: ArgumentHelp("How much of the source shows, 0 to 1.", valueName: "w"))
    var weight: Float = FusionConfiguration().weight

    @Option(
        help: ArgumentHelp(
            "How far the face takes on the source's shape, 0 to 1 (default: half the weight, for morph the weight).",
            valueName: "w"
        )
    )
    var shapeWeight: Float?

    @Option(help: ArgumentHelp("The size of the region against the landmarks' hull.", valueName: "s"))
    var maskScale: Float = FusionConfiguration().maskScale

    @Flag(help: "Average all pictures instead.")
    var average = false

    @Option(help: ArgumentHelp("The model for dense landmarks.", valueName: "name"))
    var landmarkModel = "facemesh_468"

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var models: ModelOptions

    func validate() throws {
        if average ? pictures.count < 2 : pictures.count != 2 {
            throw ValidationError(
                average ? "an average takes two pictures or more" : "a fusion takes a source and a target picture"
            )
        }
        for (name, value) in [("--weight", weight), ("--shape-weight", shapeWeight ?? 0)] where !(0...1 ~= value) {
            throw ValidationError("\(name) lies within 0 and 1, \(value) does not")
        }

    }

    func run() throws {
        guard let encoding = ImageEncoding(fileName: output) else {
            throw FaceError(
                .unsupportedImageFormat,
                "\(output) ends in no extension that can be written (jpg, jpeg, png, webp)"
            )
        }
        let store = models.store
        let detector = try detector.makeDetector(models: store, compute: models.compute)
        let landmarks = try LandmarkNetwork(
            model: store.model(named: landmarkModel),
            looksTwice: true,
            compute: models.compute
        )
        let faces = try pictures.map { file in
            guard let face = try FusionFace(in: Image(contentsOfFile: file), detector: detector, landmarks: landmarks)
            else { throw NoFaceToFuse(file: file) }
            return face
        }
        let fused: Image
        if average {
            fused = try FaceAverage().average(of: faces)
        } else {
            var configuration = FusionConfiguration()
            configuration.weight = weight
            configuration.shapeWeight = shapeWeight
            configuration.maskScale = maskScale
            fused = try fuser.makeFuser(configuration).fuse(faces[0], into: faces[1])
        }
        let bytes = try fused.encodedSynthetic(as: encoding)
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: output), options: .atomic)
        } catch {
            throw FaceError(.fileUnwritable, "\(output) cannot be written", cause: error)
        }
    }
}

/// What the command says of a picture without a face.
private struct NoFaceToFuse: Error, CustomStringConvertible {
    let file: String
    var description: String { "no face was found in \(file)" }
}
