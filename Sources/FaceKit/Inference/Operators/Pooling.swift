// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The largest element under each window (ONNX `MaxPool`).
///
/// Input: [batch, channels, spatial…]. Outputs: [batch, channels, spatial…] and, on request, the row-major offsets
/// of the largest elements in the whole input.
package struct MaxPool: Operator {
    package static let name = "MaxPool"

    package var kernelShape: [Int]
    /// One per spatial axis, empty for 1 along each, as with `dilations`.
    package var strides: [Int]
    package var dilations: [Int]
    package var padding: Padding
    /// Whether output extents are rounded up instead of down.
    package var ceiling: Bool

    package init(
        kernelShape: [Int],
        strides: [Int] = [],
        dilations: [Int] = [],
        padding: Padding = .valid,
        ceiling: Bool = false
    ) {
        self.kernelShape = kernelShape
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.ceiling = ceiling
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        let shape = try Array(x.shape.prefix(2)) + window(x.shape).output
        try shape.checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: shape), TensorFact(dataType: .int64, shape: shape)]
    }

    private func window(_ x: [Int]) throws(ModelError) -> SlidingWindow {
        guard x.count >= 3 else { throw ModelError(.mismatch, "input \(x) has no spatial axes") }
        return try SlidingWindow(
            input: Array(x.dropFirst(2)),
            kernel: kernelShape,
            strides: strides,
            dilations: dilations,
            padding: padding,
            ceiling: ceiling
        )
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let window = try window(x.shape)
        let shape = Array(x.shape.prefix(2)) + window.output
        if x.dataType.isFloatingPoint {
            let (largest, offsets) = pool(x.floats, window, planes: x.shape[0] * x.shape[1], least: -.infinity)
            return [Tensor(largest, shape: shape, dataType: x.dataType), Tensor(offsets, shape: shape)]
        }
        let (largest, offsets) = pool(x.integers, window, planes: x.shape[0] * x.shape[1], least: .min)
        return [Tensor(largest, shape: shape, dataType: x.dataType), Tensor(offsets, shape: shape)]
    }

    private func pool<Element: Comparable>(
        _ source: [Element],
        _ window: SlidingWindow,
        planes: Int,
        least: Element
    ) -> (largest: [Element], offsets: [Int64]) {
        let runs = window.runs()
        let (inputPlane, outputPlane) = (window.input.elementCount, window.output.elementCount)
        let stride = window.strides[window.strides.count - 1]
        var largest = [Element](repeating: least, count: planes * outputPlane)
        var offsets = [Int64](repeating: -1, count: planes * outputPlane)
        for plane in 0..<planes {
            for run in runs {
                let output = plane * outputPlane + run.output
                let input = plane * inputPlane + run.input
                for index in 0..<run.count {
                    let element = source[input + index * stride]
                    if element > largest[output + index] || offsets[output + index] < 0 {
                        largest[output + index] = element
                        offsets[output + index] = Int64(input + index * stride)
                    }
                }
            }
        }
        return (largest, offsets)
    }
}

