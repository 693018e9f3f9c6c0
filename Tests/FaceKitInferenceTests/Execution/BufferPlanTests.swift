// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Testing

/// Which values have the memory of others.
@Suite struct BufferPlanTests {
    @Test func lifetimesThatDoNotMeetShareMemory() {
        var plan = BufferPlan()
        let first = plan.add(floatCount: 100, step: 0)
        plan.use(first, step: 1)
        let second = plan.add(floatCount: 100, step: 1)
        plan.use(second, step: 2)
        let third = plan.add(floatCount: 100, step: 2)
        plan.place()
        // A hundred floats take whole cache lines of sixteen.
        #expect(plan.floatCount == 2 * 112)
        #expect(plan.offset(of: first) == plan.offset(of: third))
        #expect(plan.offset(of: first) != plan.offset(of: second))
    }

    @Test func aStepWritesOverWhatItIsTheLastToRead() {
        var plan = BufferPlan()
        let values = (0..<4).map { plan.add(floatCount: 64, step: $0) }
        for step in 1..<4 {
            plan.use(values[step - 1], step: step)
            plan.allow(values[step], over: values[step - 1], step: step)
        }
        let beside = plan.add(floatCount: 64, step: 0)
        plan.use(beside, step: 3)
        plan.place()
        #expect(plan.floatCount == 2 * 64)
        #expect(Set(values.map { plan.offset(of: $0) }).count == 1)
        #expect(plan.offset(of: beside) != plan.offset(of: values[3]))
    }

    @Test("What is read later, or of another size, is not written over", arguments: [(64, 3), (128, 2)])
    func whatIsKept(floatCount: Int, lastStep: Int) {
        var plan = BufferPlan()
        let earlier = plan.add(floatCount: floatCount, step: 0)
        plan.use(earlier, step: lastStep)
        let later = plan.add(floatCount: 64, step: 2)
        plan.use(later, step: 4)
        plan.allow(later, over: earlier, step: 2)
        plan.place()
        #expect(plan.floatCount == floatCount + 64)
        #expect(plan.offset(of: earlier) != plan.offset(of: later))
    }

    /// A value that two layers read: the one that adds it back may write over it only where it comes last.
    @Test func sumsOverTheirAddendsGiveWhatTheReferenceComputes() throws {
        let (last, notLast) = (try residualSketch(isTrunkReadLater: false), try residualSketch(isTrunkReadLater: true))
        for configuration in KernelAgreement.Configuration.all {
            let byteCounts = try [last, notLast].map { sketch in
                let options = Network.Options(threads: configuration.threads, level: configuration.level)
                let network = try Network(sketch.graph, options: options)
                let difference = TensorDifference(try network.run(sketch.inputs)[0], sketch.expected[0])
                #expect(difference.largest <= 1e-4, "\(configuration)")
                return network.memory.arenaBytes
            }
            // The sum needs a map of its own.
            let map = 32 * 20 * 24 * MemoryLayout<Float>.stride
            #expect(byteCounts[1] - byteCounts[0] == map, "\(configuration)")
        }
    }

    /// A trunk, a branch that it is added to, and a product with the trunk or without it.
    private func residualSketch(isTrunkReadLater: Bool) throws -> GraphSketch {
        var sketch = GraphSketch(seed: 5, largestCount: 1_000_000)
        let x = sketch.input([1, 32, 20, 24])
        func convolution(_ y: Graph.ValueID) throws -> Graph.ValueID {
            try sketch.apply(
                Convolution(padding: .explicit(begin: [1, 1], end: [1, 1])),
                [y, sketch.weights([32, 32, 3, 3], fanIn: 288), sketch.constant([32])]
            )
        }
        let trunk = try sketch.apply(UnaryElementwise(.relu), [convolution(x)])
        let branch = try sketch.apply(UnaryElementwise(.relu), [convolution(trunk)])
        let sum = try sketch.apply(BinaryElementwise(.add), [convolution(branch), trunk])
        let product = try sketch.apply(BinaryElementwise(.multiply), [sum, isTrunkReadLater ? trunk : sum])
        sketch.setOutputs([try sketch.apply(UnaryElementwise(.sigmoid), [product])])
        return sketch
    }
}
