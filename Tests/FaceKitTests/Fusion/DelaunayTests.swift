// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Testing

@Suite struct DelaunayTests {
    private static func randomPoints(_ count: Int, seed: UInt64) -> [Point] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            Point(x: .random(in: 0...300, using: &generator), y: .random(in: 0...200, using: &generator))
        }
    }

    private static func doubledArea(_ a: Point, _ b: Point, _ c: Point) -> Double {
        (Double(b.x) - Double(a.x)) * (Double(c.y) - Double(a.y))
            - (Double(c.x) - Double(a.x)) * (Double(b.y) - Double(a.y))
    }

    @Test(arguments: [3, 4, 10, 60, 200])
    func noPointLiesWithinTheCircleOfATriangle(count: Int) {
        let points = Self.randomPoints(count, seed: UInt64(count))
        let triangles = DelaunayTriangulation(points).triangles
        // Euler: 2n - 2 - h triangles for n points with h of them on the hull.
        #expect(triangles.count == 2 * count - 2 - points.convexHull.count)
        var area = 0.0
        for triangle in triangles {
            let (a, b, c) = (points[triangle.a], points[triangle.b], points[triangle.c])
            let doubled = Self.doubledArea(a, b, c)
            area += abs(doubled)
            for (index, p) in points.enumerated() where ![triangle.a, triangle.b, triangle.c].contains(index) {
                let rows = [a, b, c].map { corner in
                    (Double(corner.x) - Double(p.x), Double(corner.y) - Double(p.y))
                }
                let squares = rows.map { $0.0 * $0.0 + $0.1 * $0.1 }
                let determinant =
                    rows[0].0 * (rows[1].1 * squares[2] - rows[2].1 * squares[1])
                    - rows[0].1 * (rows[1].0 * squares[2] - rows[2].0 * squares[1])
                    + squares[0] * (rows[1].0 * rows[2].1 - rows[2].0 * rows[1].1)
                #expect(determinant * (doubled > 0 ? 1 : -1) < 1, "\(index) within \(triangle)")
            }
        }
        let hull = points.convexHull
        let hullArea = hull.indices.dropFirst(2).reduce(0.0) {
            $0 + abs(Self.doubledArea(hull[0], hull[$1 - 1], hull[$1]))
        }
        #expect(abs(area - hullArea) < 1e-3 * hullArea)
    }

    @Test func gridsWhereFourPointsShareACircleAreCoveredOnce() {
        let points = (0..<49).map { Point(x: Float($0 % 7) * 10, y: Float($0 / 7) * 10) }
        let triangles = DelaunayTriangulation(points).triangles
        let area = triangles.reduce(0.0) { $0 + abs(Self.doubledArea(points[$1.a], points[$1.b], points[$1.c])) / 2 }
        #expect(abs(area - 3600) < 1e-3)
        #expect(triangles.count == 72)
    }

    @Test func fewPointsAndLinesGiveNoTriangle() {
        #expect(DelaunayTriangulation([]).triangles.isEmpty)
        #expect(DelaunayTriangulation([Point(x: 0, y: 0), Point(x: 1, y: 1)]).triangles.isEmpty)
        let line = (0..<9).map { Point(x: Float($0), y: Float($0)) }
        #expect(FaceMesh(points: line, sourcePoints: line, targetPoints: line, keeping: 0).triangles.isEmpty)
    }

    @Test func aMeshHasNoTriangleThatIsTurnedOver() {
        let points = Self.randomPoints(80, seed: 3)
        var moved = points
        // Half the points jump over others, as the hidden cheek of a turned head does.
        for index in 0..<40 { moved[index].x += 60 }
        let mesh = FaceMesh(points: points, sourcePoints: moved, targetPoints: points, keeping: 0)
        #expect(mesh.triangles.count > 5)
        for triangle in mesh.triangles {
            let areas = [mesh.points, mesh.sourcePoints, mesh.targetPoints].map {
                Self.doubledArea($0[triangle.a], $0[triangle.b], $0[triangle.c])
            }
            #expect(areas.allSatisfy { $0 > 0 } || areas.allSatisfy { $0 < 0 })
        }
    }
}
