// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// A rotation, a uniform scale and a shift of the plane: no shear and no mirroring.
///
/// Maps (x, y) to (`a` x − `b` y + `tx`, `b` x + `a` y + `ty`); lengths grow by ``scale``.
public struct SimilarityTransform: Hashable, Sendable {
    /// Scale times the cosine of the angle.
    public let a: Double
    /// Scale times the sine of the angle.
    public let b: Double
    /// Shift to the right, in pixels of the destination.
    public let tx: Double
    /// Shift downwards, in pixels of the destination.
    public let ty: Double

    /// Creates a transform from its four numbers.
    public init(a: Double, b: Double, tx: Double, ty: Double) {
        self.a = a
        self.b = b
        self.tx = tx
        self.ty = ty
    }

    /// Creates the transform that brings `source` nearest to `destination` in the sense of least squares.
    ///
    /// The closed form of S. Umeyama, "Least-squares estimation of transformation parameters between two point
    /// patterns", TPAMI 13(4), 1991. In the plane its singular value decomposition reduces to two sums; points that
    /// are mirrored against each other get the best transform that does not mirror, as in the paper.
    ///
    /// - Parameters:
    ///   - source: Two points or more.
    ///   - destination: As many points as `source`, in the same order.
    /// - Throws: ``FaceError/Code/degenerateLandmarks`` when the points of either side coincide, when a coordinate is
    ///   not finite, or when no scale greater than zero follows from them.
    /// - Precondition: Both sides have the same number of points.
    public init(mapping source: [Point], onto destination: [Point]) throws(FaceError) {
        precondition(source.count == destination.count, "every point needs its counterpart")
        let count = Double(source.count)
        var (sourceX, sourceY, destinationX, destinationY) = (0.0, 0.0, 0.0, 0.0)
        for (from, to) in zip(source, destination) {
            sourceX += Double(from.x) / count
            sourceY += Double(from.y) / count
            destinationX += Double(to.x) / count
            destinationY += Double(to.y) / count
        }
        var (variance, along, across) = (0.0, 0.0, 0.0)
        for (from, to) in zip(source, destination) {
            let (fromX, fromY) = (Double(from.x) - sourceX, Double(from.y) - sourceY)
            let (toX, toY) = (Double(to.x) - destinationX, Double(to.y) - destinationY)
            variance += fromX * fromX + fromY * fromY
            along += fromX * toX + fromY * toY
            across += fromX * toY - fromY * toX
        }
        let (a, b) = (along / variance, across / variance)
        let scale = (a * a + b * b).squareRoot()
        guard scale.isFinite, scale > 1e-9 else {
            throw FaceError(
                .degenerateLandmarks,
                "\(source.count) points with variance \(variance) and covariance (\(along), \(across)) define no transform"
            )
        }
        self.init(
            a: a,
            b: b,
            tx: destinationX - a * sourceX + b * sourceY,
            ty: destinationY - b * sourceX - a * sourceY
        )
    }

    /// The factor by which lengths grow.
    public var scale: Double { (a * a + b * b).squareRoot() }

    /// The angle of the rotation in radians; positive turns the x axis towards the y axis, clockwise on a screen.
    public var angle: Double { atan2(b, a) }

    /// The same map as a matrix of two rows.
    public var affine: AffineTransform2x3 {
        AffineTransform2x3(a: a, b: -b, tx: tx, c: b, d: a, ty: ty)
    }
}
