// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

/// Resizing, warping, aligning and measuring beside OpenCV, whose results Tests/Tools/opencv_imaging.py wrote down.
@Suite struct ImagingOpenCVTests {
    /// A line of the table.
    struct Case: CustomTestStringConvertible, Sendable {
        let fields: [String]
        /// What OpenCV made: levels, red first.
        let levels: [UInt8]

        var testDescription: String { fields.joined(separator: " ") }
        var operation: String { fields[0] }
        /// The picture that the case starts from.
        var picture: Image { ImagingOpenCVTests.picture(fields[1]) }

        static let all = openCVExpectations.split(separator: "\n").map {
            Case($0.split(separator: " ").map(String.init))
        }

        static func of(_ operation: String) -> [Case] { all.filter { $0.operation == operation } }

        private init(_ words: [String]) {
            guard words[0] != "measure" else {
                (fields, levels) = (words, [])
                return
            }
            fields = words.dropLast()
            let digits = Array((words.last ?? "").utf8)
            levels = stride(from: 0, to: digits.count - 1, by: 2).map { index in
                UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
            }
        }

        /// The numbers of a map.
        func numbers(_ index: Int) -> [Double] { fields[index].split(separator: ",").compactMap { Double($0) } }

        /// The largest and the mean difference of levels; `nil` where there are not as many.
        func difference(from pixels: [UInt8]) -> (largest: Int, mean: Double)? {
            guard pixels.count == levels.count, !levels.isEmpty else { return nil }
            let differences = zip(pixels, levels).map { abs(Int($0) - Int($1)) }
            return (differences.max() ?? 0, Double(differences.reduce(0, +)) / Double(levels.count))
        }
    }

    /// The pictures of the tool, of 48×36 pixels.
    private static func picture(_ kind: String) -> Image {
        var pixels: [UInt8] = []
        for y in 0..<36 {
            for x in 0..<48 {
                for c in 0..<3 {
                    var level = x * (c + 4) + y * (7 - c)
                    level = (level + x * y * (c + 1) / 24) / 2 % 512
                    if kind == "rough" {
                        level = x * x * 7 + y * y * 13 + x * y * 5
                        level = (level + c * 83 + x * 31 % 17 * y) % 256
                    }
                    pixels.append(UInt8(level > 255 ? 511 - level : level))
                }
            }
        }
        return Image(width: 48, height: 36, validated: pixels)
    }

    @Test(arguments: Case.of("resize"))
    func resizingEqualsOpenCVWithinALevel(_ item: Case) throws {
        let methods: [String: ResamplingMethod] = ["area": .area, "bilinear": .bilinear, "bicubic": .bicubic]
        let method = try #require(methods[item.fields[2]])
        let (width, height) = (try #require(Int(item.fields[3])), try #require(Int(item.fields[4])))
        let resized = item.picture.resized(width: width, height: height, method: method)
        let difference = try #require(item.difference(from: resized.pixels))
        #expect(difference.largest <= 1 && difference.mean < 0.2, "\(difference)")
    }

    @Test(arguments: Case.of("affine") + Case.of("perspective"))
    func warpingEqualsOpenCVWithinALevel(_ item: Case) throws {
        let map = item.numbers(4)
        let (width, height) = (try #require(Int(item.fields[2])), try #require(Int(item.fields[3])))
        let warped: Image
        if item.operation == "affine" {
            let transform = AffineTransform2x3(a: map[0], b: map[1], tx: map[2], c: map[3], d: map[4], ty: map[5])
            warped = try item.picture.warpAffine(transform, width: width, height: height)
        } else {
            warped = try item.picture.warpPerspective(map, width: width, height: height)
        }
        let difference = try #require(Self.differenceInside(item, warped))
        #expect(difference.largest <= 2 && difference.mean < 0.5, "\(difference)")
    }

    @Test(arguments: Case.of("align"))
    func alignedFacesEqualOpenCVsWarps(_ item: Case) throws {
        let points = [(15.25, 11.125), (29.5, 13.75), (21.0, 20.25), (14.25, 25.5), (25.0, 27.25)].map {
            Point(x: Float($0.0), y: Float($0.1))
        }
        let face = FaceDetection(
            boundingBox: BoundingBox(x: 8, y: 4, width: 26, height: 30),
            landmarks: Landmarks(points: points),
            confidence: 1
        )
        // The demo's five points of 96×112 pixels, brought to the middle of a square, are those of ArcFace.
        let aligner = FivePointAligner(transform: item.fields[3] == "affine" ? .affine : .similarity)
        let crop = try aligner.align(face, in: item.picture).image
        var sampled: [UInt8] = []
        for y in stride(from: 0, to: 112, by: 4) {
            for x in stride(from: 0, to: 112, by: 4) { sampled += crop.levels(x, y) }
        }
        let small = Image(width: 28, height: 28, validated: sampled)
        let difference = try #require(Self.differenceInside(item, small))
        #expect(difference.largest <= 2 && difference.mean < 0.5, "\(difference)")
    }

    @Test(arguments: Case.of("gray"))
    func graysEqualOpenCVs(_ item: Case) throws {
        let difference = try #require(item.difference(from: item.picture.grayLevels()))
        #expect(difference.largest == 0, "\(difference)")
    }

    @Test(arguments: Case.of("measure"))
    func sharpnessEqualsOpenCVs(_ item: Case) throws {
        let wanted = try #require(Double(item.fields[2]))
        #expect(abs(item.picture.laplacianVariance - wanted) < 1e-6 * wanted)
    }

    /// The difference where the result shows the picture: at its edges levels jump to black, and OpenCV rounds places.
    private static func differenceInside(_ item: Case, _ image: Image) -> (largest: Int, mean: Double)? {
        guard item.levels.count == image.pixels.count else { return nil }
        func isBlack(_ pixels: [UInt8], _ x: Int, _ y: Int) -> Bool {
            guard (0..<image.width).contains(x), (0..<image.height).contains(y) else { return false }
            let index = 3 * (y * image.width + x)
            return pixels[index..<index + 3].allSatisfy { $0 == 0 }
        }
        var (largest, sum, count) = (0, 0, 0)
        for y in 0..<image.height {
            for x in 0..<image.width {
                let neighbours = (-1...1).flatMap { dy in (-1...1).map { (x + $0, y + dy) } }
                let atEdge = neighbours.contains {
                    isBlack(image.pixels, $0.0, $0.1) || isBlack(item.levels, $0.0, $0.1)
                }
                // Outside the picture both must be black.
                if isBlack(image.pixels, x, y), !neighbours.contains(where: { !isBlack(image.pixels, $0.0, $0.1) }) {
                    if !isBlack(item.levels, x, y) { return (255, 255) }
                    continue
                }
                guard !atEdge else { continue }
                for channel in 0..<3 {
                    let index = 3 * (y * image.width + x) + channel
                    let difference = abs(Int(image.pixels[index]) - Int(item.levels[index]))
                    (largest, sum, count) = (max(largest, difference), sum + difference, count + 1)
                }
            }
        }
        // A result that is all edge would prove nothing.
        return count > item.levels.count / 4 ? (largest, Double(sum) / Double(count)) : nil
    }
}
