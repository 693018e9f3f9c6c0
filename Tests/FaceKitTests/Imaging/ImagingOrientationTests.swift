// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct ImagingOrientationTests {
    /// A picture of 3×2 pixels whose red level numbers them from 1, row by row.
    private static let numbered = Image(
        width: 3,
        height: 2,
        validated: (1...6).flatMap { [UInt8($0), 0, 0] }
    )

    @Test(arguments: [
        (1, 3, [1, 2, 3, 4, 5, 6]), (2, 3, [3, 2, 1, 6, 5, 4]), (3, 3, [6, 5, 4, 3, 2, 1]),
        (4, 3, [4, 5, 6, 1, 2, 3]), (5, 2, [1, 4, 2, 5, 3, 6]), (6, 2, [4, 1, 5, 2, 6, 3]),
        (7, 2, [6, 3, 5, 2, 4, 1]), (8, 2, [3, 6, 2, 5, 1, 4]),
    ])
    func allEightOrientationsMovePixelsWhereEXIFSays(raw: Int, width: Int, order: [UInt8]) throws {
        let orientation = try #require(ImageOrientation(rawValue: raw))
        let upright = Self.numbered.upright(from: orientation)
        #expect(upright.width == width && upright.height == 6 / width)
        #expect(stride(from: 0, to: 18, by: 3).map { upright.pixels[$0] } == order)
    }

    @Test(arguments: ImageOrientation.allCases)
    func largePicturesAreTurnedLikeSmallOnes(orientation: ImageOrientation) {
        let image = TestPictures.noise(width: 131, height: 67)
        let upright = image.upright(from: orientation)
        let back: ImageOrientation = orientation == .right ? .left : orientation == .left ? .right : orientation
        #expect(upright.upright(from: back) == image)
        #expect(upright == image || orientation != .up)
    }

    @Test(arguments: ImageOrientation.allCases, [false, true])
    func orientationIsReadFromJPEG(orientation: ImageOrientation, littleEndian: Bool) throws {
        let image = TestPictures.gradient(width: 48, height: 32)
        let bytes = try TestPictures.jpeg(
            image,
            exifOrientation: UInt8(orientation.rawValue),
            littleEndian: littleEndian
        )
        let header = try ImageHeader(reading: bytes)
        #expect(header.orientation == orientation && header.width == 48 && header.height == 32)
        let stored = try Image(decoding: bytes, appliesOrientation: false)
        #expect(stored.width == 48)
        #expect(try Image(decoding: bytes) == stored.upright(from: orientation))
    }

    @Test(arguments: ImageOrientation.allCases)
    func orientationIsReadFromPNG(orientation: ImageOrientation) throws {
        let image = TestPictures.noise(width: 5, height: 4)
        let bytes = try image.encoded(as: .png)
        let exif = TestPictures.exif(orientation: UInt8(orientation.rawValue), littleEndian: true)
        // The signature and the header chunk take 33 bytes, the end chunk 12.
        for position in [33, bytes.count - 12] {
            let tagged = bytes.prefix(position) + TestPictures.chunk("eXIf", exif) + bytes.dropFirst(position)
            #expect(try Image(decoding: tagged) == image.upright(from: orientation))
        }
    }

    @Test(arguments: ["<rdf:Description tiff:Orientation=\"6\"/>", "<tiff:Orientation>6</tiff:Orientation>"])
    func orientationIsReadFromXMPWhereEXIFHasNone(packet: String) throws {
        let image = TestPictures.noise(width: 5, height: 4)
        let bytes = try image.encoded(as: .png)
        let xmp = TestPictures.chunk("iTXt", Array("XML:com.adobe.xmp\0\0\0\0\0\(packet)".utf8))
        let tagged = bytes.prefix(33) + xmp + bytes.dropFirst(33)
        #expect(try Image(decoding: tagged) == image.upright(from: .right))
        let exif = TestPictures.chunk("eXIf", TestPictures.exif(orientation: 3, littleEndian: false))
        #expect(try ImageHeader(reading: bytes.prefix(33) + xmp + exif + bytes.dropFirst(33)).orientation == .down)
    }

    @Test(arguments: [UInt8(0), 9, 255])
    func orientationsThatDoNotExistCountAsUpright(raw: UInt8) throws {
        let bytes = try TestPictures.jpeg(TestPictures.gradient(width: 8, height: 8), exifOrientation: raw)
        #expect(try ImageHeader(reading: bytes).orientation == .up)
    }

    @Test func damagedEXIFDoesNotFailThePicture() throws {
        let bytes = try TestPictures.jpeg(TestPictures.gradient(width: 8, height: 8), exifOrientation: 6)
        // Byte order, offset, entry count, type and value of the TIFF structure, which starts at 12.
        for position in 12..<38 {
            for value in [UInt8(0), 1, 127, 255] {
                var damaged = bytes
                damaged[position] = value
                #expect(throws: Never.self) { try Image(decoding: damaged) }
            }
        }
    }

    @Test(
        .enabled(if: EvaluationFolders.pictures != nil, "FACEKIT_EVAL is not set"),
        arguments: 2...8
    )
    func photographsOfAllOrientationsLookAlike(raw: Int) throws {
        let folder = try #require(EvaluationFolders.pictures).appendingPathComponent("formats")
        let expected = try Image(
            contentsOfFile: folder.appendingPathComponent("exif-orientation/Portrait_1.jpg").path
        )
        let path = folder.appendingPathComponent("exif-orientation/Portrait_\(raw).jpg").path
        #expect(try ImageHeader(reading: Data(contentsOf: URL(fileURLWithPath: path))).orientation.rawValue == raw)
        let difference = try #require(try Image(contentsOfFile: path).difference(from: expected))
        #expect(difference.mean < 6, "mean difference \(difference.mean)")
    }
}
