// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// The points of a face and about it, and triangles between them that lie the same way in both pictures of a fusion.
package struct FaceMesh {
    /// Points in the result; the first ones are landmarks.
    package private(set) var points: [Point]
    /// Where each of them is in the source.
    package private(set) var sourcePoints: [Point]
    /// Where each of them is in the target.
    package private(set) var targetPoints: [Point]
    /// Triangles between the points; none is flat or turned over in any of the three.
    package private(set) var triangles: [DelaunayTriangulation.Triangle] = []

    /// The least area of a triangle, in squared pixels.
    private static let smallestArea: Float = 0.05

    /// Connects points, leaving out those that lie on others and those about which triangles would be turned over, as
    /// the hidden cheek of a turned head is.
    ///
    /// - Precondition: There are as many points on every side.
    package init(points: [Point], sourcePoints: [Point], targetPoints: [Point], keeping fixed: Int) {
        precondition(points.count == sourcePoints.count && points.count == targetPoints.count)
        self.points = []
        self.sourcePoints = []
        self.targetPoints = []
        var isFixed: [Bool] = []
        for index in points.indices {
            let apart = self.points.allSatisfy { hypot($0.x - points[index].x, $0.y - points[index].y) > 0.5 }
            guard apart else { continue }
            self.points.append(points[index])
            self.sourcePoints.append(sourcePoints[index])
            self.targetPoints.append(targetPoints[index])
            isFixed.append(index >= points.count - fixed)
        }
        // Each round leaves out at least one point, so this ends.
        while true {
            triangles = DelaunayTriangulation(self.points).triangles
            var faults = Array(repeating: 0, count: self.points.count)
            for triangle in triangles where isTurnedOver(triangle) {
                for corner in [triangle.a, triangle.b, triangle.c] where !isFixed[corner] { faults[corner] += 1 }
            }
            guard let most = faults.max(), most > 0 else { break }
            let kept = faults.indices.filter { faults[$0] < max(most, 2) || (most == 1 && faults[$0] == 0) }
            // Of corners that are all at fault once, leaving out every third is enough for a new try.
            let dropped = kept.count == faults.count ? faults.firstIndex(of: most) : nil
            let indices = dropped.map { dropped in kept.filter { $0 != dropped } } ?? kept
            self.points = indices.map { self.points[$0] }
            self.sourcePoints = indices.map { self.sourcePoints[$0] }
            self.targetPoints = indices.map { self.targetPoints[$0] }
            isFixed = indices.map { isFixed[$0] }
        }
        triangles.removeAll(where: isTurnedOver)
    }

    private func isTurnedOver(_ triangle: DelaunayTriangulation.Triangle) -> Bool {
        let sign: Float = area(triangle, points) > 0 ? 1 : -1
        return [points, sourcePoints, targetPoints].contains { sign * area(triangle, $0) < Self.smallestArea }
    }

    private func area(_ triangle: DelaunayTriangulation.Triangle, _ points: [Point]) -> Float {
        let (a, b, c) = (points[triangle.a], points[triangle.b], points[triangle.c])
        return ((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y)) / 2
    }
}
