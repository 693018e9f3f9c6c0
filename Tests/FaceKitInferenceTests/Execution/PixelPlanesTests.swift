// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
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

    /// A first layer of planes and a pooling, which are computed row by row.
    private static func chain(_ sketch: inout GraphSketch, width: Int, height: Int, readsTwice: Bool) throws {
        let x = sketch.input([1, 3, height, width])
        let outputs = sketch.number(9...16)
        var y = try sketch.apply(
            Convolution(strides: [2, 2], padding: .explicit(begin: [1, 1], end: [1, 1])),
            [x, sketch.weights([outputs, 3, 3, 3], fanIn: 27), sketch.constant([outputs])]
        )
        y = try sketch.apply(MaxPool(kernelShape: [2, 2], strides: [2, 2]), [y])
        sketch.setOutputs(readsTwice ? [y, try sketch.apply(UnaryElementwise(.relu), [x])] : [y])
    }

    /// Rows that come one by one while the network has begun, all at once before, or not to the end.
    @Test("Pixels that are still on their way give what those that are there give", arguments: 0..<4)
    func arriving(seed: Int) throws {
        var sketch = GraphSketch(seed: UInt64(seed), largestCount: 1_000_000)
        let (width, height) = (sketch.number(360...400), sketch.number(360...400))
        let picture = (width: width - sketch.number(0...7), height: height - sketch.number(0...7))
        let bytes = (0..<3 * picture.width * picture.height).map { _ in UInt8(sketch.number(0...255)) }
        let levels = PixelPlanes.Levels(order: [2, 1, 0], mean: [9, 17, 3], scale: [1, 2, 3], padding: [0, 1, 2])
        try Self.chain(&sketch, width: width, height: height, readsTwice: seed == 3)
        let planes = PixelPlanes(bytes, picture: picture, width: width, height: height, levels: levels)
        for threads in 1...3 {
            let network = try Network(sketch.graph, options: .init(threads: threads))
            let expected = try network.run([Tensor(planes)])
            for rowsAtOnce in [1, 64, picture.height] {
                let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
                defer { memory.deallocate() }
                memory.initialize(repeating: 0, count: bytes.count)
                let pixels = ArrivingPixels(width: picture.width, height: picture.height, pixels: memory) { rowsThere in
                    for top in stride(from: 0, to: picture.height, by: rowsAtOnce) {
                        let end = min(top + rowsAtOnce, picture.height)
                        for index in 3 * picture.width * top..<3 * picture.width * end { memory[index] = bytes[index] }
                        cfk_set_rows_there(rowsThere, Int32(end))
                    }
                }
                let found = try network.run(
                    [Tensor(PixelPlanes(pixels, width: width, height: height, levels: levels))]
                )
                let isEqual = zip(found, expected).allSatisfy { $0.floats == $1.floats }
                #expect(isEqual, "\(threads) threads, \(rowsAtOnce) rows at once")
            }
            // Where no more come, the run ends all the same.
            let nothing = [UInt8](repeating: 7, count: bytes.count)
            try nothing.withUnsafeBufferPointer { buffer in
                let start = try #require(buffer.baseAddress)
                let pixels = ArrivingPixels(width: picture.width, height: picture.height, pixels: start) { _ in }
                _ = try network.run([Tensor(PixelPlanes(pixels, width: width, height: height, levels: levels))])
            }
        }
    }

    @Test("A chain of layers makes of pixels what it makes of floats, to the bit", arguments: 0..<4)
    func chain(seed: Int) throws {
        var sketch = GraphSketch(seed: UInt64(seed), largestCount: 1_000_000)
        let (width, height) = (sketch.number(360...400), sketch.number(360...400))
        let planes = Self.planes(&sketch, width: width, height: height)
        // Where something else reads the planes as well, they are made before.
        try Self.chain(&sketch, width: width, height: height, readsTwice: seed == 3)
        for (level, threads) in KernelLevel.available.flatMap({ level in [1, 2].map { (level, $0) } }) {
            let network = try Network(sketch.graph, options: .init(threads: threads, level: level))
            let ofFloats = try network.run([Tensor(planes.floats(), shape: [1, 3, height, width])])
            let ofPixels = try network.run([Tensor(planes)])
            #expect(zip(ofFloats, ofPixels).allSatisfy { $0.floats == $1.floats }, "\(level), \(threads) threads")
        }
    }
}
