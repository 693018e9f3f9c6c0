// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OpenVINOLayerRegistry {
    /// Layers that move elements, and shape arithmetic.
    static let rearrangements: [String: Maker] = [
        "Reshape": single { (layer) throws(ModelError) in
            Reshape(allowsZero: try !layer.takeFlag("special_zero"))
        },
        "Squeeze": single { (_) throws(ModelError) in Squeeze() },
        "Unsqueeze": single { (_) throws(ModelError) in Unsqueeze() },
        "Transpose": { (layer, inputs, builder) throws(ModelError) in
            let order = try inputs.integers(1, "order", builder) ?? []
            let made = Transpose(permutation: order.isEmpty ? nil : order)
            return [builder.add(made, [try inputs[0]], name: layer.name)]
        },
        "Concat": single { (layer) throws(ModelError) in
            guard let axis = try layer.takeInteger("axis") else { throw ModelError(.malformed, "no axis") }
            return Concat(axis: axis)
        },
        "Split": { (layer, inputs, builder) throws(ModelError) in
            let axis = try inputs.integer(1, "axis", builder)
            guard let count = try layer.takeInteger("num_splits"), count == layer.outputs.count else {
                throw ModelError(.malformed, "num_splits is not the \(layer.outputs.count) outputs")
            }
            let made = Split(axis: axis, outputCount: count)
            return builder.add(made, [try inputs[0]], name: layer.name, outputCount: count)
        },
        "VariadicSplit": { (layer, inputs, builder) throws(ModelError) in
            let axis = try inputs.integer(1, "axis", builder)
            guard var sizes = try inputs.integers(2, "lengths", builder), sizes.count == layer.outputs.count else {
                throw ModelError(.malformed, "lengths do not fit \(layer.outputs.count) outputs")
            }
            if let rest = sizes.firstIndex(of: -1) { sizes[rest] = try remainder(sizes, axis, layer) }
            let made = Split(axis: axis, sizes: sizes, outputCount: sizes.count)
            return builder.add(made, [try inputs[0]], name: layer.name, outputCount: sizes.count)
        },
        "ShapeOf": single { (layer) throws(ModelError) in
            layer.ignore("output_type")
            return Shape()
        },
        "Gather": { (layer, inputs, builder) throws(ModelError) in
            guard try layer.takeInteger("batch_dims") ?? 0 == 0 else {
                throw ModelError(.unsupported, "batch_dims other than 0")
            }
            let made = Gather(axis: try inputs.integer(2, "axis", builder))
            return [builder.add(made, [try inputs[0], try inputs[1]], name: layer.name)]
        },
        "Slice": { (layer, inputs, builder) throws(ModelError) in
            // Start, stop, step and axes there; starts, ends, axes and steps here.
            var arguments: [Graph.ValueID?] = [try inputs[0], try inputs[1], try inputs[2]]
            arguments.append(inputs.values.count > 4 ? inputs.values[4] : nil)
            arguments.append(try inputs[3])
            return [builder.add(Slice(), arguments, name: layer.name)]
        },
        "StridedSlice": stridedSlice,
        "Broadcast": { (layer, inputs, builder) throws(ModelError) in
            let mode = layer.takeText("mode") ?? "numpy"
            guard mode == "numpy" || mode == "bidirectional" else { throw ModelError(.unsupported, "mode \(mode)") }
            return [builder.add(Expand(), [try inputs[0], try inputs[1]], name: layer.name)]
        },
        "Tile": single { (_) throws(ModelError) in Tile() },
        "Pad": { (layer, inputs, builder) throws(ModelError) in
            guard let begin = try inputs.integers(1, "pads_begin", builder),
                let end = try inputs.integers(2, "pads_end", builder)
            else { throw ModelError(.malformed, "amounts are missing") }
            let mode: Pad.Mode =
                switch layer.takeText("pad_mode") ?? "constant" {
                case "constant": .constant
                case "reflect": .reflect
                case "edge": .edge
                case let other: throw ModelError(.unsupported, "pad_mode \(other)")
                }
            let made = Pad(mode: mode, amounts: begin + end, value: try inputs.float(3, "value", builder) ?? 0)
            return [builder.add(made, [try inputs[0]], name: layer.name)]
        },
        "DepthToSpace": single { (layer) throws(ModelError) in
            let mode = layer.takeText("mode") ?? ""
            guard mode == "blocks_first" || mode == "depth_first" else {
                throw ModelError(.unsupported, "mode \(mode)")
            }
            return DepthToSpace(blockSize: try layer.takeInteger("block_size") ?? 1, depthFirst: mode == "blocks_first")
        },
        "SpaceToDepth": single { (layer) throws(ModelError) in
            let mode = layer.takeText("mode") ?? ""
            guard mode == "blocks_first" else { throw ModelError(.unsupported, "mode \(mode)") }
            return SpaceToDepth(blockSize: try layer.takeInteger("block_size") ?? 1)
        },
        "Interpolate": interpolate,
    ]

    /// What is left of an axis for the part whose length is not given.
    private static func remainder(_ sizes: [Int], _ axis: Int, _ layer: OpenVINOLayer) throws(ModelError) -> Int {
        let shape = layer.inputs.first?.shape ?? []
        let position = axis < 0 ? axis + shape.count : axis
        guard shape.indices.contains(position), let extent = shape[position],
            sizes.allSatisfy({ $0 >= -1 && $0 <= extent }), sizes.filter({ $0 == -1 }).count == 1
        else { throw ModelError(.malformed, "lengths \(sizes) of axis \(axis)") }
        let rest = sizes.reduce(extent) { $0 - max($1, 0) }
        guard rest >= 0 else { throw ModelError(.malformed, "lengths \(sizes) of an axis of \(extent)") }
        return rest
    }

    private static let stridedSlice: Maker = { (layer, inputs, builder) throws(ModelError) in
        guard var begin = try inputs.integers(1, "begin", builder), var end = try inputs.integers(2, "end", builder)
        else { throw ModelError(.malformed, "begin or end is missing") }
        var steps = try inputs.integers(3, "stride", builder) ?? [Int](repeating: 1, count: begin.count)
        func mask(_ name: String) throws(ModelError) -> [Int] {
            let mask = try layer.takeIntegers(name) ?? []
            return begin.indices.map { $0 < mask.count ? mask[$0] : 0 }
        }
        let (ignoresBegin, ignoresEnd) = (try mask("begin_mask"), try mask("end_mask"))
        let shrinks = try mask("shrink_axis_mask")
        guard try !mask("new_axis_mask").contains(1), try !mask("ellipsis_mask").contains(1)
        else { throw ModelError(.unsupported, "new axes or an ellipsis") }
        guard end.count == begin.count, steps.count == begin.count else {
            throw ModelError(.malformed, "\(begin.count) begins, \(end.count) ends, \(steps.count) strides")
        }
        for axis in begin.indices {
            if shrinks[axis] == 1 {
                (end[axis], steps[axis]) = (begin[axis] == -1 ? .max : begin[axis] &+ 1, 1)
                continue
            }
            if ignoresBegin[axis] == 1 { begin[axis] = steps[axis] < 0 ? .max : 0 }
            if ignoresEnd[axis] == 1 { end[axis] = steps[axis] < 0 ? .min : .max }
        }
        let bounds = Slice.Bounds(starts: begin, ends: end, axes: Array(begin.indices), steps: steps)
        let squeezed = begin.indices.filter { shrinks[$0] == 1 }
        let name = squeezed.isEmpty ? layer.name : layer.name + "/slice"
        let sliced = builder.add(Slice(bounds: bounds), [try inputs[0]], name: name)
        return [squeezed.isEmpty ? sliced : builder.add(Squeeze(axes: squeezed), [sliced], name: layer.name)]
    }

    private static let interpolate: Maker = { (layer, inputs, builder) throws(ModelError) in
        for side in ["pads_begin", "pads_end"] {
            guard try (layer.takeIntegers(side) ?? []).allSatisfy({ $0 == 0 }) else {
                throw ModelError(.unsupported, "\(side) other than 0")
            }
        }
        var resize = Resize()
        let antialiases = try layer.takeFlag("antialias")
        switch layer.takeText("mode") ?? "nearest" {
        case "nearest": resize.mode = .nearest
        case "linear", "linear_onnx": resize.mode = .linear
        case "cubic": resize.mode = .cubic
        case let other: throw ModelError(.unsupported, "mode \(other)")
        }
        resize.antialiases = antialiases && resize.mode != .nearest
        if let coefficient = try layer.takeFloat("cube_coeff") { resize.cubicCoefficient = coefficient }

        if layer.opset == "opset1" {
            // The first version names its axes in an attribute and knows two ways to place samples.
            resize.axes = try layer.takeIntegers("axes")
            resize.coordinateMode = try layer.takeFlag("align_corners") ? .alignCorners : .asymmetric
            resize.rounding = simpleRounding(layer)
            return [builder.add(resize, [try inputs[0], nil, nil, try inputs[1]], name: layer.name)]
        }

        let coordinates = layer.takeText("coordinate_transformation_mode") ?? "half_pixel"
        guard let coordinateMode = Resize.CoordinateMode(rawValue: coordinates) else {
            throw ModelError(.unsupported, "coordinate_transformation_mode \(coordinates)")
        }
        resize.coordinateMode = coordinateMode
        let rounding = layer.takeText("nearest_mode") ?? "round_prefer_floor"
        if rounding == "simple" {
            resize.rounding = simpleRounding(layer)
        } else if let known = Resize.Rounding(rawValue: rounding) {
            resize.rounding = known
        } else {
            throw ModelError(.unsupported, "nearest_mode \(rounding)")
        }
        if inputs.values.count > 3 { resize.axes = try inputs.integers(3, "axes", builder) }
        switch layer.takeText("shape_calculation_mode") ?? "" {
        case "sizes": return [builder.add(resize, [try inputs[0], nil, nil, try inputs[1]], name: layer.name)]
        case "scales": return [builder.add(resize, [try inputs[0], nil, try inputs[2]], name: layer.name)]
        case let other: throw ModelError(.unsupported, "shape_calculation_mode \(other)")
        }
    }
    /// The first version's choice of the nearest sample: up when the output is smaller, down when it is larger.
    private static func simpleRounding(_ layer: OpenVINOLayer) -> Resize.Rounding {
        let (x, y) = (layer.inputs.first?.shape ?? [], layer.outputs.first?.shape ?? [])
        return zip(x, y).contains { ($0 ?? 0) > ($1 ?? 0) } ? .up : .down
    }
}
