// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A map of the plane: `x' = a·x + b·y + tx`, `y' = c·x + d·y + ty`, in pixels from the top-left corner.
public struct AffineTransform2x3: Hashable, Sendable {
    /// What one column contributes to x'.
    public var a: Double
    /// What one row contributes to x'.
    public var b: Double
    /// Where the origin goes: its x'.
    public var tx: Double
    /// What one column contributes to y'.
    public var c: Double
    /// What one row contributes to y'.
    public var d: Double
    /// Where the origin goes: its y'.
    public var ty: Double

    /// Creates a transform from its matrix, row by row.
    public init(a: Double, b: Double, tx: Double, c: Double, d: Double, ty: Double) {
        self.a = a
        self.b = b
        self.tx = tx
        self.c = c
        self.d = d
        self.ty = ty
    }

    /// Leaves every point where it is.
    public static let identity = Self(a: 1, b: 0, tx: 0, c: 0, d: 1, ty: 0)

    /// `a·d - b·c`: the factor by which areas grow, negative where the map mirrors.
    public var determinant: Double { a * d - b * c }

    /// The map back, or `nil` when this one flattens the plane or holds numbers that are not finite.
    public var inverse: Self? {
        let reciprocal = 1 / determinant
        guard reciprocal.isFinite, reciprocal != 0, tx.isFinite, ty.isFinite else { return nil }
        let a = self.d * reciprocal
        let b = -self.b * reciprocal
        let c = -self.c * reciprocal
        let d = self.a * reciprocal
        return Self(a: a, b: b, tx: -(a * tx + b * ty), c: c, d: d, ty: -(c * tx + d * ty))
    }

    /// Where `point` goes.
    public func applied(to point: Point) -> Point {
        let x = Double(point.x)
        let y = Double(point.y)
        return Point(x: Float(a * x + b * y + tx), y: Float(c * x + d * y + ty))
    }
}
