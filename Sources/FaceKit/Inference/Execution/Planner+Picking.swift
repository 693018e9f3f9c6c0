// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Operators that only pick elements of their first input: which ones is found once, when the plan is made.
extension Planner {
    mutating func emitPicking(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let x = node.input(0), let output = node.output(0), isFloat(x), constant(x) == nil else { return false }
        let others = node.inputs.dropFirst()
        guard others.allSatisfy({ $0 == nil || constant($0) != nil }) else { return false }
        // The operator itself tells what it picks, when it is given every element's own position.
        let positions = Tensor((0..<shape(of: x).elementCount).map { Int64($0) }, shape: shape(of: x))
        let picked = try node.operator.evaluate([positions] + others.map { constant($0) })[0]
        guard picked.shape == shape(of: output) else { return false }
        let runs = PickedRuns(picked.integers)
        let source = try read(x, in: .planar)
        let target = allocate(output, in: .planar)
        addStep(
            node.name,
            node.operator.label,
            reads: [source],
            writes: [target],
            phases: [
                Plan.Phase { state, _, _ in unsafe runs.copy(from: state.reading(source), to: state.writing(target)) }
            ]
        )
        return true
    }
}

/// Positions to copy from, neighbours taken together.
struct PickedRuns: Sendable {
    private var starts: [Int] = []
    private var counts: [Int] = []

    init(_ positions: [Int64]) {
        for position in positions.lazy.map({ Int($0) }) {
            if let last = starts.indices.last, starts[last] + counts[last] == position {
                counts[last] += 1
            } else {
                starts.append(position)
                counts.append(1)
            }
        }
    }

    func copy(from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        var next = unsafe target
        for (start, count) in zip(starts, counts) {
            if count == 1 {
                unsafe next.pointee = source[start]
            } else {
                unsafe next.update(from: source + start, count: count)
            }
            unsafe next += count
        }
    }
}
