// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// Colour planes that are made of an 8-bit RGB picture: `(value - mean) * scale`, the picture in the top-left corner.
///
/// A network whose first layers work row by row makes the rows as it comes to them; the planes, four times as large as
/// the picture, are never in memory.
package struct PixelPlanes: Sendable {
    /// How values become floats; one number for each plane.
    package struct Levels: Sendable {
        /// Which channel each plane holds: 0, 1 and 2 for red, green and blue.
        package var order: SIMD3<Int32>
        /// Subtracted.
        package var mean: SIMD3<Float>
        /// Multiplied with the difference.
        package var scale: SIMD3<Float>
        /// What the planes hold where the picture does not reach.
        package var padding: SIMD3<Float>

        package init(order: SIMD3<Int32>, mean: SIMD3<Float>, scale: SIMD3<Float>, padding: SIMD3<Float>) {
            self.order = order
            self.mean = mean
            self.scale = scale
            self.padding = padding
        }
    }

    /// Columns of the planes.
    package let width: Int
    /// Rows of the planes.
    package let height: Int
    private let pixels: Pixels
    private let picture: (width: Int, height: Int)
    private let levels: Levels

    private enum Pixels: Sendable {
        case there([UInt8])
        case arriving(ArrivingPixels)
    }

    /// - Parameters:
    ///   - pixels: Red, green and blue of each pixel, row by row from the top.
    ///   - picture: Columns and rows of the picture.
    ///   - width: Columns of the planes, at least the picture's.
    ///   - height: Rows of the planes, at least the picture's.
    ///   - levels: How values become floats.
    package init(_ pixels: [UInt8], picture: (width: Int, height: Int), width: Int, height: Int, levels: Levels) {
        precondition(1...width ~= picture.width && 1...height ~= picture.height && height <= Int(Int32.max) / width)
        precondition(pixels.count == 3 * picture.width * picture.height)
        self.pixels = .there(pixels)
        self.picture = picture
        self.width = width
        self.height = height
        self.levels = levels
    }

    /// Planes of a picture that is still being made.
    ///
    /// - Parameters:
    ///   - pixels: The picture; the planes must not be used when its bytes are no longer valid.
    ///   - width: Columns of the planes, at least the picture's.
    ///   - height: Rows of the planes, at least the picture's.
    ///   - levels: How values become floats.
    package init(_ pixels: ArrivingPixels, width: Int, height: Int, levels: Levels) {
        precondition(1...width ~= pixels.width && 1...height ~= pixels.height && height <= Int(Int32.max) / width)
        self.pixels = .arriving(pixels)
        picture = (pixels.width, pixels.height)
        self.width = width
        self.height = height
        self.levels = levels
    }

    /// The picture, where it may still be on its way.
    var arrivingPixels: ArrivingPixels? {
        if case .arriving(let pixels) = pixels { pixels } else { nil }
    }

    package var count: Int { 3 * width * height }

    /// The planes, one after the other.
    package func floats() -> [Float] {
        arrivingPixels?.arrive()
        return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let output = buffer.baseAddress else { return }
            unsafe withPixels { pixels in
                guard let data = unsafe pixels.data else { return }
                unsafe cfk_planes(
                    data,
                    pixels.width,
                    pixels.height,
                    (0..<3).map { levels.order[$0] },
                    (0..<3).map { levels.mean[$0] },
                    (0..<3).map { levels.scale[$0] },
                    (0..<3).map { levels.padding[$0] },
                    Int32(width),
                    Int32(height),
                    output
                )
                filled = count
            }
        }
    }

    /// Gives `body` what kernels make the planes of, valid for the duration of the call.
    func withPixels<Result>(_ body: (cfk_pixels) -> Result) -> Result {
        switch pixels {
        case .there(let bytes): unsafe bytes.withUnsafeBufferPointer { unsafe body(pixels(at: $0.baseAddress)) }
        case .arriving(let arriving): unsafe body(pixels(at: arriving.pixels, rowsThere: arriving.rowsThere))
        }
    }

    private func pixels(at data: UnsafePointer<UInt8>?, rowsThere: UnsafePointer<Int32>? = nil) -> cfk_pixels {
        let (order, mean, scale, padding) = (levels.order, levels.mean, levels.scale, levels.padding)
        return unsafe cfk_pixels(
            data: data,
            width: Int32(picture.width),
            height: Int32(picture.height),
            order: (order.x, order.y, order.z),
            mean: (mean.x, mean.y, mean.z),
            scale: (scale.x, scale.y, scale.z),
            padding: (padding.x, padding.y, padding.z),
            rows_there: rowsThere
        )
    }
}
