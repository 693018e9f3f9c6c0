// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

/// The published networks through passes, planner and kernels, against what another runtime computed.
@Suite(.enabled(if: EvaluationFolders.models != nil, "needs FACEKIT_MODEL_MIRROR")) struct NetworkTests {
    struct Configuration: CustomStringConvertible, Sendable {
        var level: KernelLevel
        var threads: Int
        var description: String { "\(level.rawValue), \(threads) threads" }

        static let all = KernelLevel.available.flatMap { level in
            [1, 2].map { Configuration(level: level, threads: $0) }
        }
    }

    @Test(arguments: GoldenNetwork.all, Configuration.all)
    func kernelsGiveTheGoldenOutputs(golden: GoldenNetwork, configuration: Configuration) throws {
        let graph = try ONNXReader.read(contentsOf: golden.model.path)
        let network = try Network(
            graph,
            options: .init(threads: configuration.threads, level: configuration.level)
        )
        let (inputs, expected) = try golden.tensors(for: graph)
        let ordered = graph.inputs.compactMap { inputs[$0] }
        // Twice: the second run meets an arena that the first has left its values in.
        for _ in 0..<2 {
            let outputs = try network.run(ordered)
            #expect(outputs.count == expected.count)
            for (port, (output, wanted)) in zip(network.outputs, zip(outputs, expected)) {
                let difference = TensorDifference(output, wanted)
                #expect(difference.largest <= 1e-4, "\(port.name): \(difference)")
            }
        }
    }

    @Test(arguments: GoldenNetwork.all)
    func passesKeepWhatTheReferenceComputes(golden: GoldenNetwork) throws {
        let graph = try ONNXReader.read(contentsOf: golden.model.path)
        let (inputs, expected) = try golden.tensors(for: graph)
        let optimised = try graph.optimised()
        #expect(optimised.nodes.count < graph.nodes.count)
        let named = Dictionary(
            uniqueKeysWithValues: zip(optimised.inputs, graph.inputs.compactMap { inputs[$0] })
        )
        let outputs = try ReferenceExecutor(optimised).run(named)
        for (output, wanted) in zip(outputs, expected) {
            let difference = TensorDifference(output, wanted)
            #expect(difference.largest <= 1e-4, "\(difference)")
        }
    }
}
