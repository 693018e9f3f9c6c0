// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Age and gender: a small relative of Xception (Chollet, "Xception: Deep Learning with Depthwise Separable
/// Convolutions", 2017).
extension FaceAPIBuilder {
    mutating func ageGender() throws(ModelError) {
        let x = pictures(side: 112)
        let entry = try convolution(
            x,
            "entry_flow/conv_in",
            channels: 3,
            outputs: 32,
            kernel: 3,
            stride: 2
        )
        var features = relu(entry, "entry_flow/conv_in")
        features = try reductionBlock(
            features,
            "entry_flow/reduction_block_0",
            channels: 32,
            outputs: 64,
            rectifiesInput: false
        )
        features = try reductionBlock(features, "entry_flow/reduction_block_1", channels: 64, outputs: 128)
        for block in 0..<2 { features = try mainBlock(features, "middle_flow/main_block_\(block)", channels: 128) }
        features = try reductionBlock(features, "exit_flow/reduction_block", channels: 128, outputs: 256)
        let last = try separableConvolution(features, "exit_flow/separable_conv", channels: 256, outputs: 512)
        let vector = pooledVector(relu(last, "exit_flow"), side: 7, "features")
        output(try dense(vector, "fc/age", inputs: 512, outputs: 1), "age")
        output(softmax(try dense(vector, "fc/gender", inputs: 512, outputs: 2), "fc/gender"), "gender")
    }

    /// Two separable convolutions and a pooling that halves the extents, beside a 1×1 convolution that does so too.
    private mutating func reductionBlock(
        _ x: Graph.ValueID,
        _ name: String,
        channels: Int,
        outputs: Int,
        rectifiesInput: Bool = true
    ) throws(ModelError) -> Graph.ValueID {
        var inner = rectifiesInput ? relu(x, name) : x
        inner = try separableConvolution(inner, name + "/separable_conv0", channels: channels, outputs: outputs)
        inner = relu(inner, name + "/separable_conv0")
        inner = try separableConvolution(inner, name + "/separable_conv1", channels: outputs, outputs: outputs)
        inner = add(
            MaxPool(kernelShape: [3, 3], strides: [2, 2], padding: .sameUpper),
            [inner],
            name + "/pool"
        )
        let expanded = try convolution(
            x,
            name + "/expansion_conv",
            channels: channels,
            outputs: outputs,
            kernel: 1,
            stride: 2
        )
        return sum(inner, expanded, name)
    }

    /// Three separable convolutions beside the input itself.
    private mutating func mainBlock(
        _ x: Graph.ValueID,
        _ name: String,
        channels: Int
    ) throws(ModelError) -> Graph.ValueID {
        var inner = x
        for layer in 0..<3 {
            let part = "\(name)/separable_conv\(layer)"
            inner = try separableConvolution(
                relu(inner, part + "/input"),
                part,
                channels: channels,
                outputs: channels
            )
        }
        return sum(inner, x, name)
    }
}
