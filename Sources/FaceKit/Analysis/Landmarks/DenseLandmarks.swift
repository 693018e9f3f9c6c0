// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Many points of a face, in pixels of the picture.
public struct DenseLandmarks: Hashable, Sendable {
    /// What each point stands for.
    public let scheme: LandmarkScheme
    /// As many points as the scheme has, in its order; they may lie outside the picture.
    public let points: [Point]
    /// For each point its distance from the mean depth of the face, in pixels, smaller is nearer; empty when the network
    /// tells no depth.
    public let depths: [Float]

    /// Creates landmarks.
    ///
    /// - Precondition: There are as many points, and as many depths or none, as the scheme has.
    public init(scheme: LandmarkScheme, points: [Point], depths: [Float] = []) {
        precondition(
            points.count == scheme.count && (depths.isEmpty || depths.count == scheme.count),
            "\(points.count) points and \(depths.count) depths for a scheme of \(scheme.count)"
        )
        self.scheme = scheme
        self.points = points
        self.depths = depths
    }

    /// The points of a part of the face; empty when the scheme has none.
    public subscript(feature: LandmarkScheme.Feature) -> [Point] {
        scheme.indices(of: feature).map { points[$0] }
    }

    /// The 68 points of 300-W, each the nearest in meaning; `nil` when the scheme has too few.
    public var points68: [Point]? {
        scheme.indicesOf68.map { $0.map { points[$0] } }
    }

    /// Eye centres, nose tip and mouth corners.
    public var fivePoints: Landmarks {
        guard let points = points68 else { return Landmarks(points: points) }
        return Landmarks(
            rightEye: Self.mean(points[36...41]),
            leftEye: Self.mean(points[42...47]),
            noseTip: points[30],
            rightMouthCorner: points[48],
            leftMouthCorner: points[54]
        )
    }

    /// The smallest upright box that holds all points.
    public var boundingBox: BoundingBox {
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max() else {
            preconditionFailure("no scheme is without points")
        }
        return BoundingBox(x: left, y: top, width: right - left, height: bottom - top)
    }

    private static func mean(_ points: ArraySlice<Point>) -> Point {
        let sum = points.reduce(Point(x: 0, y: 0)) { Point(x: $0.x + $1.x, y: $0.y + $1.y) }
        return Point(x: sum.x / Float(points.count), y: sum.y / Float(points.count))
    }
}
