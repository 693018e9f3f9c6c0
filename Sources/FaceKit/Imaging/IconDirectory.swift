// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The directory of an ICO file, reduced to the entry that counts: the largest, and of one size the deepest.
struct IconDirectory {
    /// Where the entry's data lie.
    let entry: Range<Int>

    private static let entryBytes = 16
    private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    init(_ bytes: [UInt8]) throws(FaceError) {
        let reader = ByteReader(bytes, isLittleEndian: true)
        guard let count = reader.integer(at: 4, bytes: 2), count > 0 else {
            throw FaceError(.invalidImage, "ICO of \(bytes.count) bytes has no entry")
        }
        var best: (pixels: Int, depth: Int, start: Int, length: Int)?
        for index in 0..<count {
            let position = 6 + Self.entryBytes * index
            guard let width = reader.integer(at: position, bytes: 1),
                let height = reader.integer(at: position + 1, bytes: 1),
                let colors = reader.integer(at: position + 2, bytes: 1),
                let bits = reader.integer(at: position + 6, bytes: 2),
                let length = reader.integer(at: position + 8, bytes: 4),
                let start = reader.integer(at: position + 12, bytes: 4)
            else {
                throw FaceError(.invalidImage, "ICO is truncated: its \(bytes.count) bytes end before entry \(index)")
            }
            // Zero stands for 256; the depth may be left out where the number of colours tells it.
            let pixels = (width == 0 ? 256 : width) * (height == 0 ? 256 : height)
            let depth = bits > 0 ? bits : colors > 0 ? Int.bitWidth - (colors - 1).leadingZeroBitCount : 256
            if best.map({ (pixels, depth) > ($0.pixels, $0.depth) }) ?? true { best = (pixels, depth, start, length) }
        }
        guard let best, best.start < bytes.count, best.length > 0 else {
            throw FaceError(
                .invalidImage,
                "ICO is truncated: the entry that counts lies beyond its \(bytes.count) bytes"
            )
        }
        entry = best.start..<min(best.start + best.length, bytes.count)
    }

    /// Whether the entry is a PNG; otherwise it is a bitmap without a file header.
    func holdsPNG(in bytes: [UInt8]) -> Bool { bytes[entry].starts(with: Self.pngSignature) }

    func layout(in bytes: [UInt8]) throws(FaceError) -> BitmapLayout {
        try BitmapLayout(iconEntry: entry, of: bytes)
    }

    func header(in bytes: [UInt8]) throws(FaceError) -> ImageHeader {
        guard holdsPNG(in: bytes) else { return try layout(in: bytes).header(as: .icon) }
        let png = try PNGHeader.read(Array(bytes[entry]))
        return try ImageHeader(format: .icon, width: png.width, height: png.height, orientation: .up)
    }
}
