// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Cuts windows out of a picture at the size a network wants, without rounding to bytes on the way.
///
/// The weights are those of OpenCV's area interpolation: the covered share of each pixel where both axes shrink,
/// otherwise linear interpolation between the pixels whose areas meet. What lies outside the picture is black.
enum MTCNNWindowSampler {
    /// One source position and its weight.
    private struct Tap {
        var position: Int
        var weight: Float
    }

    /// Returns planes [3, `side`, `side`] of a window, in the colour order and value range of `input`.
    ///
    /// - Precondition: The window has whole-numbered ends and is visible in `image`.
    static func planes(of window: MTCNNWindow, in image: Image, side: Int, input: ModelInput) -> [Float] {
        let (left, top) = (Int(window.left) - 1, Int(window.top) - 1)
        let (columns, rows) = (Int(window.width) + 1, Int(window.height) + 1)
        let shrinks = columns >= side && rows >= side
        let horizontal = taps(from: columns, to: side, shrinks: shrinks)
        let vertical = taps(from: rows, to: side, shrinks: shrinks)
        let plane = side * side
        var planes = [Float](repeating: 0, count: 3 * plane)
        var rowSums = [Float](repeating: 0, count: 3 * side)
        var summedRow = -1
        for y in 0..<side {
            for tap in vertical[y] {
                guard 0..<image.height ~= top + tap.position else { continue }
                if tap.position != summedRow {
                    summedRow = tap.position
                    let start = (top + tap.position) * image.width
                    for x in 0..<side {
                        var (red, green, blue) = (Float(0), Float(0), Float(0))
                        for tap in horizontal[x] where 0..<image.width ~= left + tap.position {
                            let pixel = 3 * (start + left + tap.position)
                            red += tap.weight * Float(image.pixels[pixel])
                            green += tap.weight * Float(image.pixels[pixel + 1])
                            blue += tap.weight * Float(image.pixels[pixel + 2])
                        }
                        rowSums[x] = red
                        rowSums[side + x] = green
                        rowSums[2 * side + x] = blue
                    }
                }
                for x in 0..<side {
                    planes[y * side + x] += tap.weight * rowSums[x]
                    planes[plane + y * side + x] += tap.weight * rowSums[side + x]
                    planes[2 * plane + y * side + x] += tap.weight * rowSums[2 * side + x]
                }
            }
        }
        if input.color == .bgr {
            for index in 0..<plane { planes.swapAt(index, 2 * plane + index) }
        }
        for channel in 0..<3 {
            for index in channel * plane..<(channel + 1) * plane {
                planes[index] = (planes[index] - input.mean[channel]) * input.scale[channel]
            }
        }
        return planes
    }

    private static func taps(from source: Int, to side: Int, shrinks: Bool) -> [[Tap]] {
        let ratio = Double(source) / Double(side)
        return (0..<side).map { index in
            shrinks
                ? coveredPixels(from: Double(index) * ratio, length: ratio, count: source)
                : neighbours(of: index, ratio: ratio, count: source)
        }
    }

    /// The pixels under a cell that begins at `start`, each with the share of the cell it covers.
    private static func coveredPixels(from start: Double, length: Double, count: Int) -> [Tap] {
        let end = min(start + length, Double(count))
        return (Int(start)..<min(Int(end.rounded(.up)), count)).compactMap { position in
            let covered = min(Double(position + 1), end) - max(Double(position), start)
            // OpenCV leaves out slivers below a thousandth.
            return covered > 1e-3 ? Tap(position: position, weight: Float(covered / (end - start))) : nil
        }
    }

    /// The pixel in which a cell begins and the next, weighted by the share of the cell that reaches into the latter.
    private static func neighbours(of index: Int, ratio: Double, count: Int) -> [Tap] {
        let position = min(Int(Double(index) * ratio), count - 1)
        let reach = Double(index + 1) - Double(position + 1) / ratio
        let weight = position == count - 1 || reach <= 0 ? 0 : Float(reach - reach.rounded(.down))
        let first = Tap(position: position, weight: 1 - weight)
        return weight == 0 ? [first] : [first, Tap(position: position + 1, weight: weight)]
    }
}
