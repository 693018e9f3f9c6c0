// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Testing

/// Networks put together at random: what finds mistakes of passes and planner that no single operator shows.
@Suite struct RandomGraphTests {
    static let graphsPerCase = 20

    @Test(
        "Random networks give what the reference computes, on every level, with one thread and with two",
        arguments: 0..<300
    )
    func kernelsAgreeWithTheReference(block: Int) {
        for seed in block * Self.graphsPerCase..<(block + 1) * Self.graphsPerCase {
            let random = RandomGraph(seed: seed)
            guard !random.sketch.graph.outputs.isEmpty else { continue }
            KernelAgreement.expect(random.sketch, "seed \(seed)")
        }
    }

    @Test("The generator makes networks of every size, and the same one again from the same seed")
    func generator() {
        let counts = (0..<100).map { RandomGraph(seed: $0).sketch.graph.nodes.count }
        #expect(counts.filter { $0 >= 8 }.count > 20)
        #expect(counts.allSatisfy { $0 > 0 })
        #expect(RandomGraph(seed: 7).sketch.description == RandomGraph(seed: 7).sketch.description)
    }
}
