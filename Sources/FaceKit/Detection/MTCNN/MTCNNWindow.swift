// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A window of the cascade: pixels counted from 1, both ends included, as in the facenet project.
struct MTCNNWindow: Sendable {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double
    var confidence: Float

    /// The distance of the ends, one less than the number of columns.
    var width: Double { right - left }
    /// The distance of the ends, one less than the number of rows.
    var height: Double { bottom - top }

    /// The columns and rows as a box, for overlaps.
    var inclusiveBox: BoundingBox {
        BoundingBox(x: Float(left), y: Float(top), width: Float(width + 1), height: Float(height + 1))
    }

    /// Moves each edge by its share of the extent; `inclusive` counts both ends.
    func regressed(by regression: SIMD4<Float>, inclusive: Bool) -> MTCNNWindow {
        let (width, height) = (self.width + (inclusive ? 1 : 0), self.height + (inclusive ? 1 : 0))
        var moved = self
        moved.left += Double(regression[0]) * width
        moved.top += Double(regression[1]) * height
        moved.right += Double(regression[2]) * width
        moved.bottom += Double(regression[3]) * height
        return moved
    }

    /// Widens the shorter side about the middle.
    func squared() -> MTCNNWindow {
        let side = max(width, height)
        var square = self
        square.left += width / 2 - side / 2
        square.top += height / 2 - side / 2
        square.right = square.left + side
        square.bottom = square.top + side
        return square
    }

    /// Cuts the fractions off.
    func truncated() -> MTCNNWindow {
        MTCNNWindow(
            left: left.rounded(.towardZero),
            top: top.rounded(.towardZero),
            right: right.rounded(.towardZero),
            bottom: bottom.rounded(.towardZero),
            confidence: confidence
        )
    }

    /// Whether at least one pixel of `image` is in the window, and the window is not absurdly larger than the image.
    func isVisible(in image: Image) -> Bool {
        let limit = 4 * Double(max(image.width, image.height)) + 64
        return right >= left && bottom >= top && width < limit && height < limit
            && right >= 1 && bottom >= 1 && left <= Double(image.width) && top <= Double(image.height)
    }
}
