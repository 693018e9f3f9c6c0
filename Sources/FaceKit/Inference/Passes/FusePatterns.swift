// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Recognises what exporters write out in many operators: GELU, hard swish and normalisation along an axis.
struct FusePatterns {
    let facts: [Graph.ValueID: TensorFact]

    func apply(_ graph: Graph) -> Graph {
        var editor = GraphEditor(graph)
        for index in editor.liveNodes where editor.isLive(index) {
            let node = editor.node(index)
            if let x = gelu(node, editor) {
                replace(index, with: UnaryElementwise(.gelu(tanhApproximation: false)), inputs: [x], &editor)
            } else if let x = hardSwish(node, editor) {
                replace(index, with: UnaryElementwise(.hardSwish), inputs: [x], &editor)
            } else if let (replacement, inputs) = power(node, editor) {
                replace(index, with: replacement, inputs: inputs, &editor)
            } else if let match = normalization(node, editor) {
                let scale = editor.addConstant(match.scale, name: node.name + "/scale")
                let shift = editor.addConstant(match.shift, name: node.name + "/shift")
                replace(index, with: match.operator, inputs: [match.x, scale, shift], &editor)
            }
        }
        return editor.finish()
    }

    private func replace(
        _ index: Int,
        with replacement: any Operator,
        inputs: [Graph.ValueID?],
        _ editor: inout GraphEditor
    ) {
        let node = editor.node(index)
        editor.replace(
            index,
            with: Graph.Node(name: node.name, operator: replacement, inputs: inputs, outputs: [node.output(0)])
        )
    }

    // MARK: - Activations

    /// `(x * 0.5) * (erf(x / √2) + 1)`, the factors in any order.
    private func gelu(_ node: Graph.Node, _ editor: GraphEditor) -> Graph.ValueID? {
        let root = Float(2).squareRoot()
        for (left, right) in operands(node, .multiply) {
            // Either `x/2 * (1 + erf)` or `(x * (1 + erf)) * 1/2`.
            if let half = scaled(left, by: 0.5, editor), let inner = onePlusErf(right, editor),
                isSame(inner, half, over: root, editor)
            {
                return half
            }
            if isConstant(right, 0.5, editor), let product = made(by: left, .multiply, editor) {
                for (x, other) in operands(product, .multiply) {
                    if let inner = onePlusErf(other, editor), isSame(inner, x, over: root, editor) { return x }
                }
            }
        }
        return nil
    }

    /// The value inside `erf(…) + 1`.
    private func onePlusErf(_ id: Graph.ValueID, _ editor: GraphEditor) -> Graph.ValueID? {
        guard let sum = made(by: id, .add, editor) else { return nil }
        for (left, right) in operands(sum, .add) where isConstant(right, 1, editor) {
            guard let maker = editor.producer(of: left),
                let unary = editor.node(maker).operator as? UnaryElementwise, unary.function == .erf
            else { continue }
            return editor.node(maker).input(0)
        }
        return nil
    }

    /// Whether `inner` is `x / divisor`.
    private func isSame(
        _ inner: Graph.ValueID,
        _ x: Graph.ValueID,
        over divisor: Float,
        _ editor: GraphEditor
    ) -> Bool {
        if scaled(inner, by: 1 / divisor, editor) == x { return true }
        guard let maker = made(by: inner, .divide, editor), let dividend = maker.input(0), dividend == x,
            let constant = maker.input(1)
        else { return false }
        return isConstant(constant, divisor, editor)
    }

    /// Matches `x * clip(x + 3, 0, 6) / 6`, whichever of the two products comes first.
    private func hardSwish(_ node: Graph.Node, _ editor: GraphEditor) -> Graph.ValueID? {
        if let product = sixth(node, editor), let multiply = made(by: product, .multiply, editor) {
            for (x, clipped) in operands(multiply, .multiply) where isGate(clipped, of: x, editor) { return x }
        }
        for (x, gate) in operands(node, .multiply) {
            guard let maker = editor.producer(of: gate), let clipped = sixth(editor.node(maker), editor),
                isGate(clipped, of: x, editor)
            else { continue }
            return x
        }
        return nil
    }

