// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The networks of face-api.js (github.com/justadudewhohacks/face-api.js) whose architecture is known here.
package enum FaceAPINetwork: String, Sendable, CaseIterable {
    /// MTCNN's three stages (Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional
    /// Networks", 2016). Input: (pixel - 127.5) / 128; any size for the first, 24 and 48 pixels square for the others.
    /// Outputs: `prob` (no face, face), `reg` (shifts of the box's edges) and, from the last, `landmarks` (all x and
    /// then all y, as fractions of the box).
    case mtcnnProposal = "pnet"
    case mtcnnRefinement = "rnet"
    case mtcnnOutput = "onet"
    /// Input: 112 pixels square, (pixel - [122.782, 117.001, 104.298]) / 255. Output: `landmarks` [batch, 136], x and
    /// y of each point as fractions of the crop.
    case landmarks68 = "face_landmark_68"
    case landmarks68Tiny = "face_landmark_68_tiny"
    /// Input as for the landmarks, but divided by 256. Outputs: `age` [batch, 1] in years, `gender` [batch, 2] (male,
    /// female).
    case ageGender = "age_gender"
    /// Input as for the landmarks. Output: `prob` [batch, 7]: neutral, happy, sad, angry, fearful, disgusted,
    /// surprised.
    case expression = "face_expression"

    /// The network that a manifest's tensor names belong to.
    init(named manifest: WeightManifest) throws(ModelError) {
        let names = manifest.names
        if names.contains("pnet/conv1/weights") {
            let stages = [Self.mtcnnProposal, .mtcnnRefinement, .mtcnnOutput].map(\.rawValue)
            throw ModelError(
                .unsupported,
                "the manifest holds several networks; name one of \(stages.joined(separator: ", "))"
            )
        }
        if names.contains("entry_flow/conv_in/filters") {
            self = .ageGender
        } else if names.contains("dense0/conv0/filters"), !names.contains("dense0/conv3/bias") {
            self = .landmarks68Tiny
        } else if names.contains("dense3/conv3/bias") {
            self = manifest.lastExtent("fc/bias") == 7 ? .expression : .landmarks68
        } else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelError(.unsupported, "the manifest's tensors are of none of the networks \(known)")
        }
    }

    /// Adds the network's nodes.
    func build(_ builder: inout FaceAPIBuilder) throws(ModelError) {
        switch self {
        case .mtcnnProposal: try builder.mtcnnProposal()
        case .mtcnnRefinement: try builder.mtcnnRefinement()
        case .mtcnnOutput: try builder.mtcnnOutput()
        case .landmarks68: try builder.denseLandmarks(layers: 4, blocks: [32, 64, 128, 256])
        case .landmarks68Tiny: try builder.denseLandmarks(layers: 3, blocks: [32, 64, 128])
        case .ageGender: try builder.ageGender()
        case .expression: try builder.expression()
        }
    }
}
