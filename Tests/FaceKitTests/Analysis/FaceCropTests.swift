// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct FaceCropTests {
    /// A picture whose red tells the column and whose green tells the row.
    private static func ramp(width: Int, height: Int) throws -> Image {
        var pixels: [UInt8] = []
        for row in 0..<height {
            for column in 0..<width { pixels += [UInt8(column), UInt8(row), 0] }
        }
        return try Image(width: width, height: height, pixels: pixels)
    }

    private static let landmarks = Landmarks(
        rightEye: Point(x: 60, y: 70),
        leftEye: Point(x: 90, y: 70),
        noseTip: Point(x: 75, y: 85),
        rightMouthCorner: Point(x: 63, y: 100),
        leftMouthCorner: Point(x: 87, y: 100)
    )

    private static let face = FaceDetection(
        boundingBox: BoundingBox(x: 50, y: 50, width: 50, height: 60),
        landmarks: landmarks,
        confidence: 0.9
    )

    @Test(arguments: [
        FaceCrop(.square(scale: 1.2), width: 36, height: 36), FaceCrop(.box(scale: 1), width: 25, height: 30),
        FaceCrop(.upright(scale: 1.5, shift: 0.1), width: 45, height: 45),
        FaceCrop(.insidePicture(scale: 2), width: 40, height: 48),
        FaceCrop(.eye(.left, scale: 0.8), width: 24, height: 24),
        FaceCrop(.aligned(.arcFace112), width: 112, height: 112),
    ])
    func aCropShowsWhatItsFrameSays(crop: FaceCrop) throws {
        let picture = try Self.ramp(width: 200, height: 180)
        let cut = try crop.cut(Self.face, from: picture)
        #expect(cut.image.width == crop.width && cut.image.height == crop.height)
        for (column, row) in [(3, 4), (crop.width / 2, crop.height / 2), (crop.width - 4, crop.height - 3)] {
            let place = cut.pictureLocation(
                x: (Float(column) + 0.5) / Float(crop.width),
                y: (Float(row) + 0.5) / Float(crop.height)
            )
            let index = 3 * (row * crop.width + column)
            // Frames count from the outer edge of the first pixel, whose centre is at one half.
            #expect(abs(Float(cut.image.pixels[index]) - (place.x - 0.5)) <= 1, "\(crop.region)")
            #expect(abs(Float(cut.image.pixels[index + 1]) - (place.y - 0.5)) <= 1, "\(crop.region)")
        }
    }

    @Test func anUprightCropTurnsTiltedEyesLevel() throws {
        var tilted = Self.face
        tilted.landmarks?.leftEye.y = 85
        let cut = try FaceCrop(.upright(scale: 1.2), width: 60, height: 60).cut(
            tilted,
            from: Self.ramp(width: 200, height: 180)
        )
        #expect(abs(cut.rotation - 0.4636) < 0.001)
        let middle = cut.pictureLocation(x: 0.5, y: 0.5)
        #expect(abs(middle.x - 75) < 0.01 && abs(middle.y - 80) < 0.01)
    }

    @Test func facesWithoutLandmarksAndBoxesThatAreNoneAreErrors() throws {
        let picture = try Self.ramp(width: 64, height: 64)
        var bare = Self.face
        bare.landmarks = nil
        let missing = #expect(throws: FaceError.self) { try FaceCrop.arcFace112.cut(bare, from: picture) }
        #expect(missing?.code == .missingLandmarks)
        #expect(FaceCrop.arcFace112.needsLandmarks && !FaceCrop(.square(scale: 1), width: 1, height: 1).needsLandmarks)
        for side in [Float.nan, .infinity, 1e9] {
            var odd = Self.face
            odd.boundingBox.width = side
            for region in [
                FaceCrop.Region.square(scale: 1), .box(scale: 1), .upright(scale: 1), .insidePicture(scale: 2),
            ] {
                // The last may show what of an endless box lies in the picture, but must not trap.
                do {
                    _ = try FaceCrop(region, width: 8, height: 8).cut(odd, from: picture)
                } catch { #expect(error.code == .invalidConfiguration) }
            }
        }
    }

    @Test func stagesShareCropsAndMissingPartsAreBlack() throws {
        let views = FaceViews(of: [Self.face], in: try Self.ramp(width: 80, height: 80))
        let crop = FaceCrop(.square(scale: 2), width: 60, height: 60)
        let first = try views.crops(crop)
        #expect(try views.crops(crop) == first)
        let corner = first[0].image.pixels.suffix(3)
        #expect(Array(corner) == [0, 0, 0])
    }
}
