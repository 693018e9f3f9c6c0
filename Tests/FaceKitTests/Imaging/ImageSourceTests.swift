// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitInference
import Foundation
import Testing

@Suite struct ImageSourceTests {
    private static let jpeg = Result {
        try TestPictures.gradient(width: 403, height: 299).encoded(as: .jpeg(quality: 95))
    }

    @Test(arguments: [(403, 299, 1), (202, 150, 2), (201, 150, 2), (202, 151, 1), (100, 75, 4), (51, 38, 8), (1, 1, 8)])
    func aJPEGIsDecodedAsSmallAsItsReadersAllow(width: Int, height: Int, reduction: Int) throws {
        let source = try ImageSource(Self.jpeg.get())
        #expect(source.width == 403 && source.height == 299)
        let found = try source.image(atLeastWidth: width, height: height)
        #expect(found.reduction == reduction)
        #expect(found.image.width == (403 + reduction - 1) / reduction)
        #expect(found.image.height == (299 + reduction - 1) / reduction)
        // It shows the same picture as a whole one that is averaged.
        let whole = try source.image().resized(width: found.image.width, height: found.image.height)
        #expect(try #require(found.image.difference(from: whole)).mean < 3)
    }

    @Test func morePixelsThanThereAreGiveTheWholePicture() throws {
        let source = try ImageSource(Self.jpeg.get())
        let found = try source.image(atLeastWidth: 5000, height: 1)
        #expect(found.reduction == 1 && found.image.width == 403)
    }

    @Test func whatWasDecodedLargerServesForSmaller() throws {
        let source = try ImageSource(Self.jpeg.get())
        #expect(try source.image(atLeastWidth: 150, height: 100).reduction == 2)
        #expect(try source.image(atLeastWidth: 20, height: 20).reduction == 2)
        let time = source.decodingTime
        _ = try source.image(atLeastWidth: 150, height: 100)
        #expect(source.decodingTime == time)
        #expect(try source.image(atLeastWidth: 300, height: 20).reduction == 1)
        #expect(source.decodingTime > time)
    }

    @Test func sidesAreThoseOfTheUprightPicture() throws {
        let bytes = try TestPictures.jpeg(TestPictures.gradient(width: 64, height: 32), exifOrientation: 6)
        let upright = try ImageSource(bytes)
        #expect(upright.width == 32 && upright.height == 64)
        #expect(try upright.image() == Image(decoding: bytes))
        let small = try ImageSource(bytes).image(atLeastWidth: 16, height: 32)
        #expect(small.reduction == 2 && small.image.width == 16 && small.image.height == 32)
        let stored = try ImageSource(bytes, appliesOrientation: false)
        #expect(stored.width == 64 && stored.height == 32)
    }

    @Test func aJPEGIsReadWhileItIsDecoded() throws {
        let source = try ImageSource(Self.jpeg.get())
        let input = ModelInput(width: nil, height: nil, color: .rgb, mean: [0, 0, 0], scale: [1, 1, 1])
        let floats = try source.whileDecoding { pixels in input.tensor(of: pixels, width: 403, height: 299).floats }
        let time = source.decodingTime
        #expect(time > .zero)
        // It is there, and is not decoded again.
        let image = try source.image()
        #expect(source.decodingTime == time)
        #expect(try image == Image(decoding: Self.jpeg.get()))
        #expect(floats == input.tensor(of: [image], width: 403, height: 299).floats)
        #expect(try source.whileDecoding { _ in true } == nil)
        // Nobody has to read it.
        let unread = try ImageSource(Self.jpeg.get())
        #expect(try unread.whileDecoding { _ in true } == true)
        #expect(try unread.image() == image)
    }

    @Test func whatIsTurnedOrNoJPEGIsThereBeforeItIsRead() throws {
        let turned = try TestPictures.jpeg(TestPictures.gradient(width: 64, height: 32), exifOrientation: 6)
        #expect(try ImageSource(turned).whileDecoding { _ in true } == nil)
        #expect(try ImageSource(turned, appliesOrientation: false).whileDecoding { _ in true } == true)
        let png = try TestPictures.noise(width: 9, height: 7).encoded(as: .png)
        #expect(try ImageSource(png).whileDecoding { _ in true } == nil)
    }

    @Test func whatWasReadOfADamagedJPEGIsDropped() throws {
        let bytes = try Self.jpeg.get()
        let input = ModelInput(width: nil, height: nil, color: .rgb, mean: [0, 0, 0], scale: [1, 1, 1])
        let source = try ImageSource(bytes.prefix(bytes.count / 2))
        #expect(
            errorCode {
                _ = try source.whileDecoding { pixels in input.tensor(of: pixels, width: 403, height: 299).floats }
            } == .invalidImage
        )
        #expect(errorCode { _ = try source.image() } == .invalidImage)
        // What the reader throws comes through, and the picture is there.
        let whole = try ImageSource(bytes)
        #expect(
            errorCode {
                _ = try whole.whileDecoding { _ throws(FaceError) in throw FaceError(.invalidModel, "no") }
            } == .invalidModel
        )
        #expect(try whole.image() == Image(decoding: bytes))
    }

    @Test func otherFormatsAreDecodedWhole() throws {
        let image = TestPictures.noise(width: 90, height: 70)
        let source = try ImageSource(image.encoded(as: .png))
        let found = try source.image(atLeastWidth: 2, height: 2)
        #expect(found.reduction == 1 && found.image == image)
    }

    @Test func errorsNameTheFile() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".jpg").path
        #expect(errorCode { _ = try ImageSource(contentsOfFile: path) } == .fileUnreadable)
        try Data(Self.jpeg.get().prefix(2000)).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let source = try ImageSource(contentsOfFile: path)
        let error = #expect(throws: FaceError.self) { try source.image() }
        #expect(error?.code == .invalidImage && error?.message.hasPrefix(path) == true)
        let limits = ImageLimits(maximumPixels: 1000)
        let large = #expect(throws: FaceError.self) { try ImageSource(contentsOfFile: path, limits: limits) }
        #expect(large?.code == .imageTooLarge && large?.message.hasPrefix(path) == true)
        #expect(errorCode { _ = try ImageSource([UInt8]("no picture".utf8)) } == .unsupportedImageFormat)
    }
}
