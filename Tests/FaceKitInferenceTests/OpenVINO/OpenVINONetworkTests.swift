// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

/// Published files against what another runtime computed with the same networks in another format.
@Suite(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
struct OpenVINONetworkTests {
    struct Published: CustomStringConvertible, Sendable {
        /// The original's name, and the converted network that comes with golden outputs.
        var original, converted: String
        var description: String { original }

        static let all = [
            Published(
                original: "face-reidentification-retail-0095",
                converted: "recognition/face_reidentification_retail_0095"
            ),
            Published(
                original: "landmarks-regression-retail-0009",
                converted: "landmarks/openvino_landmarks5_retail_0009"
            ),
            Published(original: "head-pose-estimation-adas-0001", converted: "pose/openvino_headpose_adas_0001"),
            Published(original: "open-closed-eye-0001", converted: "attributes/openvino_open_closed_eye_0001"),
        ]
        static let quantized = Published(
            original: "age-gender-recognition-retail-0013",
            converted: "attributes/openvino_age_gender_retail_0013"
        )

        func graph() throws -> Graph {
            let folder = try #require(EvaluationFolders.models)
            return try OpenVINOReader.read(contentsOf: folder.path + "/upstream/\(original).xml")
        }

        /// Inputs of one picture each, and the outputs for them by the converted network's names.
        func golden() throws -> [(input: Tensor, outputs: [String: Tensor])] {
            let folder = try #require(EvaluationFolders.models)
            let file = folder.appendingPathComponent(converted + ".golden.npz")
            let arrays = try NumpyArchive(contentsOf: file).arrays
            let input = try #require(arrays["input:input"] ?? arrays["input"])
            return (0..<input.shape[0]).map { picture in
                let outputs = arrays.filter { $0.key.hasPrefix("output") }
                return (
                    input.picture(picture),
                    Dictionary(
                        uniqueKeysWithValues: outputs.map {
                            (String($0.key.dropFirst("output:".count)), $0.value.picture(picture))
                        }
                    )
                )
            }
        }
    }

    @Test(
        "A published network computes what its conversion computes",
        arguments: Published.all,
        Network.Backend.allCases
    )
    func published(network: Published, backend: Network.Backend) throws {
        let graph = try network.graph()
        let loaded = try Network(graph, options: .init(backend: backend, threads: 1))
        #expect(loaded.inputs.count == 1)
        for (input, expected) in try network.golden() {
            let outputs = try loaded.run([input])
            #expect(outputs.count == expected.count)
            var unmatched = Array(expected.values)
            // The files name their outputs in other words, so each must be one of those expected, and all must occur.
            for output in outputs {
                let match = unmatched.firstIndex {
                    $0.count == output.count && TensorDifference(output.reshaped(to: $0.shape), $0).largest <= 1e-4
                }
                let position = try #require(match, "\(output.shape) \(output.floats.prefix(4))")
                unmatched.remove(at: position)
            }
        }
    }

    @Test("Quantised weights fold to those of the conversion, which left the activations in full precision")
    func quantizedWeights() throws {
        var graph = try Published.quantized.graph()
        let activations = graph.nodes.filter { node in
            node.operator is FakeQuantize && node.input(0).map { graph.constants[$0] == nil } == true
        }.map(\.name)
        #expect(activations.count == 9)
        for index in graph.nodes.indices where activations.contains(graph.nodes[index].name) {
            graph.nodes[index].operator = Identity()
            graph.nodes[index].inputs = [graph.nodes[index].inputs[0]]
        }
        for backend in Network.Backend.allCases {
            let loaded = try Network(graph, options: .init(backend: backend, threads: 1))
            for (input, expected) in try Published.quantized.golden() {
                for (port, output) in zip(loaded.outputs, try loaded.run([input])) {
                    let difference = TensorDifference(output, try #require(expected[port.name]))
                    #expect(difference.largest <= 1e-4, "\(port.name): \(difference)")
                }
            }
        }
    }

    @Test(
        "Quantised activations change age and gender as little as they do elsewhere",
        arguments: Network.Backend.allCases
    )
    func quantizedActivations(backend: Network.Backend) throws {
        let loaded = try Network(Published.quantized.graph(), options: .init(backend: backend, threads: 1))
        #expect(Set(loaded.outputs.map(\.name)) == ["age_conv3", "prob"])
        for (input, expected) in try Published.quantized.golden() {
            for (port, output) in zip(loaded.outputs, try loaded.run([input])) {
                let wanted = try #require(expected[port.name])
                // Another runtime's figures on the same file: 0.003 on the age over 100, 0.0001 on the gender.
                let difference = TensorDifference(output, wanted)
                #expect(difference.largest > 0 && difference.largest < 0.01, "\(port.name): \(difference)")
            }
        }
    }

    @Test("Weights stay in the file's mapping")
    func mappedWeights() throws {
        let graph = try Published.all[0].graph()
        let copied = graph.constants.values.filter {
            if case .floats(let floats) = $0.storage { return floats.count > 64 }
            return false
        }
        #expect(copied.isEmpty)
        #expect(graph.constants.values.reduce(0) { $0 + $1.count } > 1_000_000)
    }
}

extension Tensor {
    /// One picture of a batch.
    fileprivate func picture(_ position: Int) -> Tensor {
        let size = count / shape[0]
        return Tensor(Array(floats[position * size..<(position + 1) * size]), shape: [1] + shape.dropFirst())
    }
}
