// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension BitmapLayout {
    /// Decodes the pixels to RGB; alpha and an icon's mask are dropped.
    ///
    /// - Throws: ``FaceError/Code/invalidImage`` where pixels are missing, before memory is taken for whole rows.
    func image(from bytes: [UInt8], as format: ImageFormat) throws(FaceError) -> Image {
        let byteCount = try Image.byteCount(format, width: width, height: height)
        var pixels: [UInt8]
        switch coding {
        case .indices:
            let stride = try rowStride(format)
            pixels = [UInt8](repeating: 0, count: byteCount)
            fillFromIndices(bytes, stride: stride, into: &pixels)
        case .words(let red, let green, let blue):
            let stride = try rowStride(format)
            pixels = [UInt8](repeating: 0, count: byteCount)
            if bits >= 24, (red, green, blue) == (0xFF0000, 0xFF00, 0xFF) {
                fillFromBytes(bytes, stride: stride, into: &pixels)
            } else {
                fillFromWords(bytes, stride: stride, channels: [red, green, blue].map(Channel.init), into: &pixels)
            }
        case .runs:
            pixels = try expandRuns(bytes, format: format, byteCount: byteCount)
        }
        return Image(width: width, height: height, validated: pixels)
    }

    /// Bytes from one row to the next, which are padded to words of 32 bits; throws where not all rows are there.
    private func rowStride(_ format: ImageFormat) throws(FaceError) -> Int {
        let stride = (width * bits + 31) / 32 * 4
        let (needed, overflow) = stride.multipliedReportingOverflow(by: height)
        // The padding of the last row may be missing.
        guard !overflow, needed - stride + (width * bits + 7) / 8 <= pixelData.count else {
            throw FaceError(
                .invalidImage,
                "\(format) is truncated: \(width)×\(height) pixels of \(bits) bits in \(pixelData.count) bytes"
            )
        }
        return stride
    }

    /// The row of the picture that is stored at `row`.
    private func place(ofRow row: Int) -> Int { 3 * width * (isTopDown ? row : height - 1 - row) }

    private func fillFromIndices(_ bytes: [UInt8], stride: Int, into pixels: inout [UInt8]) {
        let colors = paddedPalette
        let perByte = 8 / bits
        let mask = 1 << bits - 1
        for row in 0..<height {
            let from = pixelData.lowerBound + stride * row
            var to = place(ofRow: row)
            for x in 0..<width {
                let shift = bits * (perByte - 1 - x % perByte)
                let color = 3 * (Int(bytes[from + x / perByte]) >> shift & mask)
                pixels[to] = colors[color]
                pixels[to + 1] = colors[color + 1]
                pixels[to + 2] = colors[color + 2]
                to += 3
            }
        }
    }

    /// Blue, green and red of one byte each, and for 32 bits one more that is not used.
    private func fillFromBytes(_ bytes: [UInt8], stride: Int, into pixels: inout [UInt8]) {
        let step = bits / 8
        for row in 0..<height {
            var from = pixelData.lowerBound + stride * row
            var to = place(ofRow: row)
            for _ in 0..<width {
                pixels[to] = bytes[from + 2]
                pixels[to + 1] = bytes[from + 1]
                pixels[to + 2] = bytes[from]
                from += step
                to += 3
            }
        }
    }

    /// A colour's bits within a word, scaled to 0...255.
    private struct Channel {
        let mask: Int
        let shift: Int
        let largest: Int

        init(mask: Int) {
            self.mask = mask
            shift = mask.trailingZeroBitCount
            largest = mask >> shift
        }

        func level(in word: Int) -> UInt8 {
            UInt8(truncatingIfNeeded: ((word & mask) >> shift * 255 + largest / 2) / largest)
        }
    }

    private func fillFromWords(_ bytes: [UInt8], stride: Int, channels: [Channel], into pixels: inout [UInt8]) {
        let step = bits / 8
        for row in 0..<height {
            var from = pixelData.lowerBound + stride * row
            var to = place(ofRow: row)
            for _ in 0..<width {
                var word = 0
                for byte in 0..<step { word |= Int(bytes[from + byte]) << (8 * byte) }
                for channel in 0..<3 { pixels[to + channel] = channels[channel].level(in: word) }
                from += step
                to += 3
            }
        }
    }

    /// The palette extended with black, so that every index has a colour.
    private var paddedPalette: [UInt8] { palette + [UInt8](repeating: 0, count: 768 - palette.count) }

    /// Expands run lengths.
    ///
    /// Pixels that are skipped have index 0; what would run over the end of a row is left out.
    private func expandRuns(_ bytes: [UInt8], format: ImageFormat, byteCount: Int) throws(FaceError) -> [UInt8] {
        var indices = [UInt8](repeating: 0, count: byteCount / 3)
        var position = pixelData.lowerBound
        var (x, row) = (0, 0)
        func next() throws(FaceError) -> Int {
            guard position < pixelData.upperBound else {
                throw FaceError(.invalidImage, "\(format) is truncated: its runs end in row \(row) of \(height)")
            }
            defer { position += 1 }
            return Int(bytes[position])
        }
        func put(_ index: Int) {
            if x < width { indices[row * width + x] = UInt8(index) }
            x += 1
        }
        while row < height {
            // The mark of the end may be missing once every pixel is there.
            if row == height - 1, x >= width, position >= pixelData.upperBound { break }
            let (count, value) = (try next(), try next())
            switch (count, value) {
            case (0, 0):
                (x, row) = (0, row + 1)
            case (0, 1):
                row = height
            case (0, 2):
                x += try next()
                row += try next()
            case (0, _):
                let stored = bits == 8 ? value : (value + 1) / 2
                for index in 0..<stored {
                    let byte = try next()
                    if bits == 8 {
                        put(byte)
                    } else {
                        put(byte >> 4)
                        if 2 * index + 1 < value { put(byte & 15) }
                    }
                }
                // Literal stretches are padded to an even length.
                if stored % 2 == 1, position < pixelData.upperBound { position += 1 }
            default:
                for index in 0..<count {
                    put(bits == 8 ? value : index % 2 == 0 ? value >> 4 : value & 15)
                }
            }
        }
        let colors = paddedPalette
        var pixels = [UInt8](repeating: 0, count: byteCount)
        for row in 0..<height {
            var to = place(ofRow: row)
            for x in 0..<width {
                let color = 3 * Int(indices[row * width + x])
                pixels[to] = colors[color]
                pixels[to + 1] = colors[color + 1]
                pixels[to + 2] = colors[color + 2]
                to += 3
            }
        }
        return pixels
    }
}
