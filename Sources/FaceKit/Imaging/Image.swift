// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// An 8-bit RGB image: rows from the top, pixels interleaved, no padding.
public struct Image: Hashable, Sendable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// `width * height * 3` bytes, red first.
    public let pixels: [UInt8]

    /// Creates an image from its bytes.
    ///
    /// - Parameters:
    ///   - width: Columns, at least 1.
    ///   - height: Rows, at least 1.
    ///   - pixels: `width * height * 3` bytes in RGB order, rows from the top.
    /// - Throws: ``FaceError/Code/invalidImage`` when the byte count does not fit the size.
    public init(width: Int, height: Int, pixels: [UInt8]) throws(FaceError) {
        guard width > 0, height > 0, width <= Int.max / 3 / height, pixels.count == width * height * 3 else {
            throw FaceError(.invalidImage, "\(pixels.count) bytes do not fill \(width)×\(height) RGB")
        }
        self.init(width: width, height: height, validated: pixels)
    }

    /// For callers inside the package that made `pixels` to fit.
    package init(width: Int, height: Int, validated pixels: [UInt8]) {
        assert(pixels.count == width * height * 3)
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
