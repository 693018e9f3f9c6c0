// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Synchronization
import Testing

/// One network used by many threads at once; also what the Thread Sanitizer watches.
@Suite struct ConcurrencyTests {
    /// Residual blocks, a concatenation in place and pooling, for any batch and size.
    private static func graph() throws -> Graph {
        var sketch = GraphSketch(seed: 5)
        let x = sketch.input([1, 3, 8, 8])
        let around = Padding.explicit(begin: [1, 1], end: [1, 1])
        let first = try sketch.apply(Convolution(padding: around), [x, sketch.weights([16, 3, 3, 3], fanIn: 27)])
        let slopes = sketch.constant([16, 1, 1])
        let active = try sketch.apply(PRelu(), [first, slopes])
        let second = try sketch.apply(
            Convolution(padding: around),
            [active, sketch.weights([16, 16, 3, 3], fanIn: 144)]
        )
        let sum = try sketch.apply(BinaryElementwise(.add), [second, active])
        let joined = try sketch.apply(Concat(axis: 1), [sum, first])
        let deep = try sketch.apply(
            Convolution(groups: 32, padding: around),
            [joined, sketch.weights([32, 1, 3, 3], fanIn: 9)]
        )
        let pooled = try sketch.apply(Flatten(), [sketch.apply(GlobalAveragePool(), [deep])])
        let scores = try sketch.apply(Gemm(), [pooled, sketch.weights([32, 7], fanIn: 32)])
        sketch.setOutputs([try sketch.apply(Softmax(), [scores]), sum])
        var graph = sketch.graph
        graph[x].shape = [nil, 3, nil, nil]
        return graph
    }

    private struct Case: Sendable {
        var input: Tensor
        var expected: [Tensor]
    }

    /// More shapes than the network keeps plans for.
    private static func cases(_ graph: Graph, count: Int) throws -> [Case] {
        var random = SeededGenerator(seed: 9)
        return try (0..<count).map { index in
            let shape = [1 + index % 2, 3, 2 + index % 9, 2 + index / 4]
            let floats = (0..<shape.elementCount).map { _ in Float.random(in: -1...1, using: &random) }
            let input = Tensor(floats, shape: shape)
            return Case(input: input, expected: try ReferenceExecutor(graph).run([graph.inputs[0]: input]))
        }
    }

    private static func isRight(_ network: Network, _ one: Case) -> Bool {
        guard let outputs = try? network.run([one.input]), outputs.count == one.expected.count else { return false }
        return zip(outputs, one.expected).allSatisfy { TensorDifference($0, $1).largest <= 1e-4 }
    }

    @Test("Many threads run one network with more shapes than it keeps plans for", arguments: [1, 2, 5])
    func oneNetwork(threads: Int) throws {
        let graph = try Self.graph()
        let cases = try Self.cases(graph, count: 40)
        let network = try Network(graph, options: .init(threads: threads))
        let (right, wrong) = (Counter(), Counter())
        let started = ThreadTeam.run(8) { member in
            for round in 0..<60 {
                let one = cases[(member * 7 + round * 3) % cases.count]
                let counter = Self.isRight(network, one) ? right : wrong
                counter.value.add(1, ordering: .relaxed)
                if round % 16 == 0 { _ = network.memory }
            }
        }
        #expect(wrong.value.load(ordering: .relaxed) == 0)
        #expect(right.value.load(ordering: .relaxed) == started * 60)
    }

    @Test("Threads that meet a new network at once pack its weights and plan it side by side")
    func firstRuns() throws {
        let graph = try Self.graph()
        let cases = try Self.cases(graph, count: 3)
        let wrong = Counter()
        for _ in 0..<20 {
            let network = try Network(graph, options: .init(threads: 3))
            _ = ThreadTeam.run(6) { member in
                if !Self.isRight(network, cases[member % cases.count]) { wrong.value.add(1, ordering: .relaxed) }
            }
        }
        #expect(wrong.value.load(ordering: .relaxed) == 0)
    }

    @Test("A run that begins alone takes the threads that become free")
    func threadsThatBecomeFree() throws {
        let graph = try Self.graph()
        let input = Tensor([Float](repeating: 0.5, count: 3 * 96 * 96), shape: [1, 3, 96, 96])
        let expected = try ReferenceExecutor(graph).run([graph.inputs[0]: input])
        let threads = 3
        let network = try Network(graph, options: .init(threads: threads))
        let pool = try #require(WorkerPool.sharing(threads: threads))
        let asked = Counter()
        let taken = Counter()
        // Nobody is to help until the question has come twice. From then on it is asked before each job, and who asks has
        // the threads by then.
        let sharing = CoreSharing {
            guard asked.value.add(1, ordering: .relaxed).newValue > 2 else { return false }
            CoreSharing.current.withValue(nil) {
                let lease = pool.lease()
                switch lease {
                case .some: break
                case .none: taken.value.add(1, ordering: .relaxed)
                }
                lease?.end()
            }
            return true
        }
        let outputs = try CoreSharing.current.withValue(sharing) { try network.run([input]) }
        #expect(zip(outputs, expected).allSatisfy { TensorDifference($0, $1).largest <= 1e-4 })
        #expect(taken.value.load(ordering: .relaxed) > 0)
        // They are given back.
        let lease = pool.lease()
        switch lease {
        case .some: break
        case .none: Issue.record("the threads were not given back")
        }
        lease?.end()
    }

    @Test("Networks of every level share one pool")
    func severalNetworks() throws {
        let graph = try Self.graph()
        let cases = try Self.cases(graph, count: 12)
        let networks = try KernelLevel.available.map { try Network(graph, options: .init(threads: 4, level: $0)) }
        let wrong = Counter()
        _ = ThreadTeam.run(6) { member in
            for round in 0..<40 where !Self.isRight(networks[(member + round) % networks.count], cases[round % 12]) {
                wrong.value.add(1, ordering: .relaxed)
            }
        }
        #expect(wrong.value.load(ordering: .relaxed) == 0)
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }
}
