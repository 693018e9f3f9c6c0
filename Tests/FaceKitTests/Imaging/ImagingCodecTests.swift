// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import Testing

@Suite struct ImagingCodecTests {
    @Test(arguments: [(1, 1), (1, 37), (53, 1), (16, 16), (61, 47), (200, 3)])
    func pngReturnsTheSamePixels(width: Int, height: Int) throws {
        let image = TestPictures.noise(width: width, height: height)
        let bytes = try image.encoded(as: .png)
        #expect(try Image(decoding: bytes) == image)
        let header = try ImageHeader(reading: bytes)
        #expect(header.format == .png && header.width == width && header.height == height && header.orientation == .up)
    }

    @Test(arguments: [(50, 4.0), (75, 3.0), (90, 2.0), (100, 1.5)])
    func jpegComesCloserWithQuality(quality: Int, meanDifference: Double) throws {
        let image = TestPictures.gradient(width: 121, height: 83)
        let bytes = try image.encoded(as: .jpeg(quality: quality))
        let difference = try #require(try Image(decoding: bytes).difference(from: image))
        #expect(difference.mean < meanDifference)
        #expect(try ImageHeader(reading: bytes).format == .jpeg)
    }

    @Test func qualityOutsideItsRangeIsBroughtIntoIt() {
        #expect(ImageEncoding.jpeg(quality: -4) == .jpeg(quality: 1))
        #expect(ImageEncoding.jpeg(quality: 1000) == .jpeg(quality: 100))
        #expect(ImageEncoding.webp(quality: 0) == .webp(quality: 1))
        #expect(ImageEncoding.webp(quality: 101) == .webp(quality: 100))
    }

