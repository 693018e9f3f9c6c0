// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct ReferenceExecutorTests {
    @Test(
        "A network's outputs equal those of another runtime within 1e-4",
        .enabled(if: !GoldenNetwork.all.isEmpty, "FACEKIT_MODEL_MIRROR is not set"),
        arguments: GoldenNetwork.all
    )
    func golden(network: GoldenNetwork) throws {
        let graph = try ONNXReader.read(contentsOf: network.model.path)
        let (inputs, expected) = try network.tensors(for: graph)
        let outputs = try ReferenceExecutor(graph).run(inputs)
        let facts = try graph.inferFacts(inputs: inputs.mapValues(\.shape))
        for (position, id) in graph.outputs.enumerated() {
            let difference = TensorDifference(outputs[position], expected[position])
            #expect(difference.largest <= 1e-4, "\(graph[id].name): \(difference)")
            #expect(facts[id]?.shape == expected[position].shape)
        }
    }
}
