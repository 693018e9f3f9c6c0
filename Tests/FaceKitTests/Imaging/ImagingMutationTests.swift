// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

/// Mutated pictures of every format end in an image or a `FaceError`.
///
/// `FACEKIT_MUTATIONS` says how many; `make sanitize` runs ten thousand under Address Sanitizer.
@Suite struct ImagingMutationTests {
    /// Larger files take long and have no code of their own to reach.
    private static let largestFile = 60_000
    private static let shares = 4

    private static let count = ProcessInfo.processInfo.environment["FACEKIT_MUTATIONS"].flatMap(Int.init) ?? 3000

    @Test(.enabled(if: EvaluationFolders.pictures != nil, "FACEKIT_EVAL is not set"), arguments: 0..<shares)
    func mutatedPicturesDecodeOrAreRefused(share: Int) throws {
        let pictures = try Self.pictures()
        try #require(!pictures.isEmpty)
        var random = SeededGenerator(seed: UInt64(share) + 1)
        let limits = ImageLimits(maximumPixels: 500_000)
        var (decoded, refused) = (0, 0)
        for round in 0..<Self.count / Self.shares {
            // By turns, so that rare formats come up as often as others.
            let format = pictures[round % pictures.count]
            let original = format[Int.random(in: 0..<format.count, using: &random)]
            let bytes = Self.mutation(of: original, using: &random)
            do {
                let image = try Image(decoding: bytes, limits: limits)
                #expect(image.pixels.count == image.width * image.height * 3)
                decoded += 1
            } catch {
                refused += 1
            }
        }
        #expect(decoded > 0 && refused > 0)
    }

    /// The pictures that can be decoded, grouped by format.
    private static func pictures() throws -> [[[UInt8]]] {
        let folder = try #require(EvaluationFolders.pictures).appendingPathComponent("formats")
        var groups: [String: [[UInt8]]] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted() {
            guard let data = FileManager.default.contents(atPath: folder.appendingPathComponent(name).path),
                data.count <= largestFile, let format = ImageFormat(recognizing: data),
                ImageFormat.decodable.contains(format)
            else { continue }
            groups[format.description, default: []].append(Array(data))
        }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func mutation(of original: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        // Headers decide most, so half of the mutations stay there; TIFF has its directory at either end.
        let places: Range<Int> =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: 0..<min(bytes.count, 64)
            case 1: 0..<min(bytes.count, 400)
            case 2: max(0, bytes.count - 400)..<bytes.count
            default: 0..<bytes.count
            }
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let extremes: [UInt8] = [0, 1, 127, 128, 255, UInt8.random(in: 0...255, using: &random)]
            bytes[Int.random(in: places, using: &random)] = extremes[Int.random(in: 0..<6, using: &random)]
        }
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
        case 1:
            let start = Int.random(in: 0..<bytes.count, using: &random)
            bytes.removeSubrange(start..<min(bytes.count, start + Int.random(in: 1...64, using: &random)))
        case 2:
            let start = Int.random(in: 0..<bytes.count, using: &random)
            let stretch = bytes[start..<min(bytes.count, start + Int.random(in: 1...64, using: &random))]
            bytes.insert(contentsOf: Array(stretch), at: Int.random(in: 0..<bytes.count, using: &random))
        default:
            break
        }
        return bytes
    }
}
