// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Ways to damage a file, chosen at random.
package enum DamagedBytes {
    private static let extremes = [
        "-1", "0", "1", "2", "255", "65536", "2147483647", "4294967295", "9223372036854775807",
        "-9223372036854775808", "99999999999999999999", "1e300", "0.5", "nan", "", "?",
    ]

    /// The bytes with flipped bits, overwritten, lost or doubled parts, or numbers in text made extreme.
    package static func damaged(_ bytes: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        switch Int.random(in: 0..<7, using: &random) {
        case 0, 1:
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        case 2:
            let filling: UInt8 = [0xFF, 0x7F, 0x80, 0x00, 0x01].randomElement(using: &random) ?? 0
            for index in part(of: bytes, using: &random) { bytes[index] = filling }
        case 3: bytes.removeSubrange(part(of: bytes, using: &random))
        case 4:
            let doubled = part(of: bytes, using: &random)
            bytes.insert(contentsOf: bytes[doubled], at: doubled.upperBound)
        default:
            let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
            let start = Int.random(in: bytes.indices, using: &random)
            guard let first = bytes[start...].firstIndex(where: digits.contains) else { break }
            let end = bytes[first...].firstIndex { !digits.contains($0) } ?? bytes.endIndex
            bytes.replaceSubrange(first..<end, with: (extremes.randomElement(using: &random) ?? "").utf8)
        }
        return bytes
    }

    private static func part(of bytes: [UInt8], using random: inout SeededGenerator) -> Range<Int> {
        let start = Int.random(in: bytes.indices, using: &random)
        let longest = Int.random(in: 0..<8, using: &random) == 0 ? bytes.count : 12
        return start..<min(bytes.count, start + Int.random(in: 1...longest, using: &random))
    }
}
