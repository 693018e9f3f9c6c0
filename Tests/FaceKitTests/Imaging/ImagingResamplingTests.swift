// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct ImagingResamplingTests {
    private static func gray(_ levels: [UInt8], width: Int) -> Image {
        Image(width: width, height: levels.count / width, validated: levels.flatMap { [$0, $0, $0] })
    }

    /// Computed with OpenCV 5.0's `resize` on the same levels.
    @Test(arguments: [
        (ResamplingMethod.area, 3, [8, 128, 249] as [UInt8]), (.area, 2, [33, 223]), (.area, 1, [128]),
        (.area, 7, [0, 12, 41, 127, 217, 246, 255]), (.bilinear, 3, [7, 127, 250]), (.bilinear, 2, [15, 244]),
        (.bilinear, 1, [127]), (.bilinear, 7, [0, 11, 51, 127, 208, 246, 255]),
        (.bicubic, 3, [0, 127, 255]), (.bicubic, 2, [4, 255]), (.bicubic, 1, [127]),
        (.bicubic, 7, [0, 0, 45, 127, 213, 255, 255]), (.bicubic, 10, [0, 1, 4, 42, 92, 163, 217, 255, 255, 255]),
    ])
    func rowsMatchOpenCV(method: ResamplingMethod, width: Int, expected: [UInt8]) {
        let row = Self.gray([0, 20, 127, 240, 255], width: 5)
        let resized = row.resized(width: width, height: 1, method: method)
        let levels = stride(from: 0, to: width * 3, by: 3).map { resized.pixels[$0] }
        #expect(zip(levels, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 }, "\(levels), expected \(expected)")
    }

    @Test func areaAveragesWhatAPixelCovers() {
        let image = TestPictures.noise(width: 90, height: 60)
        for (columns, rows) in [(2, 2), (3, 2), (5, 4), (9, 6), (90, 60)] {
            let small = image.resized(width: 90 / columns, height: 60 / rows)
            for (x, y) in [(0, 0), (small.width - 1, small.height - 1), (small.width / 2, small.height / 3)] {
                for channel in 0..<3 {
                    let block = (0..<rows).flatMap { row in
                        (0..<columns).map { Int(image.levels(x * columns + $0, y * rows + row)[channel]) }
                    }
                    let mean = Double(block.reduce(0, +)) / Double(block.count)
                    #expect(abs(Double(small.levels(x, y)[channel]) - mean) <= 0.5001)
                }
            }
        }
    }

    @Test(arguments: [ResamplingMethod.area, .bilinear, .bicubic], [(1, 1), (7, 300), (133, 97), (400, 5), (64, 64)])
    func flatPicturesStayFlat(method: ResamplingMethod, size: (Int, Int)) throws {
        let flat = try Image(width: 51, height: 83, pixels: [UInt8](repeating: 201, count: 51 * 83 * 3))
        let resized = flat.resized(width: size.0, height: size.1, method: method)
        #expect(resized.width == size.0 && resized.height == size.1)
        #expect(resized.pixels.allSatisfy { $0 == 201 })
    }

    @Test func theSameSizeChangesNothing() {
        let image = TestPictures.noise(width: 31, height: 17)
        #expect(image.resized(width: 31, height: 17, method: .bilinear) == image)
    }

    @Test func singlePixelsGrow() throws {
        let pixel = try Image(width: 1, height: 1, pixels: [1, 2, 3])
        #expect(pixel.resized(width: 2, height: 2).pixels == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
    }

    @Test(arguments: [(-3, -2, 5, 5), (0, 0, 8, 6), (6, 4, 9, 9), (2, 1, 3, 2), (100, 0, 4, 4), (0, -50, 4, 4)])
    func cropsFillWithBlackOutside(x: Int, y: Int, width: Int, height: Int) {
        let image = TestPictures.noise(width: 8, height: 6)
        let crop = image.cropped(x: x, y: y, width: width, height: height)
        for row in 0..<height {
            for column in 0..<width {
                let inside = (0..<8).contains(x + column) && (0..<6).contains(y + row)
                #expect(crop.levels(column, row) == (inside ? image.levels(x + column, y + row) : [0, 0, 0]))
            }
        }
    }

    @Test func cropsFarOutsideDoNotOverflow() {
        let image = TestPictures.noise(width: 8, height: 6)
        for far in [Int.min, Int.max, -1_000_000_000_000] {
            #expect(image.cropped(x: far, y: far, width: 2, height: 2).pixels.allSatisfy { $0 == 0 })
        }
    }

    @Test func planesAreNormalizedInTheModelsOrder() {
        let image = TestPictures.noise(width: 5, height: 3)
        let normalization = PixelNormalization(
            channelOrder: .bgr,
            mean: [104, 117, 123],
            scale: [0.5, 0.25, 0.125],
            padding: [1, 2, 3]
        )
        let planes = image.planarFloats(normalization, paddedWidth: 7, paddedHeight: 4)
        #expect(planes.count == 3 * 7 * 4)
        for channel in 0..<3 {
            for y in 0..<4 {
                for x in 0..<7 {
                    let level =
                        x < 5 && y < 3
                        ? Float(image.levels(x, y)[2 - channel]) : normalization.padding[channel]
                    let expected = (level - normalization.mean[channel]) * normalization.scale[channel]
                    #expect(planes[(channel * 4 + y) * 7 + x] == expected)
                }
            }
        }
        var batch = planes
        image.appendPlanarFloats(normalization, to: &batch)
        #expect(batch.count == planes.count + 45 && Array(batch.prefix(planes.count)) == planes)
        #expect(Array(batch.suffix(45)) == image.planarFloats(normalization))
    }

    @Test(arguments: [(-10, -7, 30, 40), (5, 5, 24, 24), (0, 0, 60, 50), (50, 40, 90, 90), (3, 4, 10, 70)])
    func regionsEqualTheScaledCrop(x: Int, y: Int, width: Int, height: Int) throws {
        let image = TestPictures.noise(width: 60, height: 50)
        var planes: [Float] = [-1]
        image.appendPlanarFloats(
            ofRegionX: x,
            y: y,
            width: width,
            height: height,
            outputWidth: 24,
            outputHeight: 24,
            normalization: PixelNormalization(),
            to: &planes
        )
        let crop = image.cropped(x: x, y: y, width: width, height: height).resized(width: 24, height: 24)
        #expect(planes.count == 1 + 3 * 24 * 24 && planes[0] == -1)
        for pixel in 0..<24 * 24 {
            for channel in 0..<3 {
                let difference = planes[1 + channel * 576 + pixel] - Float(crop.pixels[3 * pixel + channel])
                #expect(abs(difference) <= 0.501)
            }
        }
    }

    @Test func regionsOutsideThePictureAreBlack() {
        let image = TestPictures.noise(width: 6, height: 6)
        var planes: [Float] = []
        image.appendPlanarFloats(
            ofRegionX: 500,
            y: -90,
            width: 20,
            height: 20,
            outputWidth: 2,
            outputHeight: 2,
            normalization: PixelNormalization(mean: [1, 2, 3], scale: [1, 1, 2]),
            to: &planes
        )
        #expect(planes == [-1, -1, -1, -1, -2, -2, -2, -2, -6, -6, -6, -6])
    }
}
