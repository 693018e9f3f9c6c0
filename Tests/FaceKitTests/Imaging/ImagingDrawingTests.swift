// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct ImagingDrawingTests {
    private static let black = Image(width: 40, height: 30, validated: [UInt8](repeating: 0, count: 3600))

    private static func marked(_ image: Image) -> Set<[Int]> {
        var marked: Set<[Int]> = []
        for y in 0..<image.height {
            for x in 0..<image.width where image.levels(x, y) != [0, 0, 0] { marked.insert([x, y]) }
        }
        return marked
    }

    @Test func boxesAreOutlines() {
        let box = BoundingBox(x: 10, y: 5, width: 12, height: 8)
        let drawn = Self.black.drawing { $0.strokeBox(box, color: .green, lineWidth: 1) }
        let marked = Self.marked(drawn)
        #expect(marked.count == 2 * 13 + 2 * 7)
        #expect(marked.isSuperset(of: [[10, 5], [22, 5], [10, 13], [22, 13]]) && !marked.contains([11, 6]))
        #expect(drawn.levels(10, 5) == [0, 255, 0])
        #expect(Self.black.pixels.allSatisfy { $0 == 0 })
    }

    @Test(arguments: [
        BoundingBox(x: -1e30, y: -1e30, width: 3e30, height: 3e30), BoundingBox(x: .nan, y: 0, width: 1, height: 1),
        BoundingBox(x: 0, y: 0, width: .infinity, height: 5), BoundingBox(x: 900, y: 900, width: 5, height: 5),
        BoundingBox(x: 3, y: 3, width: -4, height: 4),
    ])
    func boxesThatDoNotShowDrawNothing(box: BoundingBox) {
        for lineWidth in [-1, 3, Int.max] {
            let drawn = Self.black.drawing { $0.strokeBox(box, color: .red, lineWidth: lineWidth) }
            #expect(lineWidth == Int.max || Self.marked(drawn).isEmpty)
        }
    }

    @Test func discsAreRound() {
        let center = Point(x: 20, y: 15)
        let marked = Self.marked(Self.black.drawing { $0.fillDisc(at: center, radius: 5, color: .yellow) })
        #expect(abs(Double(marked.count) - 95) < 6)
        #expect(marked.contains([25, 15]) && !marked.contains([24, 19]) && !marked.contains([26, 15]))
        for point in [Point(x: .nan, y: 0), Point(x: 1e30, y: 0), Point(x: -9, y: -9)] {
            #expect(Self.marked(Self.black.drawing { $0.fillDisc(at: point, color: .white) }).isEmpty)
        }
    }

    @Test func textShowsItsLetters() {
        let drawn = Self.black.drawing { $0.write("T", at: Point(x: 2, y: 3), color: .white) }
        let expected: Set<[Int]> = Set((2...6).map { [$0, 3] } + (3...9).map { [4, $0] })
        #expect(Self.marked(drawn) == expected)
        let twice = Self.marked(Self.black.drawing { $0.write("T", at: Point(x: 2, y: 3), color: .white, scale: 2) })
        #expect(twice.count == 4 * expected.count)
    }

    @Test func everyPrintableLetterDiffers() {
        let letters = (0x20...0x7E).map { String(UnicodeScalar(UInt8($0))) }
        let shapes = letters.map { letter in
            Self.marked(Self.black.drawing { $0.write(letter, at: Point(x: 0, y: 0), color: .white) })
        }
        #expect(Set(shapes).count == letters.count)
        #expect(shapes.allSatisfy { $0.allSatisfy { $0[0] < 5 && $0[1] < 7 } })
    }

    @Test func textIsCutOffAtTheEdges() {
        let text = "Größe 0.99 of a face"
        let size = ImageCanvas.size(ofText: text, scale: 2)
        #expect(size.width == 2 * (20 * 6 - 1) && size.height == 14)
        for origin in [Point(x: -30, y: -3), Point(x: 35, y: 28), Point(x: .nan, y: 0), Point(x: 1e20, y: 1e20)] {
            let drawn = Self.black.drawing {
                $0.write(text, at: origin, color: .white, background: .blue, scale: 2)
            }
            #expect(drawn.width == 40)
            #expect(Self.marked(drawn).isEmpty != (abs(origin.x) < 100))
        }
    }

    /// The single column is worked out by OpenCV's mirrored edges, the spot by hand.
    @Test func laplacianVarianceMeasuresSharpness() throws {
        let flat = try Image(width: 16, height: 16, pixels: [UInt8](repeating: 90, count: 768))
        #expect(flat.laplacianVariance == 0)
        let sharp = TestPictures.noise(width: 128, height: 96)
        let blurred = sharp.resized(width: 32, height: 24).resized(width: 128, height: 96, method: .bilinear)
        #expect(sharp.laplacianVariance > 20 * blurred.laplacianVariance)
        // One bright pixel of level 100 in 5×5: responses -400 once and 100 four times.
        var pixels = [UInt8](repeating: 0, count: 75)
        for offset in 36..<39 { pixels[offset] = 100 }
        let spot = try Image(width: 5, height: 5, pixels: pixels)
        #expect(abs(spot.laplacianVariance - (160_000 + 4 * 10_000) / 25) < 1e-9)
        let column = try Image(width: 1, height: 3, pixels: [0, 0, 0, 50, 50, 50, 0, 0, 0])
        #expect(abs(column.laplacianVariance - (3 * 10_000.0 / 3 - 100.0 / 3 * (100.0 / 3))) < 1e-9)
    }
}
