// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Landmarks and expression: blocks in which each layer also gets the sum of the layers before it.
extension FaceAPIBuilder {
    mutating func denseLandmarks(layers: Int, blocks: [Int]) throws(ModelError) {
        let features = try denseFeatures(layers: layers, blocks: blocks)
        output(try dense(features, "fc", inputs: blocks[blocks.count - 1], outputs: 136), "landmarks")
    }

    mutating func expression() throws(ModelError) {
        let features = try denseFeatures(layers: 4, blocks: [32, 64, 128, 256])
        output(softmax(try dense(features, "fc", inputs: 256, outputs: 7), "fc"), "prob")
    }

    /// Blocks of `layers` convolutions each, halving the extents from 112, and the mean of what is left.
    private mutating func denseFeatures(layers: Int, blocks: [Int]) throws(ModelError) -> Graph.ValueID {
        var x = pictures(side: 112)
        var channels = 3
        for (position, outputs) in blocks.enumerated() {
            x = try denseBlock(
                x,
                "dense\(position)",
                channels: channels,
                outputs: outputs,
                layers: layers,
                isFirst: position == 0
            )
            channels = outputs
        }
        return pooledVector(x, side: 112 >> blocks.count, "features")
    }

    /// The first layer halves the extents, each later one adds to the sum of all before it; every sum is rectified
    /// before the next layer sees it.
    private mutating func denseBlock(
        _ x: Graph.ValueID,
        _ name: String,
        channels: Int,
        outputs: Int,
        layers: Int,
        isFirst: Bool
    ) throws(ModelError) -> Graph.ValueID {
        let first =
            isFirst
            ? try convolution(x, name + "/conv0", channels: channels, outputs: outputs, kernel: 3, stride: 2)
            : try separableConvolution(x, name + "/conv0", channels: channels, outputs: outputs, stride: 2)
        var rectified = relu(first, name + "/conv0")
        var total = rectified
        for layer in 1..<layers {
            let part = "\(name)/conv\(layer)"
            let made = try separableConvolution(rectified, part, channels: outputs, outputs: outputs)
            total = sum(total, made, part + "/sum")
            rectified = relu(total, part)
        }
        return rectified
    }
}
