// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OpenVINOLayerRegistry {
    /// Convolution, pooling and matrix products.
    static let windows: [String: Maker] = [
        "Convolution": single { (layer) throws(ModelError) in
            // Old files carry this attribute of the transposed convolution.
            layer.ignore("output_padding")
            let window = try Window(&layer)
            return Convolution(strides: window.strides, dilations: window.dilations, padding: window.padding)
        },
        "GroupConvolution": { (layer, inputs, builder) throws(ModelError) in
            let window = try Window(&layer)
            // [groups, outputs / groups, channels / groups, kernel…] becomes [outputs, channels / groups, kernel…].
            let (groups, weights) = try merged(&layer, inputs, &builder)
            let made = Convolution(
                strides: window.strides,
                dilations: window.dilations,
                groups: groups,
                padding: window.padding
            )
            return [builder.add(made, [try inputs[0], weights], name: layer.name)]
        },
        "ConvolutionBackpropData": { (layer, inputs, builder) throws(ModelError) in
            let made = try transposedConvolution(&layer, inputs, groups: 1)
            return [builder.add(made, [try inputs[0], try inputs[1]], name: layer.name)]
        },
        "GroupConvolutionBackpropData": { (layer, inputs, builder) throws(ModelError) in
            // [groups, channels / groups, outputs / groups, kernel…] becomes [channels, outputs / groups, kernel…].
            let (groups, weights) = try merged(&layer, inputs, &builder)
            let made = try transposedConvolution(&layer, inputs, groups: groups)
            return [builder.add(made, [try inputs[0], weights], name: layer.name)]
        },
        "MaxPool": { (layer, inputs, builder) throws(ModelError) in
            // Version 8 gives positions too, which the networks here do not ask for.
            layer.ignore("index_element_type", "axis")
            var window = try Window(&layer)
            try window.settleCeiling(layer.inputs.first?.shape ?? [], countsPadding: false)
            let made = MaxPool(
                kernelShape: try window.requiredKernel(),
                strides: window.strides,
                dilations: window.dilations,
                padding: window.padding,
                ceiling: window.ceiling
            )
            return [builder.add(made, [try inputs[0]], name: layer.name)]
        },
        "AvgPool": single { (layer) throws(ModelError) in
            let excludesPadding = try layer.takeFlag("exclude-pad", default: true)
            var window = try Window(&layer)
            try window.settleCeiling(layer.inputs.first?.shape ?? [], countsPadding: !excludesPadding)
            return AveragePool(
                kernelShape: try window.requiredKernel(),
                strides: window.strides,
                padding: window.padding,
                ceiling: window.ceiling,
                includesPadding: !excludesPadding
            )
        },
        "MatMul": { (layer, inputs, builder) throws(ModelError) in
            let transposesA = try layer.takeFlag("transpose_a")
            let transposesB = try layer.takeFlag("transpose_b")
            let operands = [try inputs[0], try inputs[1]]
            guard transposesA || transposesB else { return [builder.add(MatMul(), operands, name: layer.name)] }
            if layer.rank(0) == 2, layer.rank(1) == 2 {
                let made = Gemm(transposesA: transposesA, transposesB: transposesB)
                return [builder.add(made, operands, name: layer.name)]
            }
            let a = try transposed(operands[0], transposesA ? layer.rank(0) : 0, layer.name + "/a", &builder)
            let b = try transposed(operands[1], transposesB ? layer.rank(1) : 0, layer.name + "/b", &builder)
            return [builder.add(MatMul(), [a, b], name: layer.name)]
        },
    ]

    /// The weights with their first axis, the groups, merged into the second, and how many groups there are.
    private static func merged(
        _ layer: inout OpenVINOLayer,
        _ inputs: LayerInputs,
        _ builder: inout GraphBuilder
    ) throws(ModelError) -> (groups: Int, weights: Graph.ValueID) {
        let shape = layer.inputs.count > 1 ? layer.inputs[1].shape.compactMap { $0 } : []
        guard shape.count >= 3, shape.count == layer.rank(1), shape[0] > 0 else {
            throw ModelError(.malformed, "weights \(shape) have no groups")
        }
        try shape.checkedElementCount()
        let merged = [shape[0] * shape[1]] + shape.dropFirst(2)
        return (shape[0], builder.add(Reshape(shape: merged), [try inputs[1]], name: layer.name + "/weights"))
    }

    private static func transposedConvolution(
        _ layer: inout OpenVINOLayer,
        _ inputs: LayerInputs,
        groups: Int
    ) throws(ModelError) -> ConvTranspose {
        guard inputs.values.count == 2 else { throw ModelError(.unsupported, "an output shape as input") }
        let outputPadding = try layer.takeIntegers("output_padding") ?? []
        let window = try Window(&layer)
        return ConvTranspose(
            strides: window.strides,
            dilations: window.dilations,
            groups: groups,
            padding: window.padding,
            kernelShape: nil,
            outputPadding: outputPadding,
            outputShape: nil
        )
    }

    /// A value with its last two axes exchanged; one of rank 0 or 1 stays as it is.
    private static func transposed(
        _ value: Graph.ValueID,
        _ rank: Int?,
        _ name: String,
        _ builder: inout GraphBuilder
    ) throws(ModelError) -> Graph.ValueID {
        guard let rank else { throw ModelError(.malformed, "input without a port") }
        guard rank >= 2 else { return value }
        var permutation = Array(0..<rank)
        permutation.swapAt(rank - 2, rank - 1)
        return builder.add(Transpose(permutation: permutation), [value], name: name)
    }
}

