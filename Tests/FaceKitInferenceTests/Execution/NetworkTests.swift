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
        let network = try Network(
            contentsOf: golden.model.path,
            options: .init(threads: configuration.threads, level: configuration.level)
        )
        try compare(network, with: golden)
    }

    private func compare(_ network: Network, with golden: GoldenNetwork) throws {
        let (inputs, expected) = try golden.tensors()
        let ordered = try network.inputs.map { try #require(inputs[$0.name] ?? inputs["input"]) }
        // Twice: the second run meets an arena that the first has left its values in.
        for _ in 0..<2 {
            let outputs = try network.run(ordered)
            for (port, output) in zip(network.outputs, outputs) {
                guard let wanted = expected[port.name] ?? expected["output"] else { continue }
                let difference = TensorDifference(output, wanted)
                #expect(difference.largest <= 1e-4, "\(port.name): \(difference)")
            }
        }
    }
}
