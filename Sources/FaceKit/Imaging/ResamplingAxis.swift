// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// How pixels are weighed when a picture is scaled; all methods stay within one level of OpenCV's.
public enum ResamplingMethod: Hashable, Sendable {
    /// Every output pixel averages the input that it covers. Where a side grows, pixels keep their extent and only the
    /// seams between them are interpolated, as in OpenCV's `INTER_AREA`.
    case area
    /// Interpolates between the four nearest pixel centres, also when shrinking: OpenCV's `INTER_LINEAR`.
    case bilinear
    /// Weighs the sixteen nearest pixels with Keys's cubic at -0.75, also when shrinking: OpenCV's `INTER_CUBIC`. Edges
    /// come out sharper, and levels that overshoot are brought to 0...255.
    case bicubic
}

/// The taps of one axis of a separable resampling: which input each output weighs, and by how much.
///
/// The positions and weights follow OpenCV's `resize`, so that models specified with it see the same pixels. Inputs
/// outside `available` count as zero: their taps are left out while the weights stay.
struct ResamplingAxis {
    /// Index of the first tap of each output, counted from the first available input.
    private(set) var first: [Int32]
    /// `taps` weights for each output.
    private(set) var weights: [Float]
    /// Inputs that each output weighs, at most.
    let taps: Int

    /// Averages the stretch of input that each output covers; `output` is at most `input`.
    static func covering(input: Int, output: Int, available: Range<Int>) -> Self {
        let scale = 1 / (Double(output) / Double(input))
        var axis = Self(output: output, widest: Int(scale.rounded(.up)) + 1, available: available)
        for index in 0..<output {
            let start = Double(index) * scale
            let end = start + scale
            let extent = min(scale, Double(input) - start)
            let lastWhole = min(Int(end.rounded(.down)), input - 1)
            let firstWhole = min(Int(start.rounded(.up)), lastWhole)
            var taps: [(Int, Double)] = []
            // Slivers below a thousandth of a pixel come from rounding and are left out.
            if Double(firstWhole) - start > 1e-3 { taps.append((firstWhole - 1, Double(firstWhole) - start)) }
            for whole in firstWhole..<lastWhole { taps.append((whole, 1)) }
            let rest = end - Double(lastWhole)
            if rest > 1e-3 { taps.append((lastWhole, min(rest, 1, extent))) }
            axis.set(index, taps.map { ($0.0, Float($0.1 / extent)) }, available: available)
        }
        return axis
    }

    /// Interpolates between two neighbours; `keepsExtent` gives the variant that ``ResamplingMethod/area`` uses to grow.
    static func interpolating(input: Int, output: Int, keepsExtent: Bool, available: Range<Int>) -> Self {
        let growth = Double(output) / Double(input)
        let scale = 1 / growth
        var axis = Self(output: output, widest: 2, available: available)
        for index in 0..<output {
            var left: Int
            var fraction: Float
            if keepsExtent {
                left = Int((Double(index) * scale).rounded(.down))
                fraction = Float(Double(index + 1) - Double(left + 1) * growth)
                fraction = fraction <= 0 ? 0 : fraction - fraction.rounded(.down)
            } else {
                let position = (Double(index) + 0.5) * scale - 0.5
                left = Int(position.rounded(.down))
                fraction = Float(position - Double(left))
            }
            if left < 0 { (left, fraction) = (0, 0) }
            if left >= input - 1 { (left, fraction) = (input - 1, 0) }
            axis.set(index, [(left, 1 - fraction), (left + 1, fraction)], available: available)
        }
        return axis
    }

    /// Interpolates between four neighbours by the cubic convolution of Keys (1981), with edge pixels repeated.
    static func cubic(input: Int, output: Int, available: Range<Int>) -> Self {
        let scale = Double(input) / Double(output)
        let sharpness: Float = -0.75
        var axis = Self(output: output, widest: 4, available: available)
        for index in 0..<output {
            let position = (Double(index) + 0.5) * scale - 0.5
            let left = Int(position.rounded(.down))
            let fraction = Float(position - Double(left))
            let near = [fraction, 1 - fraction].map { distance in
                ((sharpness + 2) * distance - (sharpness + 3)) * distance * distance + 1
            }
            let far = 1 + fraction
            let first = ((sharpness * far - 5 * sharpness) * far + 8 * sharpness) * far - 4 * sharpness
            let weights = [first, near[0], near[1], 1 - first - near[0] - near[1]]
            var taps: [(Int, Float)] = []
            for (offset, weight) in weights.enumerated() {
                let tap = min(max(left - 1 + offset, 0), input - 1)
                if let last = taps.indices.last, taps[last].0 == tap {
                    taps[last].1 += weight
                } else {
                    taps.append((tap, weight))
                }
            }
            axis.set(index, taps, available: available)
        }
        return axis
    }

    private init(output: Int, widest: Int, available: Range<Int>) {
        taps = min(widest, available.count)
        first = [Int32](repeating: 0, count: output)
        weights = [Float](repeating: 0, count: output * taps)
    }

    private mutating func set(_ index: Int, _ contributions: [(Int, Float)], available: Range<Int>) {
        guard let start = contributions.first(where: { available.contains($0.0) && $0.1 != 0 })?.0 else { return }
        // Moved back where the taps would reach beyond the last input; the weights in front of them are zero.
        let base = min(start, available.upperBound - taps)
        first[index] = Int32(base - available.lowerBound)
        for (position, weight) in contributions where available.contains(position) && weight != 0 {
            weights[index * taps + position - base] = weight
        }
    }

    /// Lends the axis to C for the duration of `body`.
    func withAxis<Result>(_ body: (cfk_axis) -> Result) -> Result {
        first.withUnsafeBufferPointer { first in
            weights.withUnsafeBufferPointer { weights in
                guard let firstStart = first.baseAddress, let weightStart = weights.baseAddress else {
                    preconditionFailure("a resampling axis has at least one output and one tap")
                }
                return body(
                    cfk_axis(first: firstStart, weights: weightStart, taps: Int32(taps), count: Int32(first.count))
                )
            }
        }
    }
}
