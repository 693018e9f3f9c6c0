// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Image {
    /// Brightness of every pixel, 0...255, `width * height` bytes: 0.299 red, 0.587 green, 0.114 blue (ITU-R BT.601).
    package func grayLevels() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: width * height) { output, count in
            cfk_gray(pixels, width * height, start(of: output))
            count = width * height
        }
    }

    /// Variance of the Laplacian of the brightness: small for blurred pictures, in squared levels.
    ///
    /// The Laplacian weighs the four neighbours by 1 and the pixel by -4, mirrored at the edges, as OpenCV's does by
    /// default. The value depends on the picture's size and contrast, so compare only pictures of one size.
    public var laplacianVariance: Double {
        var sum: Int64 = 0
        var squares: Int64 = 0
        cfk_laplacian_sums(grayLevels(), Int32(width), Int32(height), &sum, &squares)
        let count = Double(width * height)
        let mean = Double(sum) / count
        return Double(squares) / count - mean * mean
    }
}
