// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

/// Published weights with our architecture against what another runtime computed with the converted networks.
@Suite(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
struct FaceAPINetworkTests {
    private static let manifests: [FaceAPINetwork: String] = [
        .mtcnnProposal: "mtcnn", .mtcnnRefinement: "mtcnn", .mtcnnOutput: "mtcnn",
        .landmarks68: "face_landmark_68", .landmarks68Tiny: "face_landmark_68_tiny",
        .ageGender: "age_gender", .expression: "face_expression",
    ]
    private static let converted: [FaceAPINetwork: String] = [
        .mtcnnProposal: "detection/mtcnn_pnet", .mtcnnRefinement: "detection/mtcnn_rnet",
        .mtcnnOutput: "detection/mtcnn_onet", .landmarks68: "landmarks/face_landmark_68",
        .landmarks68Tiny: "landmarks/face_landmark_68_tiny", .ageGender: "attributes/age_gender_tinyxception",
        .expression: "attributes/face_expression",
    ]

    private func manifest(_ network: FaceAPINetwork) throws -> String {
        let (folder, name) = (try #require(EvaluationFolders.models), try #require(Self.manifests[network]))
        return folder.path + "/upstream/\(name)_model-weights_manifest.json"
    }

    @Test("Published weights compute what the converted network computes", arguments: FaceAPINetwork.allCases)
    func golden(network: FaceAPINetwork) throws {
        let name = try #require(Self.converted[network])
        let golden = try #require(GoldenNetwork.all.first { $0.name == name })
        let graph = try FaceAPIReader.read(manifest: manifest(network), network: network)
        let (inputs, expected) = try golden.tensors(for: graph)
        #expect(graph.inputs.map { graph[$0].name } == ["input"])
        for backend in Network.Backend.allCases {
            let loaded = try Network(graph, options: .init(backend: backend, threads: 1))
            let outputs = try loaded.run(graph.inputs.compactMap { inputs[$0] })
            #expect(outputs.count == expected.count)
            for (position, output) in outputs.enumerated() {
                let difference = TensorDifference(output, expected[position])
                #expect(difference.largest <= 1e-4, "\(loaded.outputs[position].name) (\(backend)): \(difference)")
            }
        }
    }

    @Test(
        "A manifest of one network says which it is",
        arguments: [FaceAPINetwork.landmarks68, .landmarks68Tiny, .ageGender, .expression]
    )
    func recognised(network: FaceAPINetwork) throws {
        let named = try FaceAPIReader.read(manifest: manifest(network), network: network)
        let recognised = try NetworkReader.read(contentsOf: manifest(network))
        #expect(recognised.outputs.map { recognised[$0].name } == named.outputs.map { named[$0].name })
        #expect(recognised.nodes.map(\.name) == named.nodes.map(\.name))
    }

    @Test("A manifest of several networks wants one to be named")
    func ambiguous() throws {
        let path = try manifest(.mtcnnProposal)
        let error = try #require(throws: ModelError.self) { try Network(contentsOf: path) }
        #expect(error.code == .unsupported && error.message.contains("pnet, rnet, onet"), "\(error)")
        let network = try Network(contentsOf: path, architecture: .faceAPI(.mtcnnOutput))
        #expect(network.outputs.map(\.name) == ["prob", "reg", "landmarks"])
    }

    @Test("A network's weights are not another's")
    func wrongNetwork() throws {
        let path = try manifest(.expression)
        let error = try #require(throws: ModelError.self) {
            try FaceAPIReader.read(manifest: path, network: .landmarks68)
        }
        #expect(error.code == .malformed && error.message.contains("[256, 7]"), "\(error)")
    }
}
