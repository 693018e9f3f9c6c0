// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// An upright rectangle in pixels, top-left origin; it may reach beyond the image's edges.
public struct BoundingBox: Hashable, Sendable {
    /// Left edge.
    public var x: Float
    /// Top edge.
    public var y: Float
    /// Extent to the right.
    public var width: Float
    /// Extent downwards.
    public var height: Float

    /// Creates a box from its top-left corner and its extents, all in pixels.
    public init(x: Float, y: Float, width: Float, height: Float) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// Right edge, `x + width`.
    public var maxX: Float { x + width }

    /// Bottom edge, `y + height`.
    public var maxY: Float { y + height }

    /// `width * height`, zero for a box whose extents are not both positive.
    public var area: Float { width > 0 && height > 0 ? width * height : 0 }

    /// The middle of the box.
    public var center: Point { Point(x: x + width / 2, y: y + height / 2) }

    /// Area of the overlap with `other`, in square pixels.
    public func intersectionArea(with other: BoundingBox) -> Float {
        let overlapWidth = min(maxX, other.maxX) - max(x, other.x)
        let overlapHeight = min(maxY, other.maxY) - max(y, other.y)
        return overlapWidth > 0 && overlapHeight > 0 ? overlapWidth * overlapHeight : 0
    }

    /// Intersection over union (Jaccard index) with `other`, in 0...1.
    public func intersectionOverUnion(with other: BoundingBox) -> Float {
        let shared = intersectionArea(with: other)
        let union = area + other.area - shared
        return union > 0 ? shared / union : 0
    }
}
