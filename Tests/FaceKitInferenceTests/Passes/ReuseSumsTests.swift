// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Testing

@Suite struct ReuseSumsTests {
    @Test("Each layer of a dense block ends in the sum of all before it, which begins with the sum before")
    func denseBlock() throws {
        var sketch = GraphSketch(seed: 5)
        let shape = [1, 16, 9, 9]
        let x = sketch.input(shape)
        var layers = [x]
        var last = x
        for _ in 0..<4 {
            let y = try sketch.apply(Convolution(), [last, sketch.weights([16, 16, 1, 1], fanIn: 16)])
            layers.append(y)
            // x + (a + (b + c)), as it is written in the model files.
            var sum = y
            for earlier in layers.dropLast().reversed() {
                sum = try sketch.apply(BinaryElementwise(.add), [earlier, sum])
            }
            last = try sketch.apply(UnaryElementwise(.relu), [sum])
        }
        sketch.setOutputs([last])
        let kinds = try Network(sketch.graph).profile(sketch.inputs).map(\.kind)
        #expect(kinds.filter { $0.hasPrefix("Conv") }.count == 4)
        #expect(!kinds.contains("Add"), "\(kinds)")
        KernelAgreement.expect(sketch, "dense block")
    }

    @Test("Sums of other shapes, of the same terms twice and of what others read as well stay right")
    func otherSums() throws {
        var sketch = GraphSketch(seed: 6)
        let (a, b) = (sketch.input([2, 5, 4, 4]), sketch.input([2, 5, 4, 4]))
        let row = sketch.input([1, 5, 1, 1])
        let ab = try sketch.apply(BinaryElementwise(.add), [a, b])
        let abb = try sketch.apply(BinaryElementwise(.add), [ab, b])
        let bb = try sketch.apply(BinaryElementwise(.add), [b, b])
        let bba = try sketch.apply(BinaryElementwise(.add), [bb, a])
        let broadcast = try sketch.apply(BinaryElementwise(.add), [ab, row])
        let more = try sketch.apply(BinaryElementwise(.add), [broadcast, b])
        sketch.setOutputs([abb, bba, more, ab])
        KernelAgreement.expect(sketch, "sums")
    }

    @Test("A value added to itself sixty times over is read and computed at once", .timeLimit(.minutes(1)))
    func sumsOfSums() throws {
        var sketch = GraphSketch(seed: 7)
        let tiny = sketch.constant([1], in: 1e-19...2e-19)
        var sum = try sketch.apply(BinaryElementwise(.multiply), [sketch.input([1, 3, 2, 2]), tiny])
        for _ in 0..<60 { sum = try sketch.apply(BinaryElementwise(.add), [sum, sum]) }
        sketch.setOutputs([sum])
        KernelAgreement.expect(sketch, "sums of sums")
    }
}
