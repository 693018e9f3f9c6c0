// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Sums, products and the like of planar values that have to be repeated to the output's shape.
extension Planner {
    mutating func emitBroadcast(
        _ node: Graph.Node,
        _ function: BinaryElementwise.Function
    ) throws(ModelError) -> Bool {
        guard let left = node.input(0), let right = node.input(1), let output = node.output(0),
            let loop = BroadcastLoop(function, shape(of: left), shape(of: right), output: shape(of: output))
        else { return false }
        let (a, b) = (try read(left, in: .planar), try read(right, in: .planar))
        let target = allocate(output, in: .planar)
        addStep(
            node.name,
            node.operator.label,
            reads: [a, b],
            writes: [target],
            phases: [
                Plan.Phase { state, _, _ in
                    unsafe loop.run(state.reading(a), state.reading(b), to: state.writing(target))
                }
            ]
        )
        return true
    }
}

/// A loop over the output's elements with each operand's own steps, 0 along axes it is repeated over.
struct BroadcastLoop: Sendable {
    private let function: BinaryElementwise.Function
    private var extents: [Int] = []
    private var leftStrides: [Int] = []
    private var rightStrides: [Int] = []

    /// - Returns: `nil` for a function that is not among the four basic ones, maximum and minimum.
    init?(_ function: BinaryElementwise.Function, _ left: [Int], _ right: [Int], output: [Int]) {
        switch function {
        case .add, .subtract, .multiply, .divide, .maximum, .minimum: self.function = function
        default: return nil
        }
        let (a, b) = (Self.strides(of: left, in: output), Self.strides(of: right, in: output))
        for axis in output.indices where output[axis] != 1 {
            // Neighbouring axes are one if both operands step through them as through one.
            if let last = extents.indices.last, leftStrides[last] == a[axis] * output[axis],
                rightStrides[last] == b[axis] * output[axis]
            {
                extents[last] *= output[axis]
                leftStrides[last] = a[axis]
                rightStrides[last] = b[axis]
            } else {
                extents.append(output[axis])
                leftStrides.append(a[axis])
                rightStrides.append(b[axis])
            }
        }
        if extents.isEmpty { (extents, leftStrides, rightStrides) = ([1], [0], [0]) }
    }

    private static func strides(of shape: [Int], in output: [Int]) -> [Int] {
        let aligned = Array(repeating: 1, count: output.count - shape.count) + shape
        let strides = aligned.rowMajorStrides
        return aligned.indices.map { aligned[$0] == 1 ? 0 : strides[$0] }
    }

    func run(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        switch function {
        case .add: unsafe run(a, b, to: target) { $0 + $1 }
        case .subtract: unsafe run(a, b, to: target) { $0 - $1 }
        case .multiply: unsafe run(a, b, to: target) { $0 * $1 }
        case .divide: unsafe run(a, b, to: target) { $0 / $1 }
        case .maximum: unsafe run(a, b, to: target) { $0 < $1 ? $1 : $0 }
        default: unsafe run(a, b, to: target) { $0 > $1 ? $1 : $0 }
        }
    }

    @inline(__always)
    private func run(
        _ a: UnsafePointer<Float>,
        _ b: UnsafePointer<Float>,
        to target: UnsafeMutablePointer<Float>,
        _ apply: (Float, Float) -> Float
    ) {
        let last = extents.count - 1
        let (extent, leftStep, rightStep) = (extents[last], leftStrides[last], rightStrides[last])
        var position = [Int](repeating: 0, count: extents.count)
        var (left, right) = unsafe (a, b)
        for row in 0..<extents.dropLast().reduce(1, *) {
            let line = unsafe target + row * extent
            switch (leftStep, rightStep) {
            case (1, 1): for index in 0..<extent { unsafe line[index] = apply(left[index], right[index]) }
            case (1, 0):
                let value = unsafe right[0]
                for index in 0..<extent { unsafe line[index] = apply(left[index], value) }
            case (0, 1):
                let value = unsafe left[0]
                for index in 0..<extent { unsafe line[index] = apply(value, right[index]) }
            default:
                for index in 0..<extent {
                    unsafe line[index] = apply(left[index * leftStep], right[index * rightStep])
                }
            }
            var axis = last - 1
            while axis >= 0 {
                position[axis] += 1
                unsafe left += leftStrides[axis]
                unsafe right += rightStrides[axis]
                if position[axis] < extents[axis] { break }
                unsafe left -= leftStrides[axis] * extents[axis]
                unsafe right -= rightStrides[axis] * extents[axis]
                position[axis] = 0
                axis -= 1
            }
        }
    }
}
