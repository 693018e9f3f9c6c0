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
let detector = try YuNetDetector(model: models.model(named: "yunet_n"))
let pipeline = FacePipeline(detector: detector, embedder: embedder)
let probe = try pipeline.mainFace(in: Image(contentsOfFile: arguments[2]))
let reference = try pipeline.mainFace(in: Image(contentsOfFile: arguments[3]))
if let probe, let reference {
    print(try CosineMatcher().similarity(of: probe.embedding, to: reference.embedding).rawValue)
} else {
    print("no face in \(arguments[probe == nil ? 2 : 3])")
    exit(1)
}
