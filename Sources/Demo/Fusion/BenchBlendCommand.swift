// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

struct BenchBlendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blend",
        abstract: "Time gradient-domain blending of a patch into a picture.",
        discussion: """
            All three pictures have one size. The patch's gradients count where the mask is brighter than half. \
            Prints the median time of the repetitions in milliseconds.
            """
    )

    @Argument(help: "The picture whose gradients count within the mask.")
    var patch: String

    @Argument(help: "The picture that is changed.")
    var target: String

    @Argument(help: "White where the patch counts.")
    var mask: String

    @Option(help: ArgumentHelp("How often it is done.", valueName: "n"))
    var repetitions = 5

    @Option(help: ArgumentHelp("Write the result to this picture.", valueName: "path"))
    var output: String?

    func validate() throws {
        guard 1...1000 ~= repetitions else {
            throw ValidationError("--repetitions lies within 1 and 1000, \(repetitions) does not")
        }
    }

    func run() throws {
        let (patch, target) = (try Image(contentsOfFile: patch), try Image(contentsOfFile: target))
        let mask = try Image(contentsOfFile: mask)
        for image in [patch, mask] where image.width != target.width || image.height != target.height {
            throw ValidationError(
                "a picture of \(image.width)×\(image.height) pixels does not go with one of"
                    + " \(target.width)×\(target.height)"
            )
        }
        let shares = stride(from: 0, to: mask.pixels.count, by: 3).map { mask.pixels[$0] > 127 ? Float(1) : 0 }
        var times: [Double] = []
        var blended = target
        for _ in 0..<repetitions {
            let start = ContinuousClock.now
            blended = try target.blendingGradients(of: patch, mask: shares)
            times.append(start.duration(to: .now) / .milliseconds(1))
        }
        if let output { try blended.write(toFile: output) }
        print("\(times.sorted()[times.count / 2].formatted(digits: 1)) ms")
    }
}
