// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OperatorRegistry {
    static let rearrangements: [String: Maker] = [
        "Identity": { (_) throws(ModelError) in Identity() },
        "Dropout": { (node) throws(ModelError) in
            node.ignore("ratio", "seed", "is_test")
            return Dropout()
        },
        "Reshape": { (node) throws(ModelError) in Reshape(allowsZero: try node.takeFlag("allowzero")) },
        "Flatten": { (node) throws(ModelError) in Flatten(axis: try node.takeInteger("axis") ?? 1) },
        "Squeeze": { (node) throws(ModelError) in Squeeze(axes: try node.takeIntegers("axes")) },
        "Unsqueeze": { (node) throws(ModelError) in Unsqueeze(axes: try node.takeIntegers("axes")) },
        "Transpose": { (node) throws(ModelError) in Transpose(permutation: try node.takeIntegers("perm")) },
        "Concat": { (node) throws(ModelError) in
            guard let axis = try node.takeInteger("axis") else { throw ModelError(.malformed, "axis is missing") }
            return Concat(axis: axis)
        },
        "Split": { (node) throws(ModelError) in
            let parts = try node.takeInteger("num_outputs")
            guard parts == nil || parts == node.outputs.count else {
                throw ModelError(.malformed, "num_outputs \(parts ?? 0) with \(node.outputs.count) outputs")
            }
            return Split(
                axis: try node.takeInteger("axis") ?? 0,
                sizes: try node.takeIntegers("split"),
                outputCount: node.outputs.count
            )
        },
        "Slice": { (node) throws(ModelError) in
            guard node.opset < 10 else { return Slice() }
            guard let starts = try node.takeIntegers("starts"), let ends = try node.takeIntegers("ends") else {
                throw ModelError(.malformed, "starts or ends are missing")
            }
            return Slice(bounds: Slice.Bounds(starts: starts, ends: ends, axes: try node.takeIntegers("axes")))
        },
        "Gather": { (node) throws(ModelError) in Gather(axis: try node.takeInteger("axis") ?? 0) },
        "GatherElements": { (node) throws(ModelError) in GatherElements(axis: try node.takeInteger("axis") ?? 0) },
        "GatherND": { (node) throws(ModelError) in GatherND(batchAxes: try node.takeInteger("batch_dims") ?? 0) },
        "ScatterND": { (node) throws(ModelError) in
            ScatterND(reduction: try choice("reduction", &node) ?? .replace)
        },
        "ScatterElements": { (node) throws(ModelError) in
            let axis = try node.takeInteger("axis")
            return ScatterElements(axis: axis ?? 0, reduction: try choice("reduction", &node) ?? .replace)
        },
        "GridSample": { (node) throws(ModelError) in
            // Before opset 20 the modes had the prefix "bi".
            let mode: Resize.Mode
            switch try node.takeText("mode") ?? "linear" {
            case "linear", "bilinear": mode = .linear
            case "nearest": mode = .nearest
            case "cubic", "bicubic": mode = .cubic
            case let other: throw ModelError(.unsupported, "mode \(other)")
            }
            return GridSample(
                mode: mode,
                border: try choice("padding_mode", &node) ?? .zeros,
                alignsCorners: try node.takeFlag("align_corners")
            )
        },
        "Expand": { (_) throws(ModelError) in Expand() },
        "Tile": { (_) throws(ModelError) in Tile() },
        "DepthToSpace": { (node) throws(ModelError) in
            let mode = try node.takeText("mode") ?? "DCR"
            guard ["DCR", "CRD"].contains(mode) else { throw ModelError(.unsupported, "mode \(mode)") }
            return DepthToSpace(blockSize: try blockSize(&node), depthFirst: mode == "DCR")
        },
        "SpaceToDepth": { (node) throws(ModelError) in SpaceToDepth(blockSize: try blockSize(&node)) },
        "Pad": { (node) throws(ModelError) in
            let mode: Pad.Mode
            switch try node.takeText("mode") ?? "constant" {
            case "constant": mode = .constant
            case "reflect": mode = .reflect
            case "edge": mode = .edge
            case "wrap": mode = .wrap
            case let other: throw ModelError(.unsupported, "mode \(other)")
            }
            return Pad(mode: mode, amounts: try node.takeIntegers("pads"), value: try node.takeFloat("value") ?? 0)
        },
        "Upsample": { (node) throws(ModelError) in
            let scales = try node.takeFloats("scales")
            // From opset 9 the scales are the second input; here they are the third.
            if node.inputs.count == 2 { node.inputs.insert("", at: 1) }
            return Resize(
                mode: try resizeMode(&node),
                coordinateMode: .asymmetric,
                rounding: .down,
                scales: scales
            )
        },
        "Resize": { (node) throws(ModelError) in
            if node.opset < 11 {
                if node.inputs.count == 2 { node.inputs.insert("", at: 1) }
                return Resize(mode: try resizeMode(&node), coordinateMode: .asymmetric, rounding: .down)
            }
            return Resize(
                mode: try resizeMode(&node),
                coordinateMode: try choice("coordinate_transformation_mode", &node) ?? .halfPixel,
                rounding: try choice("nearest_mode", &node) ?? .halfDown,
                axes: try node.takeIntegers("axes"),
                aspectRatio: try choice("keep_aspect_ratio_policy", &node) ?? .stretch,
                cubicCoefficient: try node.takeFloat("cubic_coeff_a") ?? -0.75,
                excludesOutside: try node.takeFlag("exclude_outside"),
                antialiases: try node.takeFlag("antialias"),
                extrapolationValue: try node.takeFloat("extrapolation_value") ?? 0
            )
        },
    ]

    private static func blockSize(_ node: inout ONNXNode) throws(ModelError) -> Int {
        guard let size = try node.takeInteger("blocksize") else {
            throw ModelError(.malformed, "blocksize is missing")
        }
        return size
    }

    private static func resizeMode(_ node: inout ONNXNode) throws(ModelError) -> Resize.Mode {
        switch try node.takeText("mode") ?? "nearest" {
        case "nearest": return .nearest
        case "linear", "bilinear": return .linear
        case "cubic": return .cubic
        case let other: throw ModelError(.unsupported, "mode \(other)")
        }
    }

    private static func choice<Choice: RawRepresentable<String>>(
        _ attribute: String,
        _ node: inout ONNXNode
    ) throws(ModelError) -> Choice? {
        guard let text = try node.takeText(attribute) else { return nil }
        guard let choice = Choice(rawValue: text) else { throw ModelError(.unsupported, "\(attribute) \(text)") }
        return choice
    }
}
