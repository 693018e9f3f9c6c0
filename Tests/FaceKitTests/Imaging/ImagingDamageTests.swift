// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import Testing

/// Damaged data end in an image or a `FaceError`; anything else fails or ends the test process.
@Suite struct ImagingDamageTests {
    private static let jpeg = try? TestPictures.gradient(width: 47, height: 33).encoded(as: .jpeg(quality: 80))
    private static let png = try? TestPictures.gradient(width: 47, height: 33).encoded(as: .png)

    @Test func everyTruncationOfAJPEGIsAnError() throws {
        let bytes = try #require(Self.jpeg)
        let whole = try Image(decoding: bytes)
        for count in 0..<bytes.count {
            do {
                // Only the end marker and bits that no pixel needs can be missing.
                let image = try Image(decoding: bytes.prefix(count))
                #expect(image == whole && count >= bytes.count - 4, "\(count) of \(bytes.count) bytes decode")
            } catch {
                #expect(error.code == (count < 3 && count > 0 ? .unsupportedImageFormat : .invalidImage))
            }
        }
    }

    @Test func everyTruncationOfAPNGIsAnError() throws {
        let bytes = try #require(Self.png)
        let whole = try Image(decoding: bytes)
        for count in 0..<bytes.count {
            do {
                // The end chunk takes 12 bytes and holds no pixels.
                let image = try Image(decoding: bytes.prefix(count))
                #expect(image == whole && count >= bytes.count - 12, "\(count) of \(bytes.count) bytes decode")
            } catch {
                #expect(error.code == (count < 8 && count > 0 ? .unsupportedImageFormat : .invalidImage))
            }
        }
    }

    @Test func truncationIsNamed() throws {
        let jpeg = try #require(Self.jpeg)
        let png = try #require(Self.png)
        for bytes in [jpeg.prefix(jpeg.count / 2), png.prefix(png.count / 2)] {
            let error = #expect(throws: FaceError.self) { try Image(decoding: bytes) }
            #expect(error?.message.contains("truncated") == true)
        }
    }

    @Test(arguments: ["jpeg", "png", "jpeg with EXIF"], 1...4)
    func mutatedBytesNeverTrap(kind: String, seed: Int) throws {
        let original: [UInt8]
        switch kind {
        case "jpeg": original = try #require(Self.jpeg)
        case "png": original = try #require(Self.png)
        default:
            original = try TestPictures.jpeg(TestPictures.gradient(width: 24, height: 16), exifOrientation: 6)
        }
        var random = SeededGenerator(seed: UInt64(seed) * 7919)
        let limits = ImageLimits(maximumPixels: 1_000_000)
        var refused = 0
        for round in 0..<1500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                // Headers come first and decide most, so half of the rounds stay there.
                let end = round.isMultiple(of: 2) ? bytes.count : min(bytes.count, 200)
                let index = Int.random(in: 0..<end, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                let image = try Image(decoding: bytes, limits: limits)
                #expect(image.pixels.count == image.width * image.height * 3)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0)
    }
}
