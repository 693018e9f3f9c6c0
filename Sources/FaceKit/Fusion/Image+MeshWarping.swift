// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Image {
    /// Moves triangles of the picture to other places, each by the affine map of its corners, sampled bilinearly.
    ///
    /// - Parameters:
    ///   - triangles: Indices of corners.
    ///   - from: Corners in this picture.
    ///   - to: Corners in the result.
    ///   - width: Columns of the result.
    ///   - height: Rows of the result.
    /// - Returns: A picture that is black where no triangle went, and 1 for every pixel where one did.
    func warpingMesh(
        _ triangles: [DelaunayTriangulation.Triangle],
        from: [Point],
        to: [Point],
        width: Int,
        height: Int
    ) -> (image: Image, covered: [UInt8]) {
        // A face much larger than where it goes is averaged first, so that no pixel is left out.
        let factor = max(1, Int(Self.shrinking(triangles, from: from, to: to)))
        var (source, offset, step) = (self, Point(x: 0, y: 0), SIMD2<Float>(1, 1))
        if factor > 1 {
            let box = BoundingBox(around: from)
            let x = max(0, Int(box.x) - 2 * factor)
            let y = max(0, Int(box.y) - 2 * factor)
            let columns = max(1, min(self.width, Int(box.maxX) + 2 * factor + 1) - x)
            let rows = max(1, min(self.height, Int(box.maxY) + 2 * factor + 1) - y)
            if x < self.width, y < self.height {
                let part = cropped(x: x, y: y, width: columns, height: rows)
                source = part.resized(width: max(1, columns / factor), height: max(1, rows / factor), method: .area)
                offset = Point(x: Float(x), y: Float(y))
                step = SIMD2(Float(columns) / Float(source.width), Float(rows) / Float(source.height))
            }
        }
        let from = from.map {
            Point(x: ($0.x - offset.x + 0.5) / step.x - 0.5, y: ($0.y - offset.y + 0.5) / step.y - 0.5)
        }
        let drawn = triangles.compactMap { cfk_triangle($0, from: from, to: to) }
        var output = [UInt8](repeating: 0, count: 3 * width * height)
        var covered = [UInt8](repeating: 0, count: width * height)
        cfk_warp_triangles(
            source.pixels,
            Int32(source.width),
            Int32(source.height),
            drawn,
            drawn.count,
            Int32(width),
            Int32(height),
            &output,
            &covered
        )
        return (Image(width: width, height: height, validated: output), covered)
    }

    /// How many pixels become one along a side, in the mean over the triangles.
    private static func shrinking(
        _ triangles: [DelaunayTriangulation.Triangle],
        from: [Point],
        to: [Point]
    ) -> Float {
        func area(_ points: [Point]) -> Float {
            triangles.reduce(0) { sum, triangle in
                let (a, b, c) = (points[triangle.a], points[triangle.b], points[triangle.c])
                return sum + abs((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y))
            }
        }
        let (source, result) = (area(from), area(to))
        return result > 0 && source.isFinite ? min((source / result).squareRoot(), 1000) : 1
    }
}

extension cfk_triangle {
    /// The map back from a triangle of the result; `nil` for one without area.
    fileprivate init?(_ triangle: DelaunayTriangulation.Triangle, from: [Point], to: [Point]) {
        func vectors(_ points: [Point]) -> (SIMD2<Double>, SIMD2<Double>, SIMD2<Double>) {
            let (a, b, c) = (points[triangle.a], points[triangle.b], points[triangle.c])
            let origin = SIMD2(Double(a.x), Double(a.y))
            return (origin, SIMD2(Double(b.x), Double(b.y)) - origin, SIMD2(Double(c.x), Double(c.y)) - origin)
        }
        let (p, u, v) = vectors(to)
        let (q, s, t) = vectors(from)
        let determinant = u.x * v.y - v.x * u.y
        guard abs(determinant) > 1e-6, determinant.isFinite else { return nil }
        // s = M u and t = M v.
        let a = (s.x * v.y - t.x * u.y) / determinant
        let b = (t.x * u.x - s.x * v.x) / determinant
        let c = (s.y * v.y - t.y * u.y) / determinant
        let d = (t.y * u.x - s.y * v.x) / determinant
        self.init(
            corners: (p.x, p.y, p.x + u.x, p.y + u.y, p.x + v.x, p.y + v.y),
            map: (a, b, q.x - a * p.x - b * p.y, c, d, q.y - c * p.x - d * p.y)
        )
    }
}

extension BoundingBox {
    /// The smallest box about points.
    ///
    /// - Precondition: There is at least one.
    init(around points: [Point]) {
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max() else {
            preconditionFailure("a box about no point")
        }
        self.init(x: left, y: top, width: right - left, height: bottom - top)
    }
}
