// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

/// Every picture of the evaluation data's formats folder against what Pillow makes of it.
@Suite struct ImagingFormatsTests {
    /// A line of the table that Pillow wrote.
    struct Expectation: CustomTestStringConvertible, Sendable {
        let name: String
        /// Width, height and the grid of means; `nil` where Pillow refuses the picture.
        let picture: (width: Int, height: Int, grid: [Int])?

        var testDescription: String { name }

        static let all = pictureExpectations.split(separator: "\n").map { Self($0.split(separator: " ")) }

        private init(_ fields: [Substring]) {
            name = String(fields[0])
            guard fields.count == 4, let width = Int(fields[1]), let height = Int(fields[2]) else {
                picture = nil
                return
            }
            let digits = Array(fields[3])
            let grid = stride(from: 0, to: digits.count, by: 2).compactMap {
                Int(String(digits[$0...$0 + 1]), radix: 16)
            }
            picture = (width, height, grid)
        }
    }

    /// What happens to the pictures that Pillow refuses, or that Pillow decodes and FaceKit refuses.
    private static let errors: [String: FaceError.Code] = [
        "exif-samples-heic/samplefilehub.heif": .unsupportedImageFormat,
        "pillow/avif/hopper.avif": .unsupportedImageFormat,
        "pillow/broken.png": .invalidImage,
        "pillow/broken_data_stream.png": .invalidImage,
        "pillow/decompression_bomb.gif": .imageTooLarge,
        "pillow/decompression_bomb.ico": .imageTooLarge,
        "pillow/hopper.ppm": .unsupportedImageFormat,
        "pillow/hopper.psd": .unsupportedImageFormat,
        "pillow/hopper_16bit.pgm": .unsupportedImageFormat,
        "pillow/hopper_1bit.pbm": .unsupportedImageFormat,
        "pillow/hopper_8bit.pgm": .unsupportedImageFormat,
        "pillow/test-card-lossless.jp2": .unsupportedImageFormat,
        "pillow/truncated_image.png": .invalidImage,
        "pillow/truncated_jpeg.jpg": .invalidImage,
        "pillow/zero_width.gif": .invalidImage,
        "pngsuite/xc1n0g08.png": .invalidImage,
        "pngsuite/xc9n2c08.png": .invalidImage,
        "pngsuite/xcrn0g04.png": .unsupportedImageFormat,
        // Pillow does not look at the checksum of pixels.
        "pngsuite/xcsn0g01.png": .invalidImage,
        "pngsuite/xd0n2c08.png": .invalidImage,
        "pngsuite/xd3n2c08.png": .invalidImage,
        "pngsuite/xd9n2c08.png": .invalidImage,
        "pngsuite/xdtn0g01.png": .invalidImage,
        "pngsuite/xhdn0g08.png": .invalidImage,
        "pngsuite/xlfn0g04.png": .unsupportedImageFormat,
        "pngsuite/xs1n0g01.png": .unsupportedImageFormat,
        "pngsuite/xs2n0g01.png": .unsupportedImageFormat,
        "pngsuite/xs4n0g01.png": .unsupportedImageFormat,
        "pngsuite/xs7n0g01.png": .unsupportedImageFormat,
    ]

    /// Pictures that Pillow's build refuses and that look like another one.
    private static let likenesses = ["pillow/hopper_webp.tif": "pillow/hopper.tif"]

    @Test(.enabled(if: EvaluationFolders.pictures != nil, "FACEKIT_EVAL is not set"), arguments: Expectation.all)
    func picturesLookAsInPillow(_ expectation: Expectation) throws {
        let folder = try #require(EvaluationFolders.pictures).appendingPathComponent("formats")
        let bytes = try Data(contentsOf: folder.appendingPathComponent(expectation.name))
        let isLeftOut = ImageFormat(recognizing: bytes).map { !ImageFormat.decodable.contains($0) } ?? true
        if isLeftOut || Self.errors[expectation.name] != nil {
            let code = errorCode { _ = try Image(decoding: bytes) }
            #expect(code == (isLeftOut ? .unsupportedImageFormat : Self.errors[expectation.name]))
            return
        }
        let likeness = Self.likenesses[expectation.name]
        let picture = try #require(
            likeness.flatMap { name in Expectation.all.first { $0.name == name }?.picture } ?? expectation.picture,
            "\(expectation.name) is refused by Pillow and has no expectation of its own"
        )
        let image = try Image(decoding: bytes, appliesOrientation: false)
        try #require(image.width == picture.width && image.height == picture.height)
        // A lossy copy of the likeness.
        let tolerance = likeness == nil ? 2.0 : 6.0
        let differences = zip(Self.grid(of: image), picture.grid).map { abs($0 - Double($1)) }
        try #require(differences.count == picture.grid.count && !differences.isEmpty)
        #expect(differences.allSatisfy { $0 <= tolerance }, "differs by \(differences.max() ?? 0)")
    }

    @Test(.enabled(if: EvaluationFolders.pictures != nil, "FACEKIT_EVAL is not set"))
    func theTableHoldsEveryPicture() throws {
        let folder = try #require(EvaluationFolders.pictures).appendingPathComponent("formats")
        // Folders have no extension, and every picture has one.
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { name in
            let ending = URL(fileURLWithPath: name).pathExtension
            return !ending.isEmpty && ending != "csv"
        }
        #expect(Set(names) == Set(Expectation.all.map(\.name)))
    }

    /// The mean levels of the cells that the table describes, red, green and blue of each.
    private static func grid(of image: Image) -> [Double] {
        let (columns, rows) = (min(8, image.width), min(8, image.height))
        return (0..<rows).flatMap { row in
            (0..<columns).flatMap { column -> [Double] in
                let xs = column * image.width / columns..<(column + 1) * image.width / columns
                let ys = row * image.height / rows..<(row + 1) * image.height / rows
                var sums = [0, 0, 0]
                for y in ys {
                    for x in xs {
                        for channel in 0..<3 { sums[channel] += Int(image.pixels[3 * (y * image.width + x) + channel]) }
                    }
                }
                return sums.map { Double($0) / Double(xs.count * ys.count) }
            }
        }
    }
}
