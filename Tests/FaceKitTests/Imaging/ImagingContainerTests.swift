// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

/// Formats beside JPEG and PNG, from bytes that the tests write.
@Suite struct ImagingContainerTests {
    private static let hasMore = ImageFormat.decodable.contains(.gif)

    @Test(arguments: [24, 32], [false, true])
    func bitmapsKeepTheirPixels(bits: Int, topDown: Bool) throws {
        let image = TestPictures.noise(width: 13, height: 7)
        let bytes = TestPictures.bmp(TestPictures.bitmap(image, bits: bits, topDown: topDown), pixelStart: 54)
        #expect(try Image(decoding: bytes) == image)
        #expect(try ImageHeader(reading: bytes).format == .bmp)
    }

    @Test func bitmapsOfSixteenBitsAreScaledToAllLevels() throws {
        let image = Image(width: 2, height: 1, validated: [255, 255, 255, 0, 128, 8])
        let bytes = TestPictures.bmp(TestPictures.bitmap(image, bits: 16), pixelStart: 66)
        #expect(try Image(decoding: bytes).pixels == [255, 255, 255, 0, 130, 8])
    }

    @Test func runsExpandToIndices() throws {
        // 4 bits: five pixels of colours 1 and 2 by turns, end of line, a literal stretch of three, a skip, the end.
        let runs: [UInt8] = [5, 0x12, 0, 0, 0, 3, 0x21, 0x20, 0, 2, 1, 0, 1, 0x10, 0, 1]
        let colors: [UInt8] = [0, 0, 0, 0, 10, 20, 30, 0, 40, 50, 60, 0]
        let little = TestPictures.littleEndian
        let header = little(40, 4) + little(5, 4) + little(2, 4) + little(1, 2) + little(4, 2) + little(2, 4)
        let bytes = TestPictures.bmp(
            header + little(0, 12) + little(3, 4) + little(0, 4) + colors + runs,
            pixelStart: 66
        )
        let image = try Image(decoding: bytes)
        func row(_ indices: [Int]) -> [UInt8] {
            indices.flatMap { [[0, 0, 0], [30, 20, 10], [60, 50, 40]][$0] as [UInt8] }
        }
        #expect(image.pixels == row([2, 1, 2, 0, 1]) + row([1, 2, 1, 2, 1]))
    }

    @Test func theLargestIconCounts() throws {
        let small = TestPictures.noise(width: 8, height: 8)
        let large = TestPictures.noise(width: 20, height: 20, seed: 2)
        let bitmap = TestPictures.bitmap(small, bits: 24, heightFactor: 2) + [UInt8](repeating: 0, count: 32)
        let png = try large.encoded(as: .png)
        let entries = [(side: 8, bits: 24, data: bitmap), (side: 20, bits: 32, data: png)]
        #expect(try Image(decoding: TestPictures.icon(entries)) == large)
        #expect(try Image(decoding: TestPictures.icon([entries[0]])) == small)
        // The directory may promise anything; the picture's own header counts.
        let lie = TestPictures.icon([(side: 255, bits: 24, data: bitmap)])
        #expect(try Image(decoding: lie) == small)
        #expect(errorCode { _ = try Image(decoding: lie, limits: ImageLimits(maximumSide: 7)) } == .imageTooLarge)
    }

    @Test(.enabled(if: hasMore), arguments: [Int?.none, 2])
    func firstFramesLieOnTheirBackground(transparent: Int?) throws {
        let colors: [UInt8] = [1, 2, 3, 11, 12, 13, 21, 22, 23, 31, 32, 33]
        let bytes = TestPictures.gif(
            screen: (3, 2),
            frame: (x: 1, y: 1, width: 3, height: 1),
            indices: [3, 2, 1],
            colors: colors,
            transparent: transparent
        )
        let image = try Image(decoding: bytes)
        let indices = [Int](repeating: transparent ?? 0, count: 5) + [3, 2, 1]
        // The frame reaches beyond the screen and extends it.
        #expect(image.width == 4 && image.height == 2)
        #expect(image.pixels == indices.flatMap { colors[3 * $0..<3 * $0 + 3] })
    }

    @Test(.enabled(if: hasMore), arguments: [1, 2, 3, 50])
    func stripsAreJoined(rowsPerStrip: Int) throws {
        let image = TestPictures.noise(width: 5, height: 7)
        let bytes = TestPictures.tiff(
            width: 5,
            height: 7,
            samples: image.pixels.map(Int.init),
            perPixel: 3,
            rowsPerStrip: rowsPerStrip
        )
        #expect(try Image(decoding: bytes) == image)
    }

    @Test(.enabled(if: hasMore)) func storedColorsOfTIFFsAreKept() throws {
        func pixels(_ samples: [Int], perPixel: Int, bits: Int = 8, photometric: Int = 2, extra: Int? = nil) throws
            -> [UInt8]
        {
            let bytes = TestPictures.tiff(
                width: samples.count / perPixel,
                height: 1,
                samples: samples,
                perPixel: perPixel,
                bits: bits,
                photometric: photometric,
                extra: extra
            )
            return try Image(decoding: bytes).pixels
        }
        // Independent alpha is dropped, premultiplied colours are divided by it.
        #expect(try pixels([200, 100, 50, 128], perPixel: 4, extra: 2) == [200, 100, 50])
        #expect(try pixels([100, 50, 25, 128, 9, 8, 7, 0], perPixel: 4, extra: 1) == [199, 99, 49, 9, 8, 7])
        #expect(try pixels([0, 65535, 32896], perPixel: 3, bits: 16) == [0, 255, 128])
        #expect(try pixels([0, 65535], perPixel: 1, bits: 16, photometric: 1) == [0, 0, 0, 255, 255, 255])
        // Inks: cyan alone, black alone.
        #expect(try pixels([255, 0, 0, 0, 0, 0, 0, 255], perPixel: 4, photometric: 5) == [0, 255, 255, 0, 0, 0])
    }

