// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct SimilarityTransformTests {
    private static let face = AlignmentTemplate.arcFace112.landmarks.points

    @Test(arguments: [(1.0, 0.0), (0.8, 0.6), (-0.3, 0.4), (0, -2.5)])
    func aKnownTransformIsFoundAgain(a: Double, b: Double) throws {
        let known = SimilarityTransform(a: a, b: b, tx: 31, ty: -7)
        let found = try SimilarityTransform(mapping: Self.face, onto: Self.face.map(known.affine.applied))
        #expect(abs(found.a - a) < 1e-5 && abs(found.b - b) < 1e-5)
        #expect(abs(found.tx - 31) < 1e-3 && abs(found.ty + 7) < 1e-3)
        #expect(abs(found.scale - (a * a + b * b).squareRoot()) < 1e-5)
    }

    @Test func turningByAQuarterIsPositiveFromTheXAxisToTheYAxis() throws {
        let transform = try SimilarityTransform(
            mapping: [Point(x: 0, y: 0), Point(x: 1, y: 0)],
            onto: [Point(x: 0, y: 0), Point(x: 0, y: 1)]
        )
        #expect(abs(transform.angle - .pi / 2) < 1e-9)
    }

    @Test func theResultIsTheLeastSquaresOptimum() throws {
        var moved = Self.face.map { Point(x: $0.x * 0.5 + 3, y: $0.y * 0.5 - 2) }
        moved[2].x += 4
        moved[4].y -= 3
        func squares(_ transform: SimilarityTransform) -> Double {
            zip(Self.face, moved).reduce(0) { sum, pair in
                let mapped = transform.affine.applied(to: pair.0)
                let (x, y) = (Double(mapped.x - pair.1.x), Double(mapped.y - pair.1.y))
                return sum + x * x + y * y
            }
        }
        let best = try SimilarityTransform(mapping: Self.face, onto: moved)
        for (a, b, tx, ty) in [(0.01, 0.0, 0.0, 0.0), (0, 0.01, 0, 0), (0, 0, 0.5, 0), (0, 0, 0, 0.5)] {
            for sign in [1.0, -1] {
                let other = SimilarityTransform(
                    a: best.a + sign * a,
                    b: best.b + sign * b,
                    tx: best.tx + sign * tx,
                    ty: best.ty + sign * ty
                )
                #expect(squares(other) > squares(best))
            }
        }
    }

    // The expected numbers come from the singular value decomposition of the paper, computed with numpy.
    @Test func mirroredPointsGetTheBestTransformThatDoesNotMirror() throws {
        let mirrored = Self.face.map { Point(x: 112 - $0.x, y: $0.y) }
        let transform = try SimilarityTransform(mapping: Self.face, onto: mirrored)
        #expect(abs(transform.a - 0.225302) < 1e-5)
        #expect(abs(transform.b - 0.002533) < 1e-5)
        #expect(transform.a * transform.a + transform.b * transform.b > 0)
    }

    @Test(arguments: [
        [Point](repeating: Point(x: 5, y: 5), count: 5),
        [Point](repeating: Point(x: .nan, y: 0), count: 5),
        [Point(x: .infinity, y: 0), Point(x: 0, y: 0), Point(x: 1, y: 0), Point(x: 2, y: 0), Point(x: 3, y: 0)],
    ])
    func pointsThatDefineNoTransformAreRefused(points: [Point]) {
        let error = #expect(throws: FaceError.self) { try SimilarityTransform(mapping: points, onto: Self.face) }
        #expect(error?.code == .degenerateLandmarks)
    }
}