/// The mean of the elements under each window (ONNX `AveragePool`).
///
/// Input: [batch, channels, spatial…]. Output: [batch, channels, spatial…].
package struct AveragePool: Operator {
    package static let name = "AveragePool"

    package var kernelShape: [Int]
    /// One per spatial axis, empty for 1 along each, as with `dilations`.
    package var strides: [Int]
    package var dilations: [Int]
    package var padding: Padding
    /// Whether output extents are rounded up instead of down.
    package var ceiling: Bool
    /// Whether zeros of the padding count in the mean.
    package var includesPadding: Bool

    package init(
        kernelShape: [Int],
        strides: [Int] = [],
        dilations: [Int] = [],
        padding: Padding = .valid,
        ceiling: Bool = false,
        includesPadding: Bool = false
    ) {
        self.kernelShape = kernelShape
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.ceiling = ceiling
        self.includesPadding = includesPadding
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        let shape = try Array(x.shape.prefix(2)) + window(x.shape).output
        try shape.checkedElementCount()
        return [TensorFact(dataType: x.dataType, shape: shape)]
    }

    private func window(_ x: [Int]) throws(ModelError) -> SlidingWindow {
        guard x.count >= 3 else { throw ModelError(.mismatch, "input \(x) has no spatial axes") }
        return try SlidingWindow(
            input: Array(x.dropFirst(2)),
            kernel: kernelShape,
            strides: strides,
            dilations: dilations,
            padding: padding,
            ceiling: ceiling
        )
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let window = try window(x.shape)
        let shape = Array(x.shape.prefix(2)) + window.output
        let runs = window.runs()
        let (inputPlane, outputPlane) = (window.input.elementCount, window.output.elementCount)
        let stride = window.strides[window.strides.count - 1]
        let source = x.floats
        let divisors = divisors(window, runs)
        var means = [Float](repeating: 0, count: shape.elementCount)
        for plane in 0..<(x.shape[0] * x.shape[1]) {
            let start = plane * outputPlane
            for run in runs {
                let input = plane * inputPlane + run.input
                for index in 0..<run.count {
                    means[start + run.output + index] += source[input + index * stride]
                }
            }
            for index in 0..<outputPlane { means[start + index] /= divisors[index] }
        }
        return [Tensor(means, shape: shape, dataType: x.dataType)]
    }

    /// How many elements the mean at each output element is over.
    private func divisors(_ window: SlidingWindow, _ runs: [SlidingWindow.Run]) -> [Float] {
        var counted = window
        if includesPadding {
            // Declared padding counts, what rounding up adds beyond it does not.
            let end =
                switch padding {
                case .explicit(_, let declared) where !declared.isEmpty: declared
                case .sameUpper, .sameLower: window.end
                case .explicit, .valid: window.input.map { _ in 0 }
                }
            counted.input = window.input.indices.map { window.input[$0] + window.begin[$0] + end[$0] }
            counted.begin = [Int](repeating: 0, count: window.input.count)
        }
        var divisors = [Float](repeating: 0, count: window.output.elementCount)
        for run in includesPadding ? counted.runs() : runs {
            for index in 0..<run.count { divisors[run.output + index] += 1 }
        }
        return divisors.map { max($0, 1) }
    }
}

/// The mean over all spatial axes, which stay with extent 1 (ONNX `GlobalAveragePool`).
package struct GlobalAveragePool: Operator {
    package static let name = "GlobalAveragePool"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        return [TensorFact(dataType: x.dataType, shape: try globallyPooled(x.shape))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let shape = try globallyPooled(x.shape)
        let plane = x.shape.dropFirst(2).reduce(1, *)
        let source = x.floats
        let means = (0..<shape.elementCount).map { index -> Float in
            var sum: Double = 0
            for offset in index * plane..<(index + 1) * plane { sum += Double(source[offset]) }
            return Float(sum / Double(plane))
        }
        return [Tensor(means, shape: shape, dataType: x.dataType)]
    }
}

/// The largest element over all spatial axes, which stay with extent 1 (ONNX `GlobalMaxPool`).
package struct GlobalMaxPool: Operator {
    package static let name = "GlobalMaxPool"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.requiredFloats(0)
        return [TensorFact(dataType: x.dataType, shape: try globallyPooled(x.shape))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let shape = try globallyPooled(x.shape)
        let plane = x.shape.dropFirst(2).reduce(1, *)
        let source = x.floats
        let largest = (0..<shape.elementCount).map { index -> Float in
            source[index * plane..<(index + 1) * plane].reduce(-.infinity) { $1 > $0 ? $1 : $0 }
        }
        return [Tensor(largest, shape: shape, dataType: x.dataType)]
    }
}

private func globallyPooled(_ shape: [Int]) throws(ModelError) -> [Int] {
    guard shape.count >= 2, !shape.dropFirst(2).contains(0) else {
        throw ModelError(.mismatch, "input \(shape) has no channels or nothing to pool")
    }
    return Array(shape.prefix(2)) + [Int](repeating: 1, count: shape.count - 2)
}
