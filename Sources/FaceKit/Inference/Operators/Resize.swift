// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A tensor sampled at another size (ONNX `Resize` and `Upsample`).
///
/// Inputs: x, region of interest, scales, sizes; all but x optional. One of `scales` and `sizes`, here or among the
/// inputs, says how large the output is.
package struct Resize: Operator {
    package static let name = "Resize"

    package enum Mode: Sendable, Hashable {
        case nearest, linear, cubic
    }

    /// Which input coordinate belongs to an output coordinate.
    package enum CoordinateMode: String, Sendable, Hashable {
        case halfPixel = "half_pixel"
        case halfPixelSymmetric = "half_pixel_symmetric"
        case pytorchHalfPixel = "pytorch_half_pixel"
        case alignCorners = "align_corners"
        case asymmetric
        case halfPixelForNearest = "tf_half_pixel_for_nn"
        case cropAndResize = "tf_crop_and_resize"
    }

    package enum Rounding: String, Sendable, Hashable {
        case halfDown = "round_prefer_floor"
        case halfUp = "round_prefer_ceil"
        case down = "floor"
        case up = "ceil"
    }

    /// How one common scale is chosen where sizes are given.
    package enum AspectRatio: String, Sendable, Hashable {
        case stretch
        case notLarger = "not_larger"
        case notSmaller = "not_smaller"
    }

    package var mode: Mode
    package var coordinateMode: CoordinateMode
    package var rounding: Rounding
    /// Output extents over input extents, one per axis in `axes`.
    package var scales: [Float]?
    /// Output extents, one per axis in `axes`.
    package var sizes: [Int]?
    /// What scales and sizes are for; `nil` stands for all axes.
    package var axes: [Int]?
    package var aspectRatio: AspectRatio
    /// Keys' parameter of the cubic kernel.
    package var cubicCoefficient: Float
    /// Whether samples outside the input get no weight, the others being scaled up to make 1.
    package var excludesOutside: Bool
    /// Whether the kernel is widened when the output is smaller, so that every input element counts.
    package var antialiases: Bool
    /// What lies outside the region of interest in the mode `cropAndResize`.
    package var extrapolationValue: Float

    package init(
        mode: Mode = .nearest,
        coordinateMode: CoordinateMode = .halfPixel,
        rounding: Rounding = .halfDown,
        scales: [Float]? = nil,
        sizes: [Int]? = nil,
        axes: [Int]? = nil,
        aspectRatio: AspectRatio = .stretch,
        cubicCoefficient: Float = -0.75,
        excludesOutside: Bool = false,
        antialiases: Bool = false,
        extrapolationValue: Float = 0
    ) {
        self.mode = mode
        self.coordinateMode = coordinateMode
        self.rounding = rounding
        self.scales = scales
        self.sizes = sizes
        self.axes = axes
        self.aspectRatio = aspectRatio
        self.cubicCoefficient = cubicCoefficient
        self.excludesOutside = excludesOutside
        self.antialiases = antialiases
        self.extrapolationValue = extrapolationValue
    }

    /// Along one axis: how many elements come out, at what scale, from which part of the input.
    private struct Axis {
        var extent: Int
        var output: Int
        var scale: Double
        var regionStart: Double = 0
        var regionEnd: Double = 1
    }

    private func plan(_ inputs: [TensorFact?]) throws(ModelError) -> [Axis] {
        let shape = try inputs.required(0).shape
        let axes = try shape.resolvedAxes(axes ?? Array(shape.indices))
        var plan = shape.map { Axis(extent: $0, output: $0, scale: 1) }
        var scales = self.scales
        var sizes = self.sizes
        if scales == nil, sizes == nil {
            scales = try inputs.constantFloats(2, "scales")
            sizes = try inputs.constantIntegers(3, "sizes")
            if scales?.isEmpty == true { scales = nil }
            if sizes?.isEmpty == true { sizes = nil }
        }
        if let sizes {
            guard sizes.count == axes.count, sizes.allSatisfy({ $0 >= 0 }) else {
                throw ModelError(.mismatch, "sizes \(sizes) do not fit \(axes.count) axes of \(shape)")
            }
            let ratios = axes.indices.map { Double(sizes[$0]) / Double(max(shape[axes[$0]], 1)) }
            let common = aspectRatio == .notLarger ? ratios.min() ?? 1 : ratios.max() ?? 1
            for (index, axis) in axes.enumerated() {
                plan[axis].output = sizes[index]
                plan[axis].scale = ratios[index]
                if aspectRatio != .stretch {
                    plan[axis].scale = common
                    plan[axis].output = try extent(common * Double(shape[axis]) + 0.5, of: shape)
                }
            }
        } else if let scales {
            guard scales.count == axes.count, scales.allSatisfy({ $0 > 0 && $0.isFinite }) else {
                throw ModelError(.mismatch, "scales \(scales) do not fit \(axes.count) axes of \(shape)")
            }
            for (index, axis) in axes.enumerated() {
                plan[axis].scale = Double(scales[index])
                plan[axis].output = try extent(Double(scales[index]) * Double(shape[axis]), of: shape)
            }
        } else {
            throw ModelError(.malformed, "neither scales nor sizes are given")
        }
        if coordinateMode == .cropAndResize {
            guard let region = try inputs.constantFloats(1, "region of interest"), region.count == 2 * axes.count else {
                throw ModelError(.malformed, "the region of interest is missing or does not fit \(shape)")
            }
            guard region.allSatisfy({ abs($0) < 1e6 }), !antialiases else {
                throw ModelError(.unsupported, "region of interest \(region), antialiasing \(antialiases)")
            }
            for (index, axis) in axes.enumerated() {
                plan[axis].regionStart = Double(region[index])
                plan[axis].regionEnd = Double(region[axes.count + index])
                // A whole axis of unchanged extent is left alone.
                if let sizes {
                    plan[axis].scale = Double(sizes[index]) / Double(max(shape[axis], 1))
                } else {
                    let part = plan[axis].regionEnd - plan[axis].regionStart
                    plan[axis].output = try extent(Double(shape[axis]) * part * plan[axis].scale, of: shape)
                }
            }
        }
        for axis in plan where axis.output > 0 && axis.extent == 0 {
            throw ModelError(.mismatch, "an empty axis of \(shape) cannot grow")
        }
        try plan.map(\.output).checkedElementCount()
        return plan
    }

    private func extent(_ value: Double, of shape: [Int]) throws(ModelError) -> Int {
        guard let extent = Int(exactly: value.rounded(.down)), extent >= 0, extent <= [Int].maximumElementCount else {
            throw ModelError(.tooLarge, "resizing \(shape) gives an extent of \(value)")
        }
        return extent
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let x = try inputs.required(0)
        guard x.dataType.isFloatingPoint || mode == .nearest else {
            throw ModelError(.unsupported, "interpolation of \(x.dataType)")
        }
        return [TensorFact(dataType: x.dataType, shape: try plan(inputs).map(\.output))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        let plan = try plan(inputs.map { $0.map(TensorFact.init(constant:)) })
        if !x.dataType.isFloatingPoint { return [nearestIntegers(x, plan)] }
        var (elements, shape) = (x.floats, x.shape)
        // Interpolation is separable: one axis after the other.
        for (axis, step) in plan.enumerated() where !isIdentity(step) {
            let samples = (0..<step.output).map { taps(at: $0, step) }
            let inner = shape[(axis + 1)...].reduce(1, *)
            let outer = shape[..<axis].reduce(1, *)
            var next: [Float] = []
            next.reserveCapacity(outer * step.output * inner)
            for row in 0..<outer {
                for taps in samples {
                    for column in 0..<inner {
                        guard let taps else {
                            next.append(extrapolationValue)
                            continue
                        }
                        var sum: Float = 0
                        for tap in taps {
                            sum += tap.weight * elements[(row * step.extent + tap.index) * inner + column]
                        }
                        next.append(sum)
                    }
                }
            }
            elements = next
            shape[axis] = step.output
        }
        return [Tensor(elements, shape: shape, dataType: x.dataType)]
    }

    private func nearestIntegers(_ x: Tensor, _ plan: [Axis]) -> Tensor {
        var offsets = [0]
        let strides = x.shape.rowMajorStrides
        for (axis, step) in plan.enumerated() {
            let indices = (0..<step.output).map { isIdentity(step) ? $0 : taps(at: $0, step)?[0].index ?? 0 }
            offsets = offsets.flatMap { base in indices.map { base + $0 * strides[axis] } }
        }
        return x.picking(offsets, shape: plan.map(\.output))
    }

    private func isIdentity(_ axis: Axis) -> Bool {
        axis.output == axis.extent && axis.scale == 1 && axis.regionStart == 0 && axis.regionEnd == 1
    }

    /// The input elements that make the output element at `position` along an axis; `nil` for the extrapolation value.
    private func taps(at position: Int, _ axis: Axis) -> [(index: Int, weight: Float)]? {
        let coordinate = coordinate(Double(position), axis)
        let last = axis.extent - 1
        if coordinateMode == .cropAndResize, coordinate < 0 || coordinate > Double(last) { return nil }
        if mode == .nearest { return [(min(max(rounded(coordinate), 0), last), 1)] }

        // Neighbours within the kernel's radius, which antialiasing widens by the reduction.
        let stretch = antialiases ? min(axis.scale, 1) : 1
        let radius = (mode == .linear ? 1 : 2) / stretch
        let lower = Int((coordinate - radius).rounded(.down)) + 1
        let upper = Int((coordinate + radius).rounded(.up)) - 1
        var taps: [(index: Int, weight: Double)] = []
        for index in lower...max(lower, upper) {
            if excludesOutside, index < 0 || index > last { continue }
            let weight = kernel((Double(index) - coordinate) * stretch)
            taps.append((min(max(index, 0), last), weight))
        }
        let total = taps.reduce(0) { $0 + $1.weight }
        return taps.map { ($0.index, Float(total == 0 ? 0 : $0.weight / total)) }
    }

    private func coordinate(_ position: Double, _ axis: Axis) -> Double {
        let (extent, output) = (Double(axis.extent), Double(axis.output))
        switch coordinateMode {
        case .halfPixel: return (position + 0.5) / axis.scale - 0.5
        case .pytorchHalfPixel: return output > 1 ? (position + 0.5) / axis.scale - 0.5 : 0
        case .halfPixelSymmetric:
            // Whole output extents are a little smaller than scaled ones; half of the difference goes to each side.
            let adjustment = output / (axis.scale * extent)
            return extent / 2 * (1 - adjustment) + (position + 0.5) / axis.scale - 0.5
        case .alignCorners:
            // The specification divides by the scaled extent before it is rounded down.
            return output > 1 ? position * (extent - 1) / (axis.scale * extent - 1) : 0
        case .asymmetric: return position / axis.scale
        case .halfPixelForNearest: return (position + 0.5) / axis.scale
        case .cropAndResize:
            let (start, end) = (axis.regionStart * (extent - 1), axis.regionEnd * (extent - 1))
            return output > 1 ? start + position * (end - start) / (output - 1) : (start + end) / 2
        }
    }

    private func rounded(_ coordinate: Double) -> Int {
        switch rounding {
        case .halfDown: Int((coordinate - 0.5).rounded(.up))
        case .halfUp: Int((coordinate + 0.5).rounded(.down))
        case .down: Int(coordinate.rounded(.down))
        case .up: Int(coordinate.rounded(.up))
        }
    }

    /// The triangle or Keys' cubic, from "Cubic convolution interpolation for digital image processing" (1981).
    private func kernel(_ distance: Double) -> Double {
        let t = abs(distance)
        if mode == .linear { return max(0, 1 - t) }
        let a = Double(cubicCoefficient)
        if t <= 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
        if t < 2 { return ((t - 5) * t + 8) * t * a - 4 * a }
        return 0
    }
}

extension Resize: SpatialResampling {
    func resampledAxes(_ inputs: [TensorFact?]) throws(ModelError) -> (rows: ResampledAxis, columns: ResampledAxis)? {
        let plan = try plan(inputs)
        guard plan.count == 4, isIdentity(plan[0]), isIdentity(plan[1]) else { return nil }
        var axes: [ResampledAxis] = []
        for step in plan[2...] {
            var axis = ResampledAxis(taps: [])
            for position in 0..<step.output {
                guard !isIdentity(step) else {
                    axis.taps.append([ResampledAxis.Tap(index: position, weight: 1)])
                    continue
                }
                guard let found = taps(at: position, step), !found.isEmpty else { return nil }
                axis.taps.append(found.map { ResampledAxis.Tap(index: $0.index, weight: $0.weight) })
            }
            axes.append(axis)
        }
        return (axes[0], axes[1])
    }
}
