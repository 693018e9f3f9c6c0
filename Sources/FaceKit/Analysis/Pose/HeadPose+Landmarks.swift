// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

extension HeadPose {
    /// Estimates the pose from dense landmarks by fitting a mean face to them.
    ///
    /// The perspective-n-point problem under a scaled orthographic projection, as in POS of D. DeMenthon and L. Davis,
    /// "Model-based object pose in 25 lines of code", IJCV 15, 1995: linear least squares for two rows of the
    /// projection, then the nearest rotation. The camera's focal length is not needed; assuming one made the estimates
    /// worse on the pictures this was tried on.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` when the scheme has too few points,
    ///   ``FaceError/Code/degenerateLandmarks`` when the points lie on a line.
    public init(fitting landmarks: DenseLandmarks) throws(FaceError) {
        guard let points = landmarks.points68 else {
            throw FaceError(
                .missingLandmarks,
                "a pose cannot be fitted to \(landmarks.scheme.count) landmarks, it takes 68 or more"
            )
        }
        try self.init(fitting: MeanFace.points.map { ($0.position, points[$0.index]) })
    }

    private init(fitting pairs: [(model: SIMD3<Double>, picture: Point)]) throws(FaceError) {
        let count = Double(pairs.count)
        let modelMean = pairs.reduce(SIMD3<Double>.zero) { $0 + $1.model } / count
        let pictureMean = pairs.reduce(SIMD2<Double>.zero) { $0 + $1.picture.vector } / count
        var moments = SymmetricMatrix3()
        var (rowX, rowY) = (SIMD3<Double>.zero, SIMD3<Double>.zero)
        for pair in pairs {
            let model = pair.model - modelMean
            let picture = pair.picture.vector - pictureMean
            moments.add(model)
            rowX += model * picture.x
            rowY += model * picture.y
        }
        guard let inverse = moments.inverse else { preconditionFailure("the mean face is not flat") }
        let (first, second) = (inverse.times(rowX), inverse.times(rowY))
        // The nearest pair of orthogonal vectors of one length: B (BᵀB)^(-1/2), written out for two rows.
        let (aa, ab, bb) = ((first * first).sum(), (first * second).sum(), (second * second).sum())
        let root = (aa * bb - ab * ab).squareRoot()
        let trace = (aa + bb + 2 * root).squareRoot()
        guard root.isFinite, root > 1e-9 * (aa + bb), trace > 0 else {
            throw FaceError(.degenerateLandmarks, "the landmarks lie on a line or are not finite, so no pose follows")
        }
        let right = ((bb + root) * first - ab * second) / (trace * root)
        let down = ((aa + root) * second - ab * first) / (trace * root)
        let depth = SIMD3(
            right.y * down.z - right.z * down.y,
            right.z * down.x - right.x * down.z,
            right.x * down.y - right.y * down.x
        )
        self.init(
            yaw: Float(-asin(min(max(right.z, -1), 1))),
            pitch: Float(atan2(-down.z, depth.z)),
            roll: Float(atan2(-right.y, right.x))
        )
    }
}

/// Estimates the head pose from the dense landmarks that another stage finds.
public struct LandmarkPose: FaceAnalyzer {
    /// Finds the landmarks.
    public let landmarks: any FaceAnalyzer<DenseLandmarks>

    /// Creates a stage from one that finds 68 points or more.
    public init(landmarks: any FaceAnalyzer<DenseLandmarks>) {
        self.landmarks = landmarks
    }

    /// `"pnp:"` and the name of what finds the landmarks.
    public var name: String { "pnp:\(landmarks.name)" }

    /// The parts of the picture that are looked at.
    public var crops: [FaceCrop] { landmarks.crops }

    /// Returns the pose of each face, in the same order.
    ///
    /// - Throws: What ``HeadPose/init(fitting:)`` throws, and what finding the landmarks throws.
    public func findings(for faces: FaceViews) throws -> [HeadPose] {
        try landmarks.findings(for: faces).map { try HeadPose(fitting: $0) }
    }
}

/// Points of a mean face that move little with the expression.
private enum MeanFace {
    /// A point: its place among the 68 of 300-W, and its position in outer eye distances from between the eyes; x towards
    /// the subject's left, y down, z out of the nose.
    struct ModelPoint {
        let index: Int
        let position: SIMD3<Double>

        init(_ index: Int, _ x: Double, _ y: Double, _ z: Double) {
            (self.index, position) = (index, SIMD3(x, y, z))
        }
    }

    /// The median over 368 faces of what MediaPipe's mesh gives, made symmetric, and turned so that 300W-LP's zero pitch is
    /// zero here.
    static let points = [
        ModelPoint(8, 0, 1.209, 0.061), ModelPoint(27, 0, -0.063, 0.212), ModelPoint(28, 0, 0.098, 0.322),
        ModelPoint(29, 0, 0.242, 0.451), ModelPoint(30, 0, 0.336, 0.481), ModelPoint(31, -0.148, 0.440, 0.247),
        ModelPoint(32, -0.087, 0.482, 0.271), ModelPoint(33, 0, 0.484, 0.289), ModelPoint(34, 0.087, 0.482, 0.271),
        ModelPoint(35, 0.148, 0.440, 0.247), ModelPoint(36, -0.500, -0.007, -0.029),
        ModelPoint(39, -0.192, 0.007, 0.029), ModelPoint(42, 0.192, 0.007, 0.029),
        ModelPoint(45, 0.500, -0.007, -0.029), ModelPoint(48, -0.299, 0.708, 0.063),
        ModelPoint(54, 0.299, 0.708, 0.063),
    ]
}

/// A symmetric 3×3 matrix, by its diagonal and what lies beside it.
private struct SymmetricMatrix3 {
    /// xx, yy, zz.
    var diagonal = SIMD3<Double>.zero
    /// yz, xz, xy.
    var beside = SIMD3<Double>.zero

    /// Adds the outer product of a vector with itself.
    mutating func add(_ vector: SIMD3<Double>) {
        diagonal += vector * vector
        beside += SIMD3(vector.y * vector.z, vector.x * vector.z, vector.x * vector.y)
    }

    /// `nil` for a matrix without one.
    var inverse: Self? {
        let (d, b) = (diagonal, beside)
        let cofactors = SIMD3(d.y * d.z - b.x * b.x, d.x * d.z - b.y * b.y, d.x * d.y - b.z * b.z)
        let mixed = SIMD3(b.y * b.z - b.x * d.x, b.x * b.z - b.y * d.y, b.x * b.y - b.z * d.z)
        let determinant = d.x * cofactors.x + b.z * mixed.z + b.y * mixed.y
        guard determinant.isFinite, determinant != 0 else { return nil }
        return Self(diagonal: cofactors / determinant, beside: mixed / determinant)
    }

    func times(_ vector: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(
            diagonal.x * vector.x + beside.z * vector.y + beside.y * vector.z,
            beside.z * vector.x + diagonal.y * vector.y + beside.x * vector.z,
            beside.y * vector.x + beside.x * vector.y + diagonal.z * vector.z
        )
    }
}

extension Point {
    /// The point in double precision.
    fileprivate var vector: SIMD2<Double> { SIMD2(Double(x), Double(y)) }
}
