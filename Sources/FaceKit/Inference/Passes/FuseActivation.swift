// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Gives convolutions and matrix products the activation, and convolutions the sum, that follows them.
///
/// The kernels apply both while the results are still in registers. A sum goes to the operand computed last, so that
/// the other one is ready when it runs.
struct FuseActivation {
    let facts: [Graph.ValueID: TensorFact]

    func apply(_ graph: Graph) -> Graph {
        var editor = GraphEditor(graph)
        for index in editor.liveNodes {
            if let binary = editor.node(index).operator as? BinaryElementwise, binary.function == .add {
                fuseSum(index, &editor)
            } else {
                fuseActivation(index, &editor)
            }
        }
        return editor.finish()
    }

    private func fuseActivation(_ index: Int, _ editor: inout GraphEditor) {
        let node = editor.node(index)
        guard let x = node.input(0), let before = editor.producer(of: x), editor.soleConsumer(of: x) == index,
            let channels = facts[x]?.shape.dropFirst().first,
            let (activation, slopes) = activation(node, channels: channels, rank: facts[x]?.shape.count ?? 0, editor)
        else { return }
        var producer = editor.node(before)
        if var layer = FusedConvolution(producer), layer.activation == .none, layer.residual != .afterActivation {
            layer.activation = activation
            producer.operator = layer
            producer.inputs = slots(producer.inputs, count: FusedConvolution.Slot.count)
            if let slopes {
                producer.inputs[FusedConvolution.Slot.slopes] = editor.addConstant(slopes, name: node.name + "/slopes")
            }
        } else if var layer = FusedDense(producer), layer.activation == .none,
            slopes == nil || facts[x]?.shape.count == 2
        {
            layer.activation = activation
            producer.operator = layer
            producer.inputs = slots(producer.inputs, count: FusedDense.Slot.count)
            if let slopes {
                producer.inputs[FusedDense.Slot.slopes] = editor.addConstant(slopes, name: node.name + "/slopes")
            }
        } else {
            return
        }
        producer.outputs = node.outputs
        editor.remove(before)
        editor.replace(index, with: producer)
    }

    private func fuseSum(_ index: Int, _ editor: inout GraphEditor) {
        let node = editor.node(index)
        guard let left = node.input(0), let right = node.input(1), left != right,
            let shape = facts[left]?.shape, shape == facts[right]?.shape
        else { return }
        let candidates = [(left, right), (right, left)].compactMap { value, other -> (Int, Graph.ValueID)? in
            guard let maker = editor.producer(of: value), editor.soleConsumer(of: value) == index,
                let layer = FusedConvolution(editor.node(maker)), layer.residual == .none
            else { return nil }
            return (maker, other)
        }
        guard let (maker, addend) = candidates.max(by: { $0.0 < $1.0 }),
            var layer = FusedConvolution(editor.node(maker))
        else { return }
        var fused = editor.node(maker)
        layer.residual = layer.activation == .none ? .beforeActivation : .afterActivation
        fused.operator = layer
        fused.inputs = slots(fused.inputs, count: FusedConvolution.Slot.count)
        fused.inputs[FusedConvolution.Slot.residual] = addend
        fused.outputs = node.outputs
        editor.remove(maker)
        editor.replace(index, with: fused)
    }

    private func slots(_ inputs: [Graph.ValueID?], count: Int) -> [Graph.ValueID?] {
        inputs + Array(repeating: nil, count: count - inputs.count)
    }

    /// The node as an activation that kernels can apply, with one slope per channel where it has slopes.
    private func activation(
        _ node: Graph.Node,
        channels: Int,
        rank: Int,
        _ editor: GraphEditor
    ) -> (FusedActivation, Tensor?)? {
        switch node.operator {
        case let unary as UnaryElementwise:
            switch unary.function {
            case .relu: return (.relu, nil)
            case .leakyRelu(let alpha):
                return (.prelu, Tensor(Array(repeating: alpha, count: channels), shape: [channels]))
            default: return nil
            }
        case is PRelu:
            guard let slopes = editor.constant(node.input(1)), slopes.shape.count <= rank else { return nil }
            let aligned = Array(repeating: 1, count: rank - slopes.shape.count) + slopes.shape
            for (axis, extent) in aligned.enumerated() where axis != 1 && extent != 1 { return nil }
            let values = slopes.floats
            if values.count == channels { return (.prelu, Tensor(values, shape: [channels])) }
            guard values.count == 1 else { return nil }
            return (.prelu, Tensor(Array(repeating: values[0], count: channels), shape: [channels]))
        case is Clip:
            guard let low = bound(node, 1, -.infinity, editor), let high = bound(node, 2, .infinity, editor) else {
                return nil
            }
            return low == 0 && high == .infinity ? (.relu, nil) : (.clip(low: low, high: high), nil)
        default:
            return nil
        }
    }

    private func bound(_ node: Graph.Node, _ position: Int, _ missing: Float, _ editor: GraphEditor) -> Float? {
        guard node.inputs.count > position, let id = node.input(position) else { return missing }
        guard let tensor = editor.constant(id), tensor.dataType.isFloatingPoint, tensor.count == 1 else { return nil }
        return tensor.floats[0]
    }
}

extension FusedConvolution {
    /// The node's operator as a fused convolution, if it is a convolution with two spatial axes and nothing unusual.
    init?(_ node: Graph.Node) {
        if let fused = node.operator as? FusedConvolution {
            self = fused
        } else if let plain = node.operator as? Convolution {
            self.init(plain)
        } else {
            return nil
        }
    }
}

extension FusedDense {
    /// The node's operator as a fused matrix product, if it is `activation(x W + b)`.
    init?(_ node: Graph.Node) {
        if let fused = node.operator as? FusedDense {
            self = fused
        } else if let product = node.operator as? Gemm, product.alpha == 1, product.beta == 1, !product.transposesA {
            self.init(product)
        } else {
            return nil
        }
    }
}
