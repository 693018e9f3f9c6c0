// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct ImagingWarpingTests {
    @Test func identityAndWholeShiftsCopyPixels() throws {
        let image = TestPictures.noise(width: 20, height: 15)
        #expect(try image.warpAffine(.identity, width: 20, height: 15) == image)
        let shift = AffineTransform2x3(a: 1, b: 0, tx: 4, c: 0, d: 1, ty: -3)
        #expect(
            try image.warpAffine(shift, width: 30, height: 22) == image.cropped(x: -4, y: 3, width: 30, height: 22)
        )
    }

    @Test func quarterTurnsMatchOrientation() throws {
        let image = TestPictures.noise(width: 9, height: 6)
        let clockwise = AffineTransform2x3(a: 0, b: -1, tx: 5, c: 1, d: 0, ty: 0)
        #expect(try image.warpAffine(clockwise, width: 6, height: 9) == image.upright(from: .right))
    }

    @Test func halfwayBetweenPixelsIsTheirMeanAndFadesAtTheEdge() throws {
        let image = try Image(width: 2, height: 1, pixels: [100, 0, 40, 200, 60, 80])
        let half = AffineTransform2x3(a: 1, b: 0, tx: 0.5, c: 0, d: 1, ty: 0)
        #expect(try image.warpAffine(half, width: 3, height: 1).pixels == [50, 0, 20, 150, 30, 60, 100, 30, 40])
    }

    @Test func pointsGoWhereThePixelsGo() throws {
        var pixels = [UInt8](repeating: 0, count: 40 * 40 * 3)
        for offset in 0..<3 { pixels[3 * (12 * 40 + 25) + offset] = 255 }
        let image = try Image(width: 40, height: 40, pixels: pixels)
        let transform = AffineTransform2x3(a: 1.4, b: -0.9, tx: 8, c: 0.9, d: 1.4, ty: -7)
        let target = transform.applied(to: Point(x: 25, y: 12))
        let warped = try image.warpAffine(transform, width: 60, height: 60)
        let brightest = try #require(warped.pixels.indices.max { warped.pixels[$0] < warped.pixels[$1] }) / 3
        #expect(abs(Float(brightest % 60) - target.x) <= 0.6 && abs(Float(brightest / 60) - target.y) <= 0.6)
        let back = try #require(transform.inverse).applied(to: target)
        #expect(abs(back.x - 25) < 1e-4 && abs(back.y - 12) < 1e-4)
    }

    @Test func projectiveMapsWithoutPerspectiveAreAffine() throws {
        let image = TestPictures.noise(width: 33, height: 21)
        let affine = AffineTransform2x3(a: 0.8, b: 0.3, tx: 2, c: -0.2, d: 1.1, ty: 3)
        let matrix = [0.8, 0.3, 2, -0.2, 1.1, 3, 0, 0, 1]
        let difference = try image.warpPerspective(matrix.map { $0 * 4 }, width: 50, height: 70)
            .difference(from: image.warpAffine(affine, width: 50, height: 70))
        #expect(try #require(difference).largest <= 1)
    }

    @Test func mapsWithoutAnInverseAreRefused() {
        let image = TestPictures.noise(width: 3, height: 3)
        let flat = AffineTransform2x3(a: 1, b: 2, tx: 0, c: 2, d: 4, ty: 0)
        let notANumber = AffineTransform2x3(a: .nan, b: 0, tx: 0, c: 0, d: 1, ty: 0)
        let infinite = AffineTransform2x3(a: 1, b: 0, tx: .infinity, c: 0, d: 1, ty: 0)
        for transform in [flat, notANumber, infinite] {
            #expect(
                errorCode { _ = try image.warpAffine(transform, width: 2, height: 2) } == .invalidConfiguration
            )
        }
        for matrix in [[1, 0, 0, 0, 1, 0], [Double](repeating: 1, count: 9), [Double](repeating: .nan, count: 9)] {
            #expect(
                errorCode { _ = try image.warpPerspective(matrix, width: 2, height: 2) } == .invalidConfiguration
            )
        }
    }

    @Test(arguments: [1e-300, 1e-12, 1e12, 1e300])
    func extremeMapsStayWithinThePicture(scale: Double) throws {
        let image = TestPictures.noise(width: 5, height: 5)
        let extreme = AffineTransform2x3(a: scale, b: 0, tx: 1e9, c: 0, d: 1, ty: -1e9)
        #expect(try image.warpAffine(extreme, width: 70, height: 3).pixels.count == 630)
        let projective = [1, 0, 0, 0, 1, 0, scale, -scale, 1]
        _ = errorCode { _ = try image.warpPerspective(projective, width: 70, height: 70) }
    }
}