    /// `y` where the node computes `y / 6`.
    private func sixth(_ node: Graph.Node, _ editor: GraphEditor) -> Graph.ValueID? {
        if let binary = node.operator as? BinaryElementwise, binary.function == .divide, let divisor = node.input(1),
            isConstant(divisor, 6, editor)
        {
            return node.input(0)
        }
        for (y, factor) in operands(node, .multiply) where isConstant(factor, 1 / 6, editor) { return y }
        return nil
    }

    /// Whether the value is `clip(x + 3, 0, 6)`.
    private func isGate(_ id: Graph.ValueID, of x: Graph.ValueID, _ editor: GraphEditor) -> Bool {
        guard let shifted = clippedToSix(id, editor), let sum = made(by: shifted, .add, editor) else { return false }
        return operands(sum, .add).contains { $0.0 == x && isConstant($0.1, 3, editor) }
    }

    private func clippedToSix(_ id: Graph.ValueID, _ editor: GraphEditor) -> Graph.ValueID? {
        guard let maker = editor.producer(of: id) else { return nil }
        let node = editor.node(maker)
        if let unary = node.operator as? UnaryElementwise, unary.function == .clip(minimum: 0, maximum: 6) {
            return node.input(0)
        }
        guard node.operator is Clip, node.inputs.count == 3, let low = node.input(1), let high = node.input(2),
            isConstant(low, 0, editor), isConstant(high, 6, editor)
        else { return nil }
        return node.input(0)
    }

    /// `x * x` or `√x` for what is written as a power.
    private func power(_ node: Graph.Node, _ editor: GraphEditor) -> (any Operator, [Graph.ValueID?])? {
        guard let binary = node.operator as? BinaryElementwise, binary.function == .power, let x = node.input(0),
            let exponent = node.input(1), facts[x]?.dataType == .float32
        else { return nil }
        if isConstant(exponent, 2, editor) { return (BinaryElementwise(.multiply), [x, x]) }
        if isConstant(exponent, 0.5, editor) { return (UnaryElementwise(.sqrt), [x]) }
        return nil
    }

    // MARK: - Normalisation

    private struct Normalization {
        var x: Graph.ValueID
        var `operator`: AxisNormalization
        var scale: Tensor
        var shift: Tensor
    }

    /// `(x - mean(x)) / sqrt(mean((x - mean(x))²) + ε) * scale + shift`, ending with `node`.
    private func normalization(_ node: Graph.Node, _ editor: GraphEditor) -> Normalization? {
        for (scaledID, shiftID) in operands(node, .add) {
            guard let shift = editor.constant(shiftID), let product = made(by: scaledID, .multiply, editor) else {
                continue
            }
            for (quotientID, scaleID) in operands(product, .multiply) {
                guard let scale = editor.constant(scaleID), let quotient = made(by: quotientID, .divide, editor),
                    let differenceID = quotient.input(0), let rootID = quotient.input(1),
                    let difference = made(by: differenceID, .subtract, editor), let x = difference.input(0),
                    let shape = facts[x]?.shape, let axis = meanAxis(difference.input(1), of: x, editor),
                    let (varianceID, epsilon) = rootOfSum(rootID, editor),
                    let squareID = meanInput(varianceID, axis: axis, rank: shape.count, editor),
                    isSquare(squareID, of: differenceID, editor),
                    let scales = vector(scale, along: axis, of: shape),
                    let shifts = vector(shift, along: axis, of: shape)
                else { continue }
                return Normalization(
                    x: x,
                    operator: AxisNormalization(axis: axis, epsilon: epsilon),
                    scale: scales,
                    shift: shifts
                )
            }
        }
        return nil
    }