    @Test(arguments: [(640, 1), (320, 2), (160, 4), (80, 8), (79, 8), (81, 4), (1, 8), (-5, 8), (10_000, 1)])
    func jpegIsReducedAsFarAsTheShorterSideAllows(minimumSide: Int, divisor: Int) throws {
        let image = TestPictures.gradient(width: 803, height: 640)
        let reduced = try Image(decoding: image.encoded(as: .jpeg(quality: 95)), minimumSide: minimumSide)
        #expect(reduced.width == (803 + divisor - 1) / divisor && reduced.height == 640 / divisor)
        let difference = try #require(
            reduced.difference(from: image.resized(width: reduced.width, height: reduced.height))
        )
        #expect(difference.mean < 3)
    }

    @Test(arguments: ["face.jpg", "face.JPEG", "face.png"])
    func fileExtensionChoosesTheEncoding(name: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent(name).path
        let image = TestPictures.gradient(width: 40, height: 30)
        try image.write(toFile: path)
        let header = try ImageHeader(reading: Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(header.format == (name.hasSuffix("png") ? .png : .jpeg))
        #expect(try #require(try Image(contentsOfFile: path).difference(from: image)).mean < 3)
    }

    @Test func filesThatCannotBeReadOrWrittenAreNamed() {
        let image = TestPictures.gradient(width: 4, height: 4)
        #expect(errorCode { try image.write(toFile: "/nonexistent/folder/a.png") } == .fileUnwritable)
        #expect(errorCode { try image.write(toFile: "picture.gif") } == .unsupportedImageFormat)
        #expect(errorCode { try image.write(toFile: "picture") } == .unsupportedImageFormat)
        #expect(errorCode { _ = try Image(contentsOfFile: "/nonexistent.png") } == .fileUnreadable)
        #expect(errorCode { _ = try Image(contentsOfFile: "/") } == .fileUnreadable)
        #expect(throws: FaceError.self) { try Image(contentsOfFile: "/dev/null") }
    }

    @Test func jpegSidesBeyondItsFormatAreRefused() {
        let image = TestPictures.gradient(width: 65_501, height: 1)
        #expect(errorCode { _ = try image.encoded(as: .jpeg()) } == .imageTooLarge)
        #expect(errorCode { _ = try image.encoded(as: .png) } == nil)
    }

    @Test(arguments: [
        ("GIF89a", "GIF"), ("GIF87a", "GIF"), ("BM", "BMP"), ("II*\0", "TIFF"), ("MM\0*", "TIFF"), ("II+\0", "TIFF"),
        ("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ", "WebP"), ("\0\0\0\u{1C}ftypheic", "HEIF"),
        ("\0\0\0\u{1C}ftypavif", "AVIF"), ("\0\0\0\u{0C}jP  ", "JPEG 2000"), ("\0\0\0\u{0C}JXL ", "JPEG XL"),
        ("\0\0\u{1}\0", "ICO"), ("8BPS", "PSD"), ("P6\n3 3\n255\n", "PNM"),
    ])
    func formatsAreNamedInTheError(start: String, name: String) throws {
        let bytes = Array(start.utf8)
        let format = try #require(ImageFormat(recognizing: bytes))
        #expect(format.description == name)
        // A signature alone is a damaged picture of a format that is decoded.
        let error = #expect(throws: FaceError.self) { try Image(decoding: bytes) }
        #expect(error?.code == (ImageFormat.decodable.contains(format) ? .invalidImage : .unsupportedImageFormat))
        #expect(error?.message.hasPrefix(name + " ") == true)
    }

    @Test(arguments: ["", "x", "hello, this is text", "\u{89}PN", "P9\n1 1\n"])
    func garbageIsNoPicture(text: String) {
        let bytes = Array(text.utf8)
        #expect(
            errorCode { _ = try Image(decoding: bytes) } == (bytes.isEmpty ? .invalidImage : .unsupportedImageFormat)
        )
        #expect(ImageFormat(recognizing: bytes) == nil)
    }

    @Test func limitsAreCheckedBeforeDecoding() throws {
        let bytes = try TestPictures.gradient(width: 100, height: 50).encoded(as: .png)
        func code(_ limits: ImageLimits) -> FaceError.Code? {
            errorCode { _ = try Image(decoding: bytes, limits: limits) }
        }
        #expect(code(ImageLimits(maximumBytes: bytes.count, maximumSide: 100, maximumPixels: 5000)) == nil)
        #expect(code(ImageLimits(maximumBytes: bytes.count - 1)) == .imageTooLarge)
        #expect(code(ImageLimits(maximumSide: 99)) == .imageTooLarge)
        #expect(code(ImageLimits(maximumPixels: 4999)) == .imageTooLarge)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let limits = ImageLimits(maximumBytes: bytes.count - 1)
        #expect(errorCode { _ = try Image(contentsOfFile: path, limits: limits) } == .imageTooLarge)
    }

    /// A header that promises 2^31 - 1 pixels per side must cost neither memory nor a trap, whatever the limits.
    @Test(arguments: [ImageLimits.default, ImageLimits(maximumSide: .max, maximumPixels: .max)])
    func hugePromisesAreRefused(limits: ImageLimits) {
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        let side = TestPictures.bigEndian(0x7FFF_FFFF)
        let bomb =
            signature + TestPictures.chunk("IHDR", side + side + [8, 2, 0, 0, 0])
            + TestPictures.chunk("IDAT", [0x78, 0x9C, 3, 0, 0, 0, 0, 1]) + TestPictures.chunk("IEND", [])
        #expect(errorCode { _ = try Image(decoding: bomb, limits: limits) } == .imageTooLarge)
    }

    @Test func headersOfZeroSizeAreInvalid() throws {
        var jpeg = try TestPictures.gradient(width: 8, height: 8).encoded(as: .jpeg())
        let frame = try #require(jpeg.indices.dropLast().first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
        jpeg[frame + 5] = 0
        jpeg[frame + 6] = 0
        #expect(errorCode { _ = try Image(decoding: jpeg) } == .invalidImage)
    }

    @Test func collectionsOtherThanArraysAreTaken() throws {
        let image = TestPictures.noise(width: 9, height: 7)
        let bytes = try image.encoded(as: .png)
        #expect(try Image(decoding: Data(bytes)) == image)
        #expect(try Image(decoding: ([0, 0] + bytes)[2...]) == image)
    }
}
