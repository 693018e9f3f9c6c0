// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Floats moved onto a grid of `levels` values, as quantised arithmetic would have them (OpenVINO `FakeQuantize`).
///
/// Inputs: x, then the lower and upper bound of what goes in and of what comes out; the bounds broadcast to x. What
/// lies beyond the first two bounds is moved onto them, what lies between is rounded to the nearest of the levels
/// (halves to the even one), and the levels are spread evenly between the last two. Output: x's shape.
package struct FakeQuantize: Operator {
    package static let name = "FakeQuantize"

    package var levels: Int

    package init(levels: Int) {
        self.levels = levels
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        guard levels >= 2, levels <= 1 << 24 else { throw ModelError(.malformed, "\(levels) levels") }
        for position in 1...4 {
            let bound = try inputs.requiredFloats(position).shape
            guard try x.shape.broadcast(with: bound) == x.shape else {
                throw ModelError(.mismatch, "bound \(bound) does not fit \(x.shape)")
            }
        }
        return [TensorFact(dataType: x.dataType, shape: x.shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let bounds = try (1...4).map { (position) throws(ModelError) in try inputs.required(position) }
        var floats = x.floats
        if bounds.allSatisfy({ $0.count == 1 }) {
            let grid = Grid(bounds.map { $0.floats[0] }, levels: levels)
            for index in floats.indices { floats[index] = grid.nearest(to: floats[index]) }
        } else {
            let spread = bounds.map { $0.broadcast(to: x.shape).floats }
            for index in floats.indices {
                floats[index] = Grid(spread.map { $0[index] }, levels: levels).nearest(to: floats[index])
            }
        }
        return [Tensor(floats, shape: x.shape, dataType: x.dataType)]
    }

    private struct Grid {
        private let inputLow, inputHigh, outputLow, outputHigh, steps: Float

        init(_ bounds: [Float], levels: Int) {
            (inputLow, inputHigh, outputLow, outputHigh) = (bounds[0], bounds[1], bounds[2], bounds[3])
            steps = Float(levels - 1)
        }

        func nearest(to value: Float) -> Float {
            if value <= min(inputLow, inputHigh) { return outputLow }
            if value > max(inputLow, inputHigh) { return outputHigh }
            let step = ((value - inputLow) / (inputHigh - inputLow) * steps).rounded(.toNearestOrEven)
            return step / steps * (outputHigh - outputLow) + outputLow
        }
    }
}