    /// The axis over which `id` is the mean of `x`.
    private func meanAxis(_ id: Graph.ValueID?, of x: Graph.ValueID, _ editor: GraphEditor) -> Int? {
        guard let maker = editor.producer(of: id), let reduce = editor.node(maker).operator as? Reduce,
            reduce.kind == .mean, reduce.keepDimensions, editor.node(maker).input(0) == x,
            let rank = facts[x]?.shape.count, let axes = axes(of: editor.node(maker), editor), axes.count == 1
        else { return nil }
        return axes[0] < 0 ? axes[0] + rank : axes[0]
    }

    private func meanInput(_ id: Graph.ValueID, axis: Int, rank: Int, _ editor: GraphEditor) -> Graph.ValueID? {
        guard let maker = editor.producer(of: id), let x = editor.node(maker).input(0),
            meanAxis(id, of: x, editor) == axis
        else { return nil }
        return x
    }

    private func axes(of node: Graph.Node, _ editor: GraphEditor) -> [Int]? {
        if let axes = (node.operator as? Reduce)?.axes { return axes }
        guard node.inputs.count > 1, let tensor = editor.constant(node.input(1)) else { return nil }
        return tensor.integers.map { Int($0) }
    }

    /// `sqrt(v + ε)` as v and ε.
    private func rootOfSum(_ id: Graph.ValueID, _ editor: GraphEditor) -> (Graph.ValueID, Float)? {
        guard let maker = editor.producer(of: id), let unary = editor.node(maker).operator as? UnaryElementwise,
            unary.function == .sqrt, let inside = editor.node(maker).input(0), let sum = made(by: inside, .add, editor)
        else { return nil }
        for (value, epsilon) in operands(sum, .add) {
            if let constant = editor.constant(epsilon), constant.count == 1, constant.dataType.isFloatingPoint {
                return (value, constant.floats[0])
            }
        }
        return nil
    }

    private func isSquare(_ id: Graph.ValueID, of x: Graph.ValueID, _ editor: GraphEditor) -> Bool {
        if let product = made(by: id, .multiply, editor) { return product.input(0) == x && product.input(1) == x }
        guard let power = made(by: id, .power, editor), power.input(0) == x, let exponent = power.input(1) else {
            return false
        }
        return isConstant(exponent, 2, editor)
    }

    /// A constant that broadcasts along one axis of `shape` only, as a vector.
    private func vector(_ tensor: Tensor, along axis: Int, of shape: [Int]) -> Tensor? {
        let aligned = Array(repeating: 1, count: max(0, shape.count - tensor.shape.count)) + tensor.shape
        guard aligned.count == shape.count, aligned[axis] == shape[axis], tensor.count == shape[axis] else {
            return nil
        }
        return tensor.reshaped(to: [shape[axis]])
    }

    // MARK: - Matching

    /// Both orders of the operands of a commutative node with this function.
    private func operands(
        _ node: Graph.Node,
        _ function: BinaryElementwise.Function
    ) -> [(Graph.ValueID, Graph.ValueID)] {
        guard let binary = node.operator as? BinaryElementwise, binary.function == function, node.inputs.count == 2,
            let left = node.input(0), let right = node.input(1)
        else { return [] }
        return [(left, right), (right, left)]
    }

    private func made(
        by id: Graph.ValueID,
        _ function: BinaryElementwise.Function,
        _ editor: GraphEditor
    ) -> Graph.Node? {
        guard let maker = editor.producer(of: id),
            let binary = editor.node(maker).operator as? BinaryElementwise, binary.function == function,
            editor.node(maker).inputs.count == 2
        else { return nil }
        return editor.node(maker)
    }

    private func isConstant(_ id: Graph.ValueID, _ value: Float, _ editor: GraphEditor) -> Bool {
        guard let tensor = editor.constant(id), tensor.count == 1, tensor.dataType.isFloatingPoint else { return false }
        return abs(tensor.floats[0] - value) <= 1e-6 * abs(value)
    }

    /// `x` where `id` is `x * factor`.
    private func scaled(_ id: Graph.ValueID, by factor: Float, _ editor: GraphEditor) -> Graph.ValueID? {
        guard let product = made(by: id, .multiply, editor) else { return nil }
        for (x, constant) in operands(product, .multiply) where isConstant(constant, factor, editor) { return x }
        return nil
    }
}
