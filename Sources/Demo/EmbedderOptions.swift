// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

/// Which model embeds faces.
struct EmbedderOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The model that embeds faces.", valueName: "name"))
    var embedder = "face_reidentification_retail_0095"

    @Flag(help: "Embed faces together with their mirror images, which takes twice the time.")
    var flip = false

    func makeEmbedder(models: ModelStore, compute: ComputeOptions) throws -> ONNXEmbedder {
        try ONNXEmbedder(model: models.model(named: embedder), averagesFlips: flip, compute: compute)
    }
}
