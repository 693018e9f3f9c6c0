// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// Pictures and bytes that the imaging tests generate; the same in every run.
enum TestPictures {
    /// Smooth gradients with some detail, different in every channel and asymmetric, as JPEG likes it.
    static func gradient(width: Int, height: Int) -> Image {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                pixels.append(UInt8(clamping: 255 * x / max(1, width - 1)))
                pixels.append(UInt8(clamping: 255 * y / max(1, height - 1)))
                pixels.append(UInt8(clamping: (x * y) * 255 / max(1, (width - 1) * (height - 1))))
            }
        }
        return Image(width: width, height: height, validated: pixels)
    }

    /// Noise.
    static func noise(width: Int, height: Int, seed: UInt64 = 1) -> Image {
        var random = SeededGenerator(seed: seed)
        let pixels = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
        return Image(width: width, height: height, validated: pixels)
    }

    /// A JPEG with an EXIF segment that holds one entry, the orientation.
    static func jpeg(_ image: Image, exifOrientation: UInt8, littleEndian: Bool = false) throws -> [UInt8] {
        let segment = Array("Exif\0\0".utf8) + exif(orientation: exifOrientation, littleEndian: littleEndian)
        let encoded = try image.encoded(as: .jpeg(quality: 95))
        let length = segment.count + 2
        return encoded.prefix(2) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + segment
            + encoded.dropFirst(2)
    }

    /// A TIFF structure with one directory of one entry.
    static func exif(orientation: UInt8, littleEndian: Bool) -> [UInt8] {
        littleEndian
            ? [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
            : [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
    }

    /// A PNG chunk with its checksum.
    static func chunk(_ name: String, _ contents: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + contents
        return bigEndian(UInt32(contents.count)) + checked + bigEndian(crc(checked))
    }

    /// The four bytes of a number, highest first.
    static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }
}

/// A small generator (Marsaglia's xorshift) that repeats itself for a seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

extension Image {
    /// The largest and the mean difference of levels; `nil` for pictures of different sizes.
    func difference(from other: Image) -> (largest: Int, mean: Double)? {
        guard width == other.width, height == other.height else { return nil }
        let differences = zip(pixels, other.pixels).map { abs(Int($0) - Int($1)) }
        return (differences.max() ?? 0, Double(differences.reduce(0, +)) / Double(differences.count))
    }

    /// The three levels at a column and row.
    func levels(_ x: Int, _ y: Int) -> [UInt8] { Array(pixels[3 * (y * width + x)..<3 * (y * width + x) + 3]) }
}

/// The code of the `FaceError` that `body` throws, or `nil`.
func errorCode(of body: () throws -> Void) -> FaceError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? FaceError)?.code
    }
}
