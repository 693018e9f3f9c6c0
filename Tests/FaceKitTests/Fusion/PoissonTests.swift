// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKit
import FaceKitTestSupport
import Testing

@Suite struct PoissonTests {
    @Test(arguments: [(1, 1), (2, 3), (4, 4), (5, 7), (8, 20), (14, 33), (23, 9), (59, 31), (99, 50), (249, 120)])
    func whatSolvesTheEquationIsFoundAgain(width: Int, height: Int) {
        var generator = SeededGenerator(seed: UInt64(width * height))
        let solution = (0..<width * height).map { _ in Float.random(in: -100...100, using: &generator) }
        var values = solution
        func at(_ x: Int, _ y: Int) -> Float {
            0..<width ~= x && 0..<height ~= y ? solution[y * width + x] : 0
        }
        for y in 0..<height {
            for x in 0..<width {
                values[y * width + x] = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y)
            }
        }
        #expect(cfk_smooth_extent(Int32(width + 1)) == width + 1)
        #expect(cfk_poisson_solve(&values, Int32(width), Int32(height)) == 0)
        let worst = zip(values, solution).map { abs($0 - $1) }.max() ?? 0
        #expect(worst < 0.005, "\(worst)")
    }

    @Test func extentsHaveSmallPrimeFactors() {
        #expect([1, 2, 7, 11, 13, 31, 101, 997].map { cfk_smooth_extent($0) } == [1, 2, 8, 12, 15, 32, 108, 1000])
    }

    /// Waves of different pitch, so that the gradients of patch and picture differ everywhere.
    private static func picture(_ a: Int, _ b: Int, _ c: Int) -> Image {
        var pixels: [UInt8] = []
        for y in 0..<PoissonExpectations.height {
            for x in 0..<PoissonExpectations.width {
                for channel in 0..<3 { pixels.append(UInt8((x * a + y * b + x * y * c / 16 + channel * 37) % 97 + 60)) }
            }
        }
        return Image(width: PoissonExpectations.width, height: PoissonExpectations.height, validated: pixels)
    }

    @Test func blendingAgreesWithOpenCV() throws {
        let (width, height) = (PoissonExpectations.width, PoissonExpectations.height)
        let mask = (0..<width * height).map { place -> Float in
            let (x, y) = (place % width - 60, place / width - 50)
            return x * x * 4 + y * y * 9 < 36 * 900 / 3 ? 1 : 0
        }
        let (target, patch) = (Self.picture(1, 2, 1), Self.picture(2, 1, 0))
        // The mask is shrunk three times by one pixel there.
        var eroded = mask
        for _ in 0..<3 {
            let before = eroded
            for y in 1..<height - 1 {
                for x in 1..<width - 1 {
                    let around = [-1, 0, 1].flatMap { dy in [-1, 0, 1].map { before[(y + dy) * width + x + $0] } }
                    eroded[y * width + x] = around.min() ?? 0
                }
            }
        }
        let blended = try target.blendingGradients(of: patch, mask: eroded)
        var (sum, count) = (0, 0)
        for (y, row) in zip(stride(from: 4, to: height, by: 8), PoissonExpectations.levels) {
            for (x, wanted) in zip(stride(from: 4, to: width, by: 8), row) {
                let place = y * width + x
                let found = Int(blended.pixels[3 * place + 1])
                if eroded[place] > 0 {
                    sum += abs(found - wanted)
                    count += 1
                }
                #expect(abs(found - wanted) <= 12, "\(x), \(y): \(found) instead of \(wanted)")
            }
        }
        #expect(count > 30 && Double(sum) / Double(count) <= 2, "\(Double(sum) / Double(count))")
    }

    @Test func nothingChangesWithoutAMaskOrWithThePictureItself() throws {
        let target = Self.picture(1, 2, 1)
        let count = target.width * target.height
        #expect(
            try target.blendingGradients(of: Self.picture(2, 1, 0), mask: Array(repeating: 0, count: count)) == target
        )
        #expect(try target.blendingGradients(of: target, mask: Array(repeating: 1, count: count)) == target)
    }

    @Test func aBrighterPatchTakesTheLightOfThePicture() throws {
        let target = Self.picture(1, 2, 1)
        let brighter = Image(width: target.width, height: target.height, validated: target.pixels.map { $0 + 60 })
        var mask = BlendMask(polygon: [], width: target.width, height: target.height)
        for y in 20..<60 { for x in 20..<90 { mask.shares[y * target.width + x] = 1 } }
        let blended = try target.blendingGradients(of: brighter, mask: mask.shares)
        #expect(zip(blended.pixels, target.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }
}
