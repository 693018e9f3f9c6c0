// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

// The README's example: its two pictures and the folder of models come from the command line.
let arguments = CommandLine.arguments
guard arguments.count == 4 else {
    print("usage: Quickstart MODELS A.jpg B.jpg")
    exit(2)
}

let models = ModelStore(folders: [arguments[1]])
let embedder = try ONNXEmbedder(model: models.model(named: "face_reidentification_retail_0095"))
let pipeline = FacePipeline(
    detector: try YuNetDetector(model: models.model(named: "yunet_2023mar_upstream")),
    aligner: FivePointAligner(template: embedder.template),
    embedder: embedder
)

let probe = try pipeline.faces(in: Image(contentsOfFile: arguments[2]))
let reference = try pipeline.faces(in: Image(contentsOfFile: arguments[3]))
if let first = probe.first, let second = reference.first {
    let similarity = try CosineMatcher().similarity(of: first.embedding, to: second.embedding)
    print(similarity.rawValue, similarity >= embedder.threshold ? "same person" : "different people")
} else {
    print("no face in one of the pictures")
}
