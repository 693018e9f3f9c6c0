// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A picture sampled at given places (ONNX `GridSample`).
///
/// Inputs: x [batch, channels, spatial…] and grid [batch, outputs…, axes], where places run from -1 to 1 over each
/// axis, the last axis (x) first. Output: [batch, channels, outputs…].
package struct GridSample: Operator {
    package static let name = "GridSample"

    /// What lies beyond the edges.
    package enum Border: String, Sendable, Hashable {
        case zeros
        /// The outermost element repeated.
        case border
        /// Mirrored at the edges.
        case reflection
    }

    package var mode: Resize.Mode
    package var border: Border
    /// Whether -1 and 1 are the centres of the outermost elements instead of their outer edges.
    package var alignsCorners: Bool

    package init(mode: Resize.Mode = .linear, border: Border = .zeros, alignsCorners: Bool = false) {
        self.mode = mode
        self.border = border
        self.alignsCorners = alignsCorners
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        let grid = try inputs.requiredFloats(1)
        let axes = x.shape.count - 2
        guard axes >= 1, axes <= 3, grid.shape.count == x.shape.count, grid.shape[0] == x.shape[0],
            grid.shape[axes + 1] == axes, !x.shape.contains(0)
        else {
            throw ModelError(.mismatch, "input \(x.shape) and grid \(grid.shape) do not fit")
        }
        let shape = Array(x.shape.prefix(2)) + grid.shape.dropFirst().dropLast()
        try shape.checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let x = try inputs.required(0)
        let extents = Array(x.shape.dropFirst(2))
        let strides = extents.rowMajorStrides
        let plane = extents.elementCount
        let places = Array(shape.dropFirst(2)).elementCount
        let source = x.floats
        let grid = try inputs.required(1).floats
        var result = [Float](repeating: 0, count: shape.elementCount)
        for image in 0..<shape[0] {
            for place in 0..<places {
                // The offsets and weights of all elements that take part, axis by axis.
                var taps: [(offset: Int, weight: Float)] = [(0, 1)]
                for axis in extents.indices {
                    let normalized = grid[(image * places + place) * extents.count + extents.count - 1 - axis]
                    let along = self.taps(at: normalized, extent: extents[axis])
                    taps = taps.flatMap { tap in
                        along.map { (tap.offset + $0.index * strides[axis], tap.weight * $0.weight) }
                    }
                }
                for channel in 0..<shape[1] {
                    let start = (image * shape[1] + channel) * plane
                    var sum: Float = 0
                    for tap in taps { sum += tap.weight * source[start + tap.offset] }
                    result[(image * shape[1] + channel) * places + place] = sum
                }
            }
        }
        return [Tensor(result, shape: shape, dataType: x.dataType)]
    }

    /// The elements along an axis that a place between -1 and 1 falls on; those beyond the edges are left out.
    private func taps(at normalized: Float, extent: Int) -> [(index: Int, weight: Float)] {
        var position =
            alignsCorners
            ? (normalized + 1) / 2 * Float(extent - 1) : ((normalized + 1) * Float(extent) - 1) / 2
        // Not-a-number and places too far off for an index count as beyond the first edge.
        if !(abs(position) < 1e9) { position = -1 }
        if mode != .cubic {
            switch border {
            case .zeros: break
            case .border: position = min(max(position, 0), Float(extent - 1))
            case .reflection: position = reflected(position, extent)
            }
        }
        let base = Int(position.rounded(.down))
        let fraction = position - Float(base)
        let taps: [(index: Int, weight: Float)]
        switch mode {
        case .nearest: taps = [(Int(position.rounded(.toNearestOrEven)), 1)]
        case .linear: taps = [(base, 1 - fraction), (base + 1, fraction)]
        case .cubic:
            taps = (-1...2).map { (base + $0, Self.cubic(abs(Float($0) - fraction))) }
        }
        return taps.compactMap { tap in
            if tap.index >= 0, tap.index < extent { return tap }
            switch border {
            case .zeros: return nil
            case .border: return (min(max(tap.index, 0), extent - 1), tap.weight)
            case .reflection:
                let index = Int(reflected(Float(tap.index), extent).rounded())
                return (min(max(index, 0), extent - 1), tap.weight)
            }
        }
    }

    /// Mirrors a position at the outermost centres or, where corners are not aligned, at the outer edges.
    private func reflected(_ position: Float, _ extent: Int) -> Float {
        let low: Float = alignsCorners ? 0 : -0.5
        let high = Float(extent - 1) - low
        let span = high - low
        guard span > 0 else { return 0 }
        var offset = (position - low).truncatingRemainder(dividingBy: 2 * span)
        if offset < 0 { offset += 2 * span }
        return low + (offset > span ? 2 * span - offset : offset)
    }

    /// Keys' kernel with the parameter -0.75.
    private static func cubic(_ t: Float) -> Float {
        let a: Float = -0.75
        if t <= 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
        return t < 2 ? ((t - 5) * t + 8) * t * a - 4 * a : 0
    }
}
