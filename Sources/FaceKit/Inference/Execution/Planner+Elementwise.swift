// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Planner {
    mutating func emitUnary(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let x = node.input(0), let output = node.output(0), isFloat(x), isFloat(output),
            let (operation, low, high) = unaryCode(node)
        else { return false }
        let layout: Location.Layout = prefersBlocks(x) ? .blocked : .planar
        let input = try read(x, in: layout)
        try addElementwise(node, operation, low: low, high: high, a: input, to: allocate(output, in: layout))
        return true
    }

    private func unaryCode(_ node: Graph.Node) -> (cfk_operation, Float, Float)? {
        if node.operator is Clip {
            var bounds: [Float] = [-.infinity, .infinity]
            for position in 1..<max(node.inputs.count, 1) {
                guard let id = node.input(position) else { continue }
                guard let bound = constant(id), bound.dataType.isFloatingPoint, bound.count == 1 else { return nil }
                bounds[position - 1] = bound.floats[0]
            }
            return (CFK_CLIP, bounds[0], bounds[1])
        }
        guard let unary = node.operator as? UnaryElementwise else { return nil }
        switch unary.function {
        case .relu: return (CFK_RELU, 0, 0)
        case .clip(let minimum, let maximum): return (CFK_CLIP, minimum, maximum)
        case .sigmoid: return (CFK_SIGMOID, 0, 0)
        case .tanh: return (CFK_TANH, 0, 0)
        case .exp: return (CFK_EXP, 0, 0)
        case .erf: return (CFK_ERF, 0, 0)
        case .gelu(tanhApproximation: false): return (CFK_GELU, 0, 0)
        case .hardSwish: return (CFK_HARD_SWISH, 0, 0)
        case .hardSigmoid(let alpha, let beta): return (CFK_HARD_SIGMOID, alpha, beta)
        case .swish(alpha: 1): return (CFK_SILU, 0, 0)
        case .sqrt: return (CFK_SQRT, 0, 0)
        case .absolute: return (CFK_ABS, 0, 0)
        case .negate: return (CFK_NEGATE, 0, 0)
        default: return nil
        }
    }

    mutating func emitBinary(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard node.inputs.count == 2, let left = node.input(0), let right = node.input(1),
            let output = node.output(0), isFloat(left), isFloat(right), isFloat(output),
            let operation = binaryCode(node)
        else { return false }
        let shape = shape(of: output)
        if self.shape(of: left) == shape,
            try emitBinary(node, operation, a: left, b: right, reversed: false, output: output)
        {
            return true
        }
        if operation != CFK_PRELU, self.shape(of: right) == shape, self.shape(of: left) != shape,
            try emitBinary(node, operation, a: right, b: left, reversed: true, output: output)
        {
            return true
        }
        guard let binary = node.operator as? BinaryElementwise else { return false }
        return try emitBroadcast(node, binary.function)
    }

    private func binaryCode(_ node: Graph.Node) -> cfk_operation? {
        if node.operator is PRelu { return CFK_PRELU }
        guard let binary = node.operator as? BinaryElementwise else { return nil }
        switch binary.function {
        case .add, .sum: return CFK_ADD
        case .subtract: return CFK_SUBTRACT
        case .multiply: return CFK_MULTIPLY
        case .divide: return CFK_DIVIDE
        case .maximum: return CFK_MAXIMUM
        case .minimum: return CFK_MINIMUM
        default: return nil
        }
    }

    /// `a` has the output's shape; `b` may have to be repeated to it.
    private mutating func emitBinary(
        _ node: Graph.Node,
        _ operation: cfk_operation,
        a: Graph.ValueID,
        b: Graph.ValueID,
        reversed: Bool,
        output: Graph.ValueID
    ) throws(ModelError) -> Bool {
        let (shape, other) = (shape(of: a), shape(of: b))
        if other == shape {
            if operation == CFK_ADD, let enlarged = [a, b].first(where: { postponed[$0] != nil }) {
                try emitSum(node, enlarged: enlarged, addend: enlarged == a ? b : a, output: output)
                return true
            }
            let layout: Location.Layout = prefersBlocks(a) || prefersBlocks(b) ? .blocked : .planar
            let (first, second) = (try read(a, in: layout), try read(b, in: layout))
            try addElementwise(
                node,
                operation,
                a: first,
                b: second,
                reversed: reversed,
                to: allocate(output, in: layout)
            )
            return true
        }
        if other.elementCount == 1 {
            let layout: Location.Layout = prefersBlocks(a) ? .blocked : .planar
            let (first, second) = (try read(a, in: layout), try read(b, in: .planar))
            try addElementwise(
                node,
                operation,
                a: first,
                b: second,
                broadcast: CFK_BROADCAST_SCALAR,
                reversed: reversed,
                to: allocate(output, in: layout)
            )
            return true
        }
        let aligned = Array(repeating: 1, count: max(0, shape.count - other.count)) + other
        guard shape.count == 4, aligned.count == 4, aligned[1] == shape[1], aligned[2] == 1, aligned[3] == 1,
            prefersBlocks(a) || place(of: a, in: .planar) == nil
        else { return false }
        if aligned[0] == 1, let vector = packVector(constantID(b)) {
            let first = try read(a, in: .blocked)
            let second = Location(.constant(vector), layout: .planar, shape: [shape[1]])
            try addElementwise(
                node,
                operation,
                a: first,
                b: second,
                broadcast: CFK_BROADCAST_CHANNEL,
                reversed: reversed,
                to: allocate(output, in: .blocked)
            )
            return true
        }
        guard aligned[0] == shape[0], other.count == 4 else { return false }
        let (first, second) = (try read(a, in: .blocked), try read(b, in: .blocked))
        try addElementwise(
            node,
            operation,
            a: first,
            b: second,
            broadcast: CFK_BROADCAST_PICTURE,
            reversed: reversed,
            to: allocate(output, in: .blocked)
        )
        return true
    }

    private func constantID(_ id: Graph.ValueID) -> Graph.ValueID? { constant(id) == nil ? nil : id }

    private mutating func addElementwise(
        _ node: Graph.Node,
        _ operation: cfk_operation,
        low: Float = 0,
        high: Float = 0,
        a: Location,
        b: Location? = nil,
        broadcast: cfk_broadcast = CFK_BROADCAST_NONE,
        reversed: Bool = false,
        to target: Location
    ) throws(ModelError) {
        try addElementwise(
            node.name,
            node.operator.label,
            operation,
            low: low,
            high: high,
            a: a,
            b: b,
            broadcast: broadcast,
            reversed: reversed,
            to: target
        )
    }

    mutating func addElementwise(
        _ name: String,
        _ kind: String,
        _ operation: cfk_operation,
        low: Float = 0,
        high: Float = 0,
        a: Location,
        b: Location? = nil,
        broadcast: cfk_broadcast = CFK_BROADCAST_NONE,
        reversed: Bool = false,
        to target: Location
    ) throws(ModelError) {
        var elementwise = cfk_elementwise()
        elementwise.operation = operation
        elementwise.broadcast = broadcast
        elementwise.reversed = reversed ? 1 : 0
        (elementwise.low, elementwise.high) = (low, high)
        if a.layout == .blocked {
            (elementwise.batch, elementwise.channels) = (Int32(a.shape[0]), Int32(a.shape[1]))
            elementwise.pixels = Int64(a.shape[2] * a.shape[3])
        } else {
            (elementwise.flat, elementwise.batch, elementwise.channels) = (1, 1, 1)
            elementwise.pixels = Int64(a.shape.elementCount)
        }
        guard unsafe kernels.functions.elementwise_prepare(&elementwise, Int32(threadCount)) == CFK_OK else {
            throw ModelError(.tooLarge, "no kernel takes shape \(a.shape)")
        }
        let (parameters, run) = unsafe (elementwise, kernels.functions.elementwise_run)
        addStep(
            name,
            kind,
            reads: broadcast == CFK_BROADCAST_NONE ? [] : [b].compactMap { $0 },
            consumed: [a] + (broadcast == CFK_BROADCAST_NONE ? [b].compactMap { $0 } : []),
            writes: [target],
            phases: [
                Plan.Phase(itemCount: Int(elementwise.items)) { state, items, _ in
                    var elementwise = parameters
                    var (first, result) = unsafe (state.map(a), state.map(target))
                    if let b {
                        var second = unsafe state.map(b)
                        unsafe run(
                            &elementwise,
                            &first,
                            &second,
                            &result,
                            Int64(items.lowerBound),
                            Int64(items.upperBound)
                        )
                    } else {
                        unsafe run(
                            &elementwise,
                            &first,
                            nil,
                            &result,
                            Int64(items.lowerBound),
                            Int64(items.upperBound)
                        )
                    }
                }
            ]
        )
    }

    mutating func addCopy(from source: Location, to target: Location, _ name: String) throws(ModelError) {
        try addElementwise(name, "Copy", CFK_COPY, a: source, to: target)
    }
}
