// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Elements put around a tensor (ONNX `Pad`); negative amounts cut elements off.
///
/// Inputs: x and, where `amounts` is `nil`, the amounts (int64), optionally the value (one element of x's type) and the
/// axes that the amounts are for.
package struct Pad: Operator {
    package static let name = "Pad"

    package enum Mode: Sendable, Hashable {
        /// One value everywhere.
        case constant
        /// Mirrored at the outermost element, which is not repeated.
        case reflect
        /// The outermost element repeated.
        case edge
        /// As if the tensor were repeated.
        case wrap
    }

    package var mode: Mode
    /// Before each axis in order, then after each axis in order.
    package var amounts: [Int]?
    /// What to fill with in mode `constant`; an input takes precedence.
    package var value: Float

    package init(mode: Mode = .constant, amounts: [Int]? = nil, value: Float = 0) {
        self.mode = mode
        self.amounts = amounts
        self.value = value
    }

    /// How many elements to put before and after every axis.
    private func amounts(
        _ shape: [Int],
        _ inputs: [TensorFact?]
    ) throws(ModelError) -> (before: [Int], after: [Int]) {
        guard let amounts = try inputs.constantIntegers(amounts, orInput: 1, "pads") else {
            throw ModelError(.malformed, "the pads (input 1) are missing")
        }
        let named = try inputs.constantIntegers(3, "axes")
        let axes = try shape.resolvedAxes(named ?? Array(shape.indices))
        guard amounts.count == 2 * axes.count else {
            throw ModelError(.mismatch, "pads \(amounts) do not fit \(axes.count) axes of \(shape)")
        }
        var before = [Int](repeating: 0, count: shape.count)
        var after = before
        for (index, axis) in axes.enumerated() {
            before[axis] = amounts[index]
            after[axis] = amounts[axes.count + index]
        }
        return (before, after)
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let (before, after) = try amounts(x.shape, inputs)
        if let value = inputs.optional(2), value.shape.elementCount != 1 || value.dataType != x.dataType {
            throw ModelError(.mismatch, "value of \(value.dataType) \(value.shape) is not one element of \(x.dataType)")
        }
        var shape = x.shape
        for axis in shape.indices {
            let bound = [Int].maximumElementCount
            guard abs(clamping: before[axis]) <= bound, abs(clamping: after[axis]) <= bound else {
                throw ModelError(.tooLarge, "padding \(before) and \(after)")
            }
            shape[axis] += before[axis] + after[axis]
            let reach = max(before[axis], after[axis])
            guard shape[axis] >= 0, mode == .constant || reach <= 0 || x.shape[axis] > 0,
                mode != .reflect || reach < max(x.shape[axis], 1)
            else {
                throw ModelError(.mismatch, "padding \(before) and \(after) does not fit \(x.shape) in mode \(mode)")
            }
        }
        try shape.checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    private func abs(clamping amount: Int) -> Int { amount == .min ? .max : Swift.abs(amount) }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let x = try inputs.required(0)
        let before = try amounts(x.shape, inputs.map { $0.map(TensorFact.init(constant:)) }).before
        let strides = x.shape.rowMajorStrides
        var offsets = shape.contains(0) ? [] : [0]
        for axis in shape.indices where !offsets.isEmpty {
            let steps = (0..<shape[axis]).map { source($0 - before[axis], extent: x.shape[axis]) }
            offsets = offsets.flatMap { base in
                steps.map { base < 0 || $0 < 0 ? -1 : base + $0 * strides[axis] }
            }
        }
        let filling =
            inputs.optional(2)
            ?? (x.dataType.isFloatingPoint
                ? Tensor([value], shape: [], dataType: x.dataType)
                : Tensor([Int64(clamping: value)], shape: [], dataType: x.dataType))
        return [x.picking(offsets, shape: shape, filling: filling)]
    }

    /// Where along an axis the element at `position`, which may lie outside, comes from; -1 for the filling value.
    private func source(_ position: Int, extent: Int) -> Int {
        guard position < 0 || position >= extent else { return position }
        switch mode {
        case .constant: return -1
        case .edge: return position < 0 ? 0 : extent - 1
        case .reflect: return position < 0 ? -position : 2 * (extent - 1) - position
        case .wrap: return (position % extent + extent) % extent
        }
    }
}

extension Pad: SpatialResampling {
    func resampledAxes(_ inputs: [TensorFact?]) throws(ModelError) -> (rows: ResampledAxis, columns: ResampledAxis)? {
        let shape = try inputs.required(0).shape
        let (before, after) = try amounts(shape, inputs)
        guard mode != .constant, shape.count == 4, (before[..<2] + after[..<2]).allSatisfy({ $0 == 0 }) else {
            return nil
        }
        let axes = (2..<4).map { axis in
            ResampledAxis(
                taps: (0..<shape[axis] + before[axis] + after[axis]).map { position in
                    [.init(index: source(position - before[axis], extent: shape[axis]), weight: 1)]
                }
            )
        }
        return (axes[0], axes[1])
    }
}
