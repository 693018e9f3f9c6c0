// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Triangles between points so that no point lies within the circle through the corners of a triangle.
///
/// By adding one point after the other (A. Bowyer and D. Watson, 1981).
package struct DelaunayTriangulation {
    /// Three indices of points, counter-clockwise where y grows upwards (clockwise on a screen).
    package struct Triangle: Hashable, Sendable {
        package let a, b, c: Int
    }

    /// The triangles, which cover the convex hull of the points.
    package let triangles: [Triangle]

    /// Triangulates points.
    ///
    /// - Parameter points: Finite and apart from one another; fewer than three, or all on one line, give no triangle.
    /// - Complexity: O(n²) for n points.
    package init(_ points: [Point]) {
        guard points.count >= 3 else {
            triangles = []
            return
        }
        let real = points.map { SIMD2(Double($0.x), Double($0.y)) }
        var low = real[0]
        var high = real[0]
        for point in real {
            low = SIMD2(min(low.x, point.x), min(low.y, point.y))
            high = SIMD2(max(high.x, point.x), max(high.y, point.y))
        }
        let middle = (low + high) / 2
        let extent = max(high.x - low.x, high.y - low.y, 1)
        // A triangle about everything, far enough off that it hardly cuts into the hull.
        let count = points.count
        let corners =
            real + [
                middle + SIMD2(-1000 * extent, -600 * extent), middle + SIMD2(1000 * extent, -600 * extent),
                middle + SIMD2(0, 1000 * extent),
            ]
        var open = [Circumscribed(count, count + 1, count + 2, corners)]
        for (index, point) in real.enumerated() {
            // Edges of the hole that the triangles leave whose circles hold the point: those that only one of them has.
            var edges: [Edge: Int] = [:]
            var kept: [Circumscribed] = []
            kept.reserveCapacity(open.count + 2)
            for triangle in open {
                guard triangle.circleHolds(point) else {
                    kept.append(triangle)
                    continue
                }
                for (from, to) in [(triangle.a, triangle.b), (triangle.b, triangle.c), (triangle.c, triangle.a)] {
                    edges[Edge(from: from, to: to), default: 0] += 1
                }
            }
            for edge in edges.keys where edges[Edge(from: edge.to, to: edge.from)] == nil {
                kept.append(Circumscribed(edge.from, edge.to, index, corners))
            }
            open = kept
        }
        // The order of a dictionary's keys changes from run to run; a result must not.
        triangles = open.filter { max($0.a, $0.b, $0.c) < count }
            .map { triangle in
                let (a, b, c) = (triangle.a, triangle.b, triangle.c)
                return a < b && a < c
                    ? Triangle(a: a, b: b, c: c) : b < c ? Triangle(a: b, b: c, c: a) : Triangle(a: c, b: a, c: b)
            }
            .sorted { ($0.a, $0.b, $0.c) < ($1.a, $1.b, $1.c) }
    }

    private struct Edge: Hashable {
        let from, to: Int
    }

    /// A triangle and the circle through its corners.
    private struct Circumscribed {
        let a, b, c: Int
        private let center: SIMD2<Double>
        private let squaredRadius: Double

        init(_ a: Int, _ b: Int, _ c: Int, _ points: [SIMD2<Double>]) {
            (self.a, self.b, self.c) = (a, b, c)
            let (ab, ac) = (points[b] - points[a], points[c] - points[a])
            let (bb, cc) = ((ab * ab).sum(), (ac * ac).sum())
            let doubled = 2 * (ab.x * ac.y - ab.y * ac.x)
            if abs(doubled) > 1e-12 * (bb + cc) {
                let toCenter = SIMD2(ac.y * bb - ab.y * cc, ab.x * cc - ac.x * bb) / doubled
                center = points[a] + toCenter
                squaredRadius = (toCenter * toCenter).sum()
            } else {
                // Flat: every point lies within, so that the triangle is replaced by the next one.
                (center, squaredRadius) = (points[a], .infinity)
            }
        }

        func circleHolds(_ point: SIMD2<Double>) -> Bool {
            let distance = point - center
            return (distance * distance).sum() < squaredRadius
        }
    }
}
