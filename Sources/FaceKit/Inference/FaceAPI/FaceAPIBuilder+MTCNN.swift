// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// MTCNN's three stages.
///
/// The published weights are for pictures with rows and columns exchanged; the exchange is undone in the filters here,
/// so that these networks take pictures as they are.
extension FaceAPIBuilder {
    mutating func mtcnnProposal() throws(ModelError) {
        var x = pictures(side: nil)
        x = try rectifiedConvolution(x, "pnet", 1, channels: 3, outputs: 10, kernel: 3)
        x = pool(x, "pnet/pool1", kernel: 2)
        x = try rectifiedConvolution(x, "pnet", 2, channels: 10, outputs: 16, kernel: 3)
        x = try rectifiedConvolution(x, "pnet", 3, channels: 16, outputs: 32, kernel: 3)
        let faces = try exchangedConvolution(x, "pnet/conv4_1", channels: 32, outputs: 2, kernel: 1)
        output(softmax(faces, "pnet/conv4_1"), "prob")
        output(try exchangedConvolution(x, "pnet/conv4_2", channels: 32, outputs: 4, kernel: 1), "reg")
    }

    mutating func mtcnnRefinement() throws(ModelError) {
        var x = pictures(side: 24)
        x = try rectifiedConvolution(x, "rnet", 1, channels: 3, outputs: 28, kernel: 3)
        x = pool(x, "rnet/pool1", kernel: 3)
        x = try rectifiedConvolution(x, "rnet", 2, channels: 28, outputs: 48, kernel: 3)
        x = pool(x, "rnet/pool2", kernel: 3, ceiling: false)
        x = try rectifiedConvolution(x, "rnet", 3, channels: 48, outputs: 64, kernel: 2)
        let features = try rectifiedDense(x, "rnet", slope: 4, channels: 64, outputs: 128)
        output(softmax(try dense(features, "rnet/fc2_1", inputs: 128, outputs: 2), "rnet/fc2_1"), "prob")
        output(try dense(features, "rnet/fc2_2", inputs: 128, outputs: 4), "reg")
    }

    mutating func mtcnnOutput() throws(ModelError) {
        var x = pictures(side: 48)
        x = try rectifiedConvolution(x, "onet", 1, channels: 3, outputs: 32, kernel: 3)
        x = pool(x, "onet/pool1", kernel: 3)
        x = try rectifiedConvolution(x, "onet", 2, channels: 32, outputs: 64, kernel: 3)
        x = pool(x, "onet/pool2", kernel: 3, ceiling: false)
        x = try rectifiedConvolution(x, "onet", 3, channels: 64, outputs: 64, kernel: 3)
        x = pool(x, "onet/pool3", kernel: 2)
        x = try rectifiedConvolution(x, "onet", 4, channels: 64, outputs: 128, kernel: 2)
        let features = try rectifiedDense(x, "onet", slope: 5, channels: 128, outputs: 256)
        output(softmax(try dense(features, "onet/fc2_1", inputs: 256, outputs: 2), "onet/fc2_1"), "prob")
        output(try dense(features, "onet/fc2_2", inputs: 256, outputs: 4), "reg")
        output(try dense(features, "onet/fc2_3", inputs: 256, outputs: 10), "landmarks")
    }

    private mutating func pool(
        _ x: Graph.ValueID,
        _ name: String,
        kernel: Int,
        ceiling: Bool = true
    ) -> Graph.ValueID {
        add(MaxPool(kernelShape: [kernel, kernel], strides: [2, 2], ceiling: ceiling), [x], name)
    }

    /// A convolution without padding by filters whose rows and columns are exchanged.
    private mutating func exchangedConvolution(
        _ x: Graph.ValueID,
        _ name: String,
        channels: Int,
        outputs: Int,
        kernel: Int
    ) throws(ModelError) -> Graph.ValueID {
        let filters = try constant(
            name + "/weights",
            [kernel, kernel, channels, outputs],
            permutation: [3, 2, 1, 0]
        )
        let bias = try constant(name + "/bias", [outputs])
        return add(Convolution(), [x, filters, bias], name)
    }

    private mutating func rectifiedConvolution(
        _ x: Graph.ValueID,
        _ stage: String,
        _ position: Int,
        channels: Int,
        outputs: Int,
        kernel: Int
    ) throws(ModelError) -> Graph.ValueID {
        let made = try exchangedConvolution(
            x,
            "\(stage)/conv\(position)",
            channels: channels,
            outputs: outputs,
            kernel: kernel
        )
        let name = "\(stage)/prelu\(position)_alpha"
        let slope = constant(try weights.tensor(name, shape: [outputs]).reshaped(to: [outputs, 1, 1]), name)
        return add(PRelu(), [made, slope], "\(stage)/prelu\(position)")
    }

    /// The dense layer on 3×3 places, whose inputs lie in the file by column, row and channel.
    private mutating func rectifiedDense(
        _ x: Graph.ValueID,
        _ stage: String,
        slope: Int,
        channels: Int,
        outputs: Int
    ) throws(ModelError) -> Graph.ValueID {
        let name = stage + "/fc1"
        let matrix = try weights.tensor(
            name + "/weights",
            shape: [9 * channels, outputs],
            seenAs: [3, 3, channels, outputs],
            permutation: [3, 2, 1, 0]
        )
        let inputs = [
            add(Flatten(), [x], name + "/vector"),
            constant(matrix.reshaped(to: [outputs, 9 * channels]), name + "/weights"),
            try constant(name + "/bias", [outputs]),
        ]
        let made = add(Gemm(transposesB: true), inputs, name)
        let slopes = try constant("\(stage)/prelu\(slope)_alpha", [outputs])
        return add(PRelu(), [made, slopes], "\(stage)/prelu\(slope)")
    }
}
