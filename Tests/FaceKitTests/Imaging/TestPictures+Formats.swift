// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// Writers for formats that FaceKit only reads.
extension TestPictures {
    /// The lowest `count` bytes of a number, lowest first.
    static func littleEndian(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// A bitmap's header of 40 bytes and its pixels, without the file header.
    static func bitmap(_ image: Image, bits: Int, topDown: Bool = false, heightFactor: Int = 1) -> [UInt8] {
        var rows: [UInt8] = []
        for row in 0..<image.height {
            var line: [UInt8] = []
            for x in 0..<image.width {
                let levels = image.levels(x, topDown ? row : image.height - 1 - row)
                switch bits {
                case 16:
                    let word = (Int(levels[0]) >> 3) << 11 | (Int(levels[1]) >> 2) << 5 | Int(levels[2]) >> 3
                    line += littleEndian(word, 2)
                default: line += levels.reversed() + (bits == 32 ? [77] : [])
                }
            }
            rows += line + [UInt8](repeating: 0, count: (4 - line.count % 4) % 4)
        }
        let height = (topDown ? -image.height : image.height) * heightFactor
        let masks = bits == 16 ? [0xF800, 0x7E0, 0x1F].flatMap { littleEndian($0, 4) } : []
        return littleEndian(40, 4) + littleEndian(image.width, 4) + littleEndian(height, 4) + littleEndian(1, 2)
            + littleEndian(bits, 2) + littleEndian(bits == 16 ? 3 : 0, 4) + littleEndian(0, 20) + masks + rows
    }

    static func bmp(_ bitmap: [UInt8], pixelStart: Int) -> [UInt8] {
        Array("BM".utf8) + littleEndian(14 + bitmap.count, 4) + littleEndian(0, 4) + littleEndian(pixelStart, 4)
            + bitmap
    }

    /// An icon file; sides of the directory are given apart, as they may lie.
    static func icon(_ entries: [(side: Int, bits: Int, data: [UInt8])]) -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 1, 0] + littleEndian(entries.count, 2)
        var start = 6 + 16 * entries.count
        for entry in entries {
            bytes += littleEndian(entry.side, 1) + littleEndian(entry.side, 1) + [0, 0, 1, 0]
            bytes += littleEndian(entry.bits, 2) + littleEndian(entry.data.count, 4) + littleEndian(start, 4)
            start += entry.data.count
        }
        return bytes + entries.flatMap(\.data)
    }

    /// A GIF of four colours with one frame of `indices`; its codes are cleared so often that none grows.
    static func gif(
        screen: (Int, Int),
        frame: (x: Int, y: Int, width: Int, height: Int),
        indices: [UInt8],
        colors: [UInt8],
        transparent: Int? = nil
    ) -> [UInt8] {
        var bits: [Int] = []
        func put(_ code: Int) { bits += (0..<3).map { code >> $0 & 1 } }
        // With codes of three bits, 4 clears and 5 ends; two literals after a clear keep the width.
        for (position, index) in indices.enumerated() {
            if position % 2 == 0 { put(4) }
            put(Int(index))
        }
        put(5)
        let packed = stride(from: 0, to: bits.count, by: 8).map { start in
            UInt8(bits[start..<min(start + 8, bits.count)].enumerated().reduce(0) { $0 | $1.element << $1.offset })
        }
        var bytes =
            Array("GIF89a".utf8) + littleEndian(screen.0, 2) + littleEndian(screen.1, 2) + [0x81, 0, 0] + colors
        if let transparent { bytes += [0x21, 0xF9, 4, 1, 0, 0, UInt8(transparent), 0] }
        bytes += [0x2C] + [frame.x, frame.y, frame.width, frame.height].flatMap { littleEndian($0, 2) } + [0, 2]
        for start in stride(from: 0, to: packed.count, by: 255) {
            let block = packed[start..<min(start + 255, packed.count)]
            bytes += [UInt8(block.count)] + block
        }
        return bytes + [0, 0x3B]
    }

    /// An uncompressed TIFF of one strip per `rowsPerStrip` rows; `samples` are interleaved, of 8 or 16 bits.
    static func tiff(
        width: Int,
        height: Int,
        samples: [Int],
        perPixel: Int,
        bits: Int = 8,
        photometric: Int = 2,
        extra: Int? = nil,
        orientation: Int = 1,
        rowsPerStrip: Int = 3
    ) -> [UInt8] {
        let data = samples.flatMap { littleEndian($0, bits / 8) }
        let strip = rowsPerStrip * width * perPixel * bits / 8
        let starts = Array(stride(from: 0, to: data.count, by: strip))
        let bitsAt = 8 + data.count
        let startsAt = bitsAt + 2 * perPixel
        let countsAt = startsAt + 4 * starts.count
        var directory = littleEndian(extra == nil ? 10 : 11, 2)
        func entry(_ tag: Int, _ type: Int, _ count: Int, _ value: Int) {
            directory += littleEndian(tag, 2) + littleEndian(type, 2) + littleEndian(count, 4) + littleEndian(value, 4)
        }
        entry(256, 4, 1, width)
        entry(257, 4, 1, height)
        entry(258, 3, perPixel, perPixel > 2 ? bitsAt : bits | bits << 16)
        entry(259, 3, 1, 1)
        entry(262, 3, 1, photometric)
        entry(273, 4, starts.count, starts.count > 1 ? startsAt : 8)
        entry(274, 3, 1, orientation)
        entry(277, 3, 1, perPixel)
        entry(278, 4, 1, rowsPerStrip)
        entry(279, 4, starts.count, starts.count > 1 ? countsAt : data.count)
        if let extra { entry(338, 3, 1, extra) }
        return Array("II*\0".utf8) + littleEndian(countsAt + 4 * starts.count, 4) + data
            + (0..<perPixel).flatMap { _ in littleEndian(bits, 2) } + starts.flatMap { littleEndian(8 + $0, 4) }
            + starts.flatMap { littleEndian(min(strip, data.count - $0), 4) } + directory + littleEndian(0, 4)
    }
}