    @Test(.enabled(if: hasMore)) func orientationOfTIFFsIsApplied() throws {
        let image = TestPictures.noise(width: 4, height: 3)
        let bytes = TestPictures.tiff(
            width: 4,
            height: 3,
            samples: image.pixels.map(Int.init),
            perPixel: 3,
            orientation: 6
        )
        #expect(try ImageHeader(reading: bytes).orientation == .right)
        #expect(try Image(decoding: bytes, appliesOrientation: false) == image)
        let turned = try Image(decoding: bytes)
        #expect(turned.width == 3 && turned.levels(2, 0) == image.levels(0, 0))
    }

    @Test(.enabled(if: hasMore), arguments: [(40, 6.0), (75, 4.0), (100, 2.5)])
    func webPComesCloserWithQuality(quality: Int, meanDifference: Double) throws {
        let image = TestPictures.gradient(width: 121, height: 83)
        let bytes = try image.encoded(as: .webp(quality: quality))
        #expect(try ImageHeader(reading: bytes).format == .webp)
        #expect(try #require(try Image(decoding: bytes).difference(from: image)).mean < meanDifference)
    }

    @Test(.enabled(if: hasMore)) func firstFramesOfWebPLieOnBlack() throws {
        let frame = TestPictures.gradient(width: 16, height: 8)
        let still = try frame.encoded(as: .webp(quality: 90))
        let little = TestPictures.littleEndian
        func chunk(_ name: String, _ contents: [UInt8]) -> [UInt8] {
            Array(name.utf8) + little(contents.count, 4) + contents + (contents.count % 2 == 1 ? [0] : [])
        }
        let canvas: [UInt8] = [2, 0, 0, 0] + little(19, 3) + little(9, 3)
        let place = little(1, 3) + little(1, 3) + little(15, 3) + little(7, 3) + little(100, 3) + [0]
        let chunks =
            chunk("VP8X", canvas) + chunk("ANIM", [9, 9, 9, 9, 0, 0]) + chunk("ANMF", place + still.dropFirst(12))
        let bytes = Array("RIFF".utf8) + little(4 + chunks.count, 4) + Array("WEBP".utf8) + chunks
        let image = try Image(decoding: bytes)
        #expect(image.width == 20 && image.height == 10)
        #expect(image.cropped(x: 2, y: 2, width: 16, height: 8) == (try Image(decoding: still)))
        #expect(image.levels(1, 5) == [0, 0, 0] && image.levels(18, 5) == [0, 0, 0])
    }

    @Test(.enabled(if: hasMore)) func webPSidesBeyondItsFormatAreRefused() {
        let image = TestPictures.gradient(width: 16_384, height: 1)
        #expect(errorCode { _ = try image.encoded(as: .webp()) } == .imageTooLarge)
    }

    @Test(.enabled(if: !hasMore)) func formatsThatAreLeftOutAreRefused() {
        let image = TestPictures.gradient(width: 4, height: 4)
        #expect(errorCode { _ = try image.encoded(as: .webp()) } == .unsupportedImageFormat)
        let gif = TestPictures.gif(screen: (1, 1), frame: (0, 0, 1, 1), indices: [0], colors: [UInt8](0..<12))
        #expect(errorCode { _ = try ImageHeader(reading: gif) } == .unsupportedImageFormat)
        #expect(errorCode { _ = try Image(decoding: gif) } == .unsupportedImageFormat)
    }

    /// Cut anywhere, a picture is an error or, where only closing bytes are missing, whole.
    @Test(arguments: ["bmp", "icon", "gif", "tiff", "webp"])
    func everyTruncationIsAnError(kind: String) throws {
        let image = TestPictures.noise(width: 9, height: 6)
        let bytes: [UInt8]
        switch kind {
        case "bmp": bytes = TestPictures.bmp(TestPictures.bitmap(image, bits: 24), pixelStart: 54)
        case "icon":
            bytes = TestPictures.icon([(9, 24, TestPictures.bitmap(image, bits: 24, heightFactor: 2))])
        case "gif":
            let indices = image.pixels.prefix(54).map { $0 & 3 }
            bytes = TestPictures.gif(screen: (9, 6), frame: (0, 0, 9, 6), indices: indices, colors: [UInt8](0..<12))
        case "tiff":
            bytes = TestPictures.tiff(width: 9, height: 6, samples: image.pixels.map(Int.init), perPixel: 3)
        default:
            guard Self.hasMore else { return }
            bytes = try image.encoded(as: .webp())
        }
        guard let format = ImageFormat(recognizing: bytes), ImageFormat.decodable.contains(format) else { return }
        let whole = try Image(decoding: bytes)
        for count in 4..<bytes.count {
            do {
                let decoded = try Image(decoding: bytes.prefix(count))
                #expect(decoded == whole && count >= bytes.count - 4, "\(count) of \(bytes.count) bytes decode")
            } catch {
                #expect([.invalidImage, .unsupportedImageFormat].contains(error.code), "\(error)")
            }
        }
    }
}