/// The attributes that convolution and pooling share.
private struct Window {
    var kernel: [Int]?
    var strides: [Int]
    var dilations: [Int]
    var padding: Padding
    var ceiling: Bool

    init(_ layer: inout OpenVINOLayer) throws(ModelError) {
        kernel = try layer.takeIntegers("kernel")
        strides = try layer.takeIntegers("strides") ?? []
        dilations = try layer.takeIntegers("dilations") ?? []
        let begin = try layer.takeIntegers("pads_begin") ?? []
        let end = try layer.takeIntegers("pads_end") ?? []
        switch layer.takeText("auto_pad")?.lowercased() ?? "explicit" {
        case "explicit", "notset": padding = .explicit(begin: begin, end: end)
        case "same_upper": padding = .sameUpper
        case "same_lower": padding = .sameLower
        case "valid": padding = .valid
        case let other: throw ModelError(.unsupported, "auto_pad \(other)")
        }
        switch layer.takeText("rounding_type")?.lowercased() ?? "floor" {
        case "floor": ceiling = false
        case "ceil": ceiling = true
        case let other: throw ModelError(.unsupported, "rounding_type \(other)")
        }
    }

    /// Where output extents are rounded up, OpenVINO counts all of the last window as padding and lets it lie there
    /// altogether; the engine counts none of what is past the padding and leaves such windows out.
    ///
    /// Where the input's shape may vary, nothing is known and nothing done.
    ///
    /// - Throws: `unsupported` when a window lies in the padding altogether.
    mutating func settleCeiling(_ shape: [Int?], countsPadding: Bool) throws(ModelError) {
        let limit = 1 << 24
        guard ceiling, case .explicit(let begin, var end) = padding, let kernel, shape.count == kernel.count + 2,
            begin.count == kernel.count, end.count == kernel.count, strides.count == kernel.count,
            dilations.isEmpty || dilations.count == kernel.count,
            (kernel + strides + dilations).allSatisfy({ $0 > 0 && $0 < limit }),
            (begin + end).allSatisfy({ $0 >= 0 && $0 < limit })
        else { return }
        for (axis, extent) in shape.dropFirst(2).enumerated() {
            guard let extent, extent < limit else { return }
            let reach = (kernel[axis] - 1) * (dilations.isEmpty ? 1 : dilations[axis]) + 1
            let span = extent + begin[axis] + end[axis] - reach
            guard span >= 0 else { return }
            let last = (span + strides[axis] - 1) / strides[axis] * strides[axis]
            guard last < extent + begin[axis] else {
                throw ModelError(.unsupported, "a window that lies in the padding altogether")
            }
            end[axis] = max(end[axis], last + reach - extent - begin[axis])
        }
        if countsPadding { (padding, ceiling) = (.explicit(begin: begin, end: end), false) }
    }

    func requiredKernel() throws(ModelError) -> [Int] {
        guard let kernel else { throw ModelError(.malformed, "no kernel") }
        return kernel
    }
}
