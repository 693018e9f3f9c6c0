// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Testing

/// Inputs that are made of a picture's pixels where they are read.
@Suite struct PixelPlanesTests {
    private static func planes(_ sketch: inout GraphSketch, width: Int, height: Int) -> PixelPlanes {
        let picture = (width: width - sketch.number(0...7), height: height - sketch.number(0...7))
        return PixelPlanes(
            (0..<3 * picture.width * picture.height).map { _ in UInt8(sketch.number(0...255)) },
            picture: picture,
            width: width,
            height: height,
            levels: .init(
                order: sketch.number(0...1) == 0 ? [0, 1, 2] : [2, 1, 0],
                mean: [104, 117.5, 123],
                scale: [0.017, 0.5, 1],
                padding: [-1, 0, 0.25]
            )
        )
    }

    @Test("Planes hold the picture's values, and what is padded beside and below it")
    func floats() {
        let planes = PixelPlanes(
            [10, 20, 30, 40, 50, 60],
            picture: (2, 1),
            width: 3,
            height: 2,
            levels: .init(order: [2, 1, 0], mean: [30, 0, 10], scale: [1, 2, 0.5], padding: [7, 8, 9])
        )
        #expect(planes.floats() == [0, 30, 7, 7, 7, 7, 40, 100, 8, 8, 8, 8, 0, 15, 9, 9, 9, 9])
        #expect(Tensor(planes).shape == [1, 3, 2, 3])
    }

    @Test("A chain of layers makes of pixels what it makes of floats, to the bit", arguments: 0..<4)
    func chain(seed: Int) throws {
        var sketch = GraphSketch(seed: UInt64(seed), largestCount: 1_000_000)
        let (width, height) = (sketch.number(360...400), sketch.number(360...400))
        let planes = Self.planes(&sketch, width: width, height: height)
        let x = sketch.input([1, 3, height, width])
        let outputs = sketch.number(9...16)
        var y = try sketch.apply(
            Convolution(strides: [2, 2], padding: .explicit(begin: [1, 1], end: [1, 1])),
            [x, sketch.weights([outputs, 3, 3, 3], fanIn: 27), sketch.constant([outputs])]
        )
        y = try sketch.apply(MaxPool(kernelShape: [2, 2], strides: [2, 2]), [y])
        // Where something else reads the planes as well, they are made before.
        if seed == 3 {
            sketch.setOutputs([y, try sketch.apply(UnaryElementwise(.relu), [x])])
        } else {
            sketch.setOutputs([y])
        }
        for (level, threads) in KernelLevel.available.flatMap({ level in [1, 2].map { (level, $0) } }) {
            let network = try Network(sketch.graph, options: .init(threads: threads, level: level))
            let ofFloats = try network.run([Tensor(planes.floats(), shape: [1, 3, height, width])])
            let ofPixels = try network.run([Tensor(planes)])
            #expect(zip(ofFloats, ofPixels).allSatisfy { $0.floats == $1.floats }, "\(level), \(threads) threads")
        }
    }
}
