// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension AffineTransform2x3 {
    /// Creates the map of six free numbers that brings `source` nearest to `destination` in the sense of least squares.
    ///
    /// Unlike a ``SimilarityTransform`` it may shear and stretch, so it brings five landmarks nearer to a template, at
    /// the price of changing the face's proportions.
    ///
    /// - Parameters:
    ///   - source: Three points or more that do not lie on one line.
    ///   - destination: As many points as `source`, in the same order.
    /// - Throws: ``FaceError/Code/degenerateLandmarks`` when the points of either side lie on one line or a coordinate is
    ///   not finite.
    /// - Precondition: Both sides have the same number of points.
    public init(mapping source: [Point], onto destination: [Point]) throws(FaceError) {
        precondition(source.count == destination.count, "every point needs its counterpart")
        let count = Double(max(1, source.count))
        func middle(_ points: [Point]) -> (x: Double, y: Double) {
            (points.reduce(0) { $0 + Double($1.x) } / count, points.reduce(0) { $0 + Double($1.y) } / count)
        }
        let (from, to) = (middle(source), middle(destination))
        // Sums of products about the middles: the normal equations fall apart into two of two unknowns.
        var (xx, xy, yy) = (0.0, 0.0, 0.0)
        var (ux, uy, vx, vy) = (0.0, 0.0, 0.0, 0.0)
        for (one, other) in zip(source, destination) {
            let (x, y) = (Double(one.x) - from.x, Double(one.y) - from.y)
            let (u, v) = (Double(other.x) - to.x, Double(other.y) - to.y)
            xx += x * x
            xy += x * y
            yy += y * y
            ux += u * x
            uy += u * y
            vx += v * x
            vy += v * y
        }
        let determinant = xx * yy - xy * xy
        let (a, b) = ((ux * yy - uy * xy) / determinant, (uy * xx - ux * xy) / determinant)
        let (c, d) = ((vx * yy - vy * xy) / determinant, (vy * xx - vx * xy) / determinant)
        let (tx, ty) = (to.x - a * from.x - b * from.y, to.y - c * from.x - d * from.y)
        self.init(a: a, b: b, tx: tx, c: c, d: d, ty: ty)
        // Relative to the extent, so that tiny faces are not taken for flat ones.
        guard determinant > 1e-9 * (xx + yy) * (xx + yy), abs(self.determinant) > 1e-9, inverse != nil else {
            throw FaceError(
                .degenerateLandmarks,
                "\(source.count) points with the variances \(xx / count) and \(yy / count) define no affine map"
            )
        }
    }
}
