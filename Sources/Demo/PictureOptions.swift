// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

/// How picture files are read.
struct PictureOptions: ParsableArguments {
    @Flag(help: "Take pictures as they are stored, whatever orientation the camera noted.")
    var ignoreOrientation = false

    @Option(help: ArgumentHelp("Refuse pictures of more pixels than this many millions.", valueName: "n"))
    var megapixels = 100

    func validate() throws {
        guard (1...1000).contains(megapixels) else {
            throw ValidationError("--megapixels is 1 to 1000, not \(megapixels)")
        }
    }

    /// What a picture may cost.
    var limits: ImageLimits { ImageLimits(maximumPixels: megapixels * 1_000_000) }

    /// A picture file of which no more is decoded than is needed.
    func source(_ file: String) throws(FaceError) -> ImageSource {
        try ImageSource(contentsOfFile: file, limits: limits, appliesOrientation: !ignoreOrientation)
    }
}
