// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How the pixels of a BMP lie in its data, read from its headers (Microsoft's and OS/2's).
struct BitmapLayout {
    enum Coding {
        /// Rows of palette indices of 1, 2, 4 or 8 bits.
        case indices
        /// Rows of little-endian words of 16, 24 or 32 bits, from which the masks cut red, green and blue.
        case words(red: Int, green: Int, blue: Int)
        /// Runs of palette indices of 4 or 8 bits.
        case runs
    }

    let width: Int
    let height: Int
    let isTopDown: Bool
    /// Bits per pixel.
    let bits: Int
    let coding: Coding
    /// The colours of the palette, three bytes each, red first; empty without one.
    let palette: [UInt8]
    /// Where the pixels are.
    let pixelData: Range<Int>

    private static let fileHeaderBytes = 14

    /// Reads the headers of a BMP file.
    init(file bytes: [UInt8]) throws(FaceError) {
        let reader = ByteReader(bytes, isLittleEndian: true)
        guard let pixelStart = reader.integer(at: 10, bytes: 4) else {
            throw FaceError(.invalidImage, "BMP of \(bytes.count) bytes ends within its file header")
        }
        try self.init(.bmp, bytes, from: Self.fileHeaderBytes, end: bytes.count, pixelStart: pixelStart)
    }

    /// Reads the header of an icon's bitmap, whose height counts the mask below the colours too.
    init(iconEntry entry: Range<Int>, of bytes: [UInt8]) throws(FaceError) {
        try self.init(.icon, bytes, from: entry.lowerBound, end: entry.upperBound, pixelStart: nil)
    }

    private init(
        _ format: ImageFormat,
        _ bytes: [UInt8],
        from start: Int,
        end: Int,
        pixelStart: Int?
    ) throws(FaceError) {
        let reader = ByteReader(bytes[..<end], isLittleEndian: true)
        let truncated = FaceError(.invalidImage, "\(format) of \(bytes.count) bytes ends within its header")
        guard let headerBytes = reader.integer(at: start, bytes: 4) else { throw truncated }
        let isCore = headerBytes == 12
        guard isCore || (headerBytes >= 16 && headerBytes <= 124) else {
            throw FaceError(.unsupportedImageFormat, "\(format) with a header of \(headerBytes) bytes")
        }
        let sizes =
            isCore
            ? (reader.integer(at: start + 4, bytes: 2), reader.integer(at: start + 6, bytes: 2))
            : (reader.signedInteger(at: start + 4), reader.signedInteger(at: start + 8))
        guard let width = sizes.0, let signedHeight = sizes.1,
            let bits = reader.integer(at: start + (isCore ? 10 : 14), bytes: 2)
        else { throw truncated }
        // Headers may be cut short; the fields left out are zero.
        func field(_ offset: Int) -> Int {
            offset + 4 <= headerBytes ? reader.integer(at: start + offset, bytes: 4) ?? 0 : 0
        }
        let compression = isCore ? 0 : field(16)
        let height = format == .icon ? abs(signedHeight) / 2 : abs(signedHeight)
        guard width > 0, height > 0 else {
            throw FaceError(.invalidImage, "\(format) header gives a size of \(width)×\(height) pixels")
        }
        // The three masks follow the shortest header, and are part of the longer ones, at the same place.
        let hasMasks = compression == 3 || compression == 6
        let masks = hasMasks ? [40, 44, 48].map { reader.integer(at: start + $0, bytes: 4) ?? 0 } : []
        let coding = try Self.coding(format, bits: bits, compression: compression, masks: masks)
        let paletteStart = start + headerBytes + (hasMasks && headerBytes < 52 ? (compression == 6 ? 16 : 12) : 0)
        let colorBytes = isCore ? 3 : 4
        var colorCount = 0
        if bits <= 8 {
            let said = isCore ? 0 : field(32)
            colorCount = said == 0 ? 1 << bits : said
        }
        let readColors = min(colorCount, 1 << min(bits, 8))
        guard readColors == 0 || paletteStart + readColors * colorBytes <= end else { throw truncated }
        palette = (0..<readColors).flatMap { index in
            let color = paletteStart + index * colorBytes
            return [bytes[color + 2], bytes[color + 1], bytes[color]]
        }
        let first = pixelStart.flatMap { $0 == 0 ? nil : $0 } ?? paletteStart + colorCount * colorBytes
        guard first < end else {
            throw FaceError(.invalidImage, "\(format) is truncated: its pixels start at byte \(first) of \(end)")
        }
        pixelData = first..<end
        (self.width, self.height, self.bits, self.coding) = (width, height, bits, coding)
        isTopDown = signedHeight < 0
    }

    private static func coding(
        _ format: ImageFormat,
        bits: Int,
        compression: Int,
        masks: [Int]
    ) throws(FaceError) -> Coding {
        switch (compression, bits) {
        case (0, 1), (0, 2), (0, 4), (0, 8): return .indices
        case (1, 8), (2, 4): return .runs
        case (0, 16): return .words(red: 0x7C00, green: 0x3E0, blue: 0x1F)
        case (0, 24), (0, 32): return .words(red: 0xFF0000, green: 0xFF00, blue: 0xFF)
        case (3, 16), (3, 24), (3, 32), (6, 16), (6, 32):
            if masks == [0, 0, 0] { return .words(red: 0xFF0000, green: 0xFF00, blue: 0xFF) }
            for mask in masks where !isContiguous(mask) || mask >= 1 << bits {
                throw FaceError(
                    .invalidImage,
                    "\(format) of \(bits) bits has the colour mask \(String(mask, radix: 16))"
                )
            }
            return .words(red: masks[0], green: masks[1], blue: masks[2])
        default:
            throw FaceError(.unsupportedImageFormat, "\(format) of \(bits) bits with compression \(compression)")
        }
    }

    private static func isContiguous(_ mask: Int) -> Bool {
        guard mask > 0 else { return false }
        let low = mask >> mask.trailingZeroBitCount
        return low & (low + 1) == 0
    }

    func header(as format: ImageFormat) throws(FaceError) -> ImageHeader {
        try ImageHeader(format: format, width: width, height: height, orientation: .up)
    }
}
