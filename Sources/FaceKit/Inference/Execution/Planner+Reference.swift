// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Planner {
    /// Plans a node by its reference implementation: right, single-threaded, and with copies in and out.
    mutating func emitReference(_ node: Graph.Node) throws(ModelError) {
        var operands: [Operand?] = []
        var reads: [Location] = []
        for input in node.inputs {
            guard let input else {
                operands.append(nil)
                continue
            }
            if let tensor = constant(input) {
                operands.append(.constant(tensor))
            } else if isFloat(input) {
                let place = try read(input, in: .planar)
                reads.append(place)
                operands.append(.floats(place))
            } else if let index = graph.inputs.firstIndex(of: input) {
                operands.append(.input(index))
            } else {
                operands.append(.tensor(rootOfView(input).index, shape(of: input)))
            }
        }
        var results: [Result?] = []
        var writes: [Location] = []
        for output in node.outputs {
            guard let output else {
                results.append(nil)
                continue
            }
            if isFloat(output) {
                let place = allocate(output, in: .planar)
                writes.append(place)
                results.append(.floats(place))
            } else {
                results.append(.tensor(output.index))
            }
        }
        let (computation, name, sources, targets) = (node.operator, node.name, operands, results)
        addStep(
            node.name,
            node.operator.label + " (reference)",
            reads: reads,
            writes: writes,
            phases: [
                Plan.Phase { state, _, _ in
                    let inputs = sources.map { $0?.tensor(state) }
                    do throws(ModelError) {
                        let outputs = try computation.evaluate(inputs)
                        for (target, tensor) in zip(targets, outputs) { target?.store(tensor, state) }
                    } catch {
                        state.failure = ModelError(error.code, "node \(name) (\(computation.label)): \(error.message)")
                    }
                }
            ]
        )
    }

    private func rootOfView(_ id: Graph.ValueID) -> Graph.ValueID { views[id].map { rootOfView($0) } ?? id }

    /// Where a reference computation finds an input.
    private enum Operand: Sendable {
        case constant(Tensor)
        case floats(Location)
        case input(Int)
        case tensor(Int, [Int])

        func tensor(_ state: RunState) -> Tensor? {
            switch self {
            case .constant(let tensor): tensor
            case .floats(let place):
                Tensor(
                    unsafe Array(UnsafeBufferPointer(start: state.reading(place), count: place.shape.elementCount)),
                    shape: place.shape
                )
            case .input(let index): state.input(index)
            case .tensor(let slot, let shape): state.tensors[slot]?.reshaped(to: shape)
            }
        }
    }

    /// Where it leaves an output.
    private enum Result: Sendable {
        case floats(Location)
        case tensor(Int)

        func store(_ tensor: Tensor, _ state: RunState) {
            switch self {
            case .floats(let place):
                unsafe tensor.floats.withUnsafeBufferPointer { source in
                    if let start = source.baseAddress {
                        unsafe state.writing(place).update(from: start, count: source.count)
                    }
                }
            case .tensor(let slot): state.tensors[slot] = tensor
            }
        }
    }
}
