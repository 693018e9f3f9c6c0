// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Planner {
    /// A convolution over two axes with constant weights, before a kernel has prepared it.
    struct ConvolutionLayer {
        /// The geometry of one part and the epilogue; the algorithm where it does not depend on the input's place.
        var conv: cfk_conv
        var name: String
        /// By slot of ``FusedConvolution``.
        var inputs: [Graph.ValueID?]
        var x: Graph.ValueID
        var output: Graph.ValueID
        var weightID: Graph.ValueID
        var weights: Tensor
        /// Groups that are taken together, and how many times.
        var mergedGroups: Int
        var parts: Int

        var isDepthwise: Bool { conv.algorithm == CFK_CONV_DEPTHWISE }
        /// Whether it is one convolution, neither in parts nor with groups filled up.
        var isWhole: Bool { parts == 1 && (isDepthwise || mergedGroups == 1) }
    }

    /// - Returns: `nil` when no kernel does this one.
    func convolutionLayer(_ node: Graph.Node) throws(ModelError) -> ConvolutionLayer? {
        typealias Slot = FusedConvolution.Slot
        guard let layer = FusedConvolution(node), let x = node.input(Slot.x), let weightID = node.input(Slot.weights),
            let output = node.output(0), let tensor = constant(weightID), shape(of: x).count == 4
        else { return nil }
        let inputs = node.inputs + Array(repeating: nil, count: max(0, Slot.count - node.inputs.count))
        guard [Slot.bias, Slot.slopes, Slot.padValues].allSatisfy({ inputs[$0] == nil || constant(inputs[$0]) != nil })
        else { return nil }
        let (inputShape, weightShape) = (shape(of: x), tensor.shape)
        let window = try SlidingWindow(
            input: Array(inputShape[2...]),
            kernel: Array(weightShape[2...]),
            strides: layer.convolution.strides,
            dilations: layer.convolution.dilations,
            padding: layer.convolution.padding
        )
        guard window.begin.allSatisfy({ $0 >= 0 }) else { return nil }
        let groups = layer.convolution.groups
        let isDepthwise = groups > 1 && groups == inputShape[1] && groups == weightShape[0]
        // Groups are taken together until both their sides fill whole blocks, and their weights filled up with zeros.
        let merged = isDepthwise ? groups : Self.mergedGroups(groups, inputs: inputShape[1], outputs: weightShape[0])
        let parts = groups / merged
        let (partInputs, partOutputs) = (inputShape[1] / parts, weightShape[0] / parts)
        guard isDepthwise || merged == 1 || partInputs * partOutputs <= Self.largestExpandedGroups else { return nil }

        var conv = cfk_conv()
        conv.batch = Int32(inputShape[0])
        (conv.in_channels, conv.in_height, conv.in_width) = (
            Int32(partInputs), Int32(inputShape[2]), Int32(inputShape[3])
        )
        (conv.out_channels, conv.out_height) = (Int32(partOutputs), Int32(window.output[0]))
        conv.out_width = Int32(window.output[1])
        (conv.kernel_height, conv.kernel_width) = (Int32(window.kernel[0]), Int32(window.kernel[1]))
        (conv.stride_height, conv.stride_width) = (Int32(window.strides[0]), Int32(window.strides[1]))
        (conv.dilation_height, conv.dilation_width) = (Int32(window.dilations[0]), Int32(window.dilations[1]))
        (conv.pad_top, conv.pad_left) = (Int32(window.begin[0]), Int32(window.begin[1]))
        (conv.activation, conv.low, conv.high) = layer.activation.code
        switch layer.residual {
        case .none: conv.residual = CFK_RESIDUAL_NONE
        case .beforeActivation: conv.residual = CFK_RESIDUAL_BEFORE_ACTIVATION
        case .afterActivation: conv.residual = CFK_RESIDUAL_AFTER_ACTIVATION
        }
        if isDepthwise {
            conv.algorithm = CFK_CONV_DEPTHWISE
        } else {
            conv.algorithm = unsafe cfk_preferred_algorithm(&conv, kernels.level.code)
            if savesMemory, conv.algorithm == CFK_CONV_WINOGRAD4, partInputs >= Self.wideChannels {
                conv.algorithm = CFK_CONV_WINOGRAD2
            }
        }
        return ConvolutionLayer(
            conv: conv,
            name: node.name,
            inputs: inputs,
            x: x,
            output: output,
            weightID: weightID,
            weights: tensor,
            mergedGroups: merged,
            parts: parts
        )
    }

    /// Plans a convolution over two axes with constant weights.
    ///
    /// - Returns: `false` when no kernel does this one.
    mutating func emitConvolution(_ node: Graph.Node) throws(ModelError) -> Bool {
        typealias Slot = FusedConvolution.Slot
        guard let layer = try convolutionLayer(node) else { return false }
        var conv = layer.conv
        if isOfPlanes(layer), place(of: layer.x, in: .blocked) == nil { conv.algorithm = CFK_CONV_PLANAR }
        try prepare(layer, unsafe kernels.functions.conv_prepare(&conv, Int32(threadCount)))
        let isPlanar = conv.algorithm == CFK_CONV_PLANAR
        let input = try read(layer.x, in: isPlanar ? .planar : .blocked)
        let residual = try layer.inputs[Slot.residual].map { id throws(ModelError) in try read(id, in: .blocked) }
        let target = allocate(layer.output, in: .blocked)
        let (partInputs, partOutputs) = (Int(conv.in_channels), Int(conv.out_channels))
        for part in 0..<layer.parts {
            let isWhole = layer.parts == 1
            let operands = ConvolutionOperands(
                conv: conv,
                input: isWhole ? input : input.channels(from: part * partInputs, count: partInputs),
                residual: isWhole ? residual : residual?.channels(from: part * partOutputs, count: partOutputs),
                output: isWhole ? target : target.channels(from: part * partOutputs, count: partOutputs),
                weights: packWeights(layer, conv, part: part),
                bias: packVector(layer.inputs[Slot.bias]),
                slopes: packVector(layer.inputs[Slot.slopes]),
                padValues: packVector(layer.inputs[Slot.padValues]),
                firstOutput: part * partOutputs,
                firstInput: part * partInputs,
                shared: conv.shared_floats > 0 ? allocateShared(floatCount: Int(conv.shared_floats)) : nil
            )
            addConvolution(operands, name: node.name, kind: kind(conv))
        }
        return true
    }

    /// Whether the kernel of few planar channels can do it.
    func isOfPlanes(_ layer: ConvolutionLayer) -> Bool {
        !layer.isDepthwise && layer.isWhole && layer.conv.in_channels <= 4
    }

    private func prepare(_ layer: ConvolutionLayer, _ status: cfk_status) throws(ModelError) {
        guard status == CFK_OK else {
            throw ModelError(
                .tooLarge,
                "no kernel takes input \(shape(of: layer.x)) with weights \(layer.weights.shape)"
            )
        }
    }

    /// How many groups to take together.
    private static func mergedGroups(_ groups: Int, inputs: Int, outputs: Int) -> Int {
        let width = Location.blockWidth
        let (groupInputs, groupOutputs) = (inputs / groups, outputs / groups)
        return (1...groups).first { count in
            groups % count == 0 && count * groupInputs % width == 0 && count * groupOutputs % width == 0
        } ?? groups
    }

    /// Input channels from which on the weights of a layer weigh more than its maps.
    private static let wideChannels = 128

    /// Weights of a grouped convolution are filled up with zeros to a full one as long as they stay this small.
    private static let largestExpandedGroups = 1 << 20

    /// What a convolution step works on.
    private struct ConvolutionOperands: Sendable {
        var conv: cfk_conv
        var input: Location
        var residual: Location?
        var output: Location
        var weights: PackedFloats
        var bias: PackedFloats?
        var slopes: PackedFloats?
        var padValues: PackedFloats?
        /// Where this convolution's channels begin in the vectors above.
        var firstOutput = 0
        var firstInput = 0
        var shared: Location?

        func buffers(_ run: RunState) -> cfk_conv_buffers {
            var buffers = unsafe cfk_conv_buffers()
            unsafe buffers.input = run.map(input)
            unsafe buffers.output = run.map(output)
            if let residual { unsafe buffers.residual = run.map(residual) }
            unsafe buffers.weights = weights.pointer
            unsafe buffers.bias = bias.map { unsafe $0.pointer + firstOutput }
            unsafe buffers.slopes = slopes.map { unsafe $0.pointer + firstOutput }
            unsafe buffers.pad_values = padValues.map { unsafe $0.pointer + firstInput }
            if let shared { unsafe buffers.shared = run.writing(shared) }
            return unsafe buffers
        }
    }

    private mutating func addConvolution(_ operands: ConvolutionOperands, name: String, kind: String) {
        let run = unsafe kernels.functions.conv_run
        let counts = [Int(operands.conv.items.0), Int(operands.conv.items.1)]
        let phases = (0..<Int(operands.conv.phases)).map { phase in
            Plan.Phase(itemCount: counts[phase]) { state, items, thread in
                var (conv, buffers) = unsafe (operands.conv, operands.buffers(state))
                unsafe run(
                    &conv,
                    &buffers,
                    Int32(phase),
                    Int64(items.lowerBound),
                    Int64(items.upperBound),
                    state.scratch(thread: thread)
                )
            }
        }
        addStep(
            name,
            kind,
            reads: [operands.input],
            consumed: [operands.residual].compactMap { $0 },
            writes: [operands.output] + [operands.shared].compactMap { $0 },
            scratchFloats: Int(operands.conv.scratch_floats),
            cycles: cycles(operands.conv),
            phases: phases
        )
    }

    /// Two vectors multiplied and added each cycle; a depthwise convolution waits for what it reads and writes as well.
    private func cycles(_ conv: cfk_conv) -> Double {
        let pixels = Double(conv.batch) * Double(conv.out_height) * Double(conv.out_width)
        let blocks = Double(Location.blockCount(channels: Int(conv.out_channels)))
        let terms = Double(conv.kernel_height) * Double(conv.kernel_width)
        if conv.algorithm == CFK_CONV_DEPTHWISE { return pixels * blocks * (terms + 4) / 2 }
        return pixels * blocks * terms * Double(conv.in_channels) / 2
    }

    /// One scale and one shift per channel is a depthwise convolution with a 1×1 kernel.
    mutating func emitAffine(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let x = node.input(0), let scaleID = node.input(1), let scale = constant(scaleID),
            let output = node.output(0), shape(of: x).count == 4, scale.count == shape(of: x)[1]
        else { return false }
        let shape = shape(of: x)
        var conv = cfk_conv()
        conv.algorithm = CFK_CONV_DEPTHWISE
        conv.batch = Int32(shape[0])
        (conv.in_channels, conv.out_channels) = (Int32(shape[1]), Int32(shape[1]))
        (conv.in_height, conv.in_width) = (Int32(shape[2]), Int32(shape[3]))
        (conv.out_height, conv.out_width) = (Int32(shape[2]), Int32(shape[3]))
        (conv.kernel_height, conv.kernel_width, conv.stride_height, conv.stride_width) = (1, 1, 1, 1)
        (conv.dilation_height, conv.dilation_width) = (1, 1)
        guard unsafe kernels.functions.conv_prepare(&conv, Int32(threadCount)) == CFK_OK else { return false }
        let packed = packWeights(scale.reshaped(to: [shape[1], 1, 1, 1]), of: scaleID, conv)
        let operands = ConvolutionOperands(
            conv: conv,
            input: try read(x, in: .blocked),
            output: allocate(output, in: .blocked),
            weights: packed,
            bias: packVector(node.input(2))
        )
        addConvolution(operands, name: node.name, kind: "Affine")
        return true
    }

    // MARK: - Packing

    func packWeights(_ layer: ConvolutionLayer, _ conv: cfk_conv, part: Int = 0) -> PackedFloats {
        let groups = layer.isDepthwise ? 1 : layer.mergedGroups
        return packWeights(layer.weights, of: layer.weightID, conv, groups: groups, part: part)
    }

    private func packWeights(
        _ tensor: Tensor,
        of id: Graph.ValueID,
        _ conv: cfk_conv,
        groups: Int = 1,
        part: Int = 0
    ) -> PackedFloats {
        let pack = unsafe kernels.functions.conv_pack
        let pool = pool
        let key = WeightStore.Key(
            value: id,
            form: conv.algorithm.rawValue,
            part: part,
            reading: [groups, Int(conv.in_channels), Int(conv.out_channels), Int(conv.packed_floats)]
        )
        return weights.floats(for: key) {
            let outputs = Int(conv.out_channels)
            var floats = tensor.floats
            if outputs < tensor.shape[0] {
                let each = floats.count / tensor.shape[0] * outputs
                floats = Array(floats[part * each..<(part + 1) * each])
            }
            if groups > 1 { floats = Self.expandGroups(floats, [outputs] + tensor.shape[1...], groups: groups) }
            return unsafe PackedFloats(
                count: Int(conv.packed_floats),
                from: floats,
                items: Int(conv.pack_items),
                pool: pool
            ) { source, packed, items in
                var conv = conv
                unsafe pack(&conv, source, packed, Int64(items.lowerBound), Int64(items.upperBound))
            }
        }
    }

    /// The weights of a grouped convolution as those of an ordinary one: zero where input and output are in
    /// different groups.
    private static func expandGroups(_ source: [Float], _ shape: [Int], groups: Int) -> [Float] {
        let (outputs, depth, taps) = (shape[0], shape[1], shape[2...].reduce(1, *))
        var full = [Float](repeating: 0, count: outputs * depth * groups * taps)
        for output in 0..<outputs {
            let group = output / (outputs / groups)
            let target = (output * groups + group) * depth * taps
            for index in 0..<depth * taps {
                full[target + index] = source[output * depth * taps + index]
            }
        }
        return full
    }

    /// A vector over channels, filled up with zeros to whole blocks.
    func packVector(_ id: Graph.ValueID?) -> PackedFloats? {
        guard let id, let tensor = constant(id) else { return nil }
        return weights.floats(for: WeightStore.Key(value: id, form: WeightStore.vectorForm)) {
            PackedFloats(tensor.floats, paddedCount: Location.blockCount(channels: tensor.count) * Location.blockWidth)
        }
    }

    func kind(_ conv: cfk_conv) -> String {
        let form =
            switch conv.algorithm {
            case CFK_CONV_WINOGRAD4: "Winograd F(4,3)"
            case CFK_CONV_WINOGRAD2: "Winograd F(2,3)"
            case CFK_CONV_DEPTHWISE: "depthwise"
            case CFK_CONV_PLANAR: "planar"
            case CFK_CONV_MATRIX: "matrix"
            default: "direct"
            }
        let stride = conv.stride_height > 1 ? "/\(conv.stride_height)" : ""
        return "Conv \(conv.kernel_height)x\(conv.kernel_width)\(stride) \(form)"
    }
}

extension FusedActivation {
    /// The kernels' number for it and its bounds.
    var code: (cfk_activation, Float, Float) {
        switch self {
        case .none: (CFK_ACTIVATION_NONE, 0, 0)
        case .relu: (CFK_ACTIVATION_RELU, 0, 0)
        case .prelu: (CFK_ACTIVATION_PRELU, 0, 0)
        case .clip(let low, let high): (CFK_ACTIVATION_CLIP, low, high)
        }
    }
}
