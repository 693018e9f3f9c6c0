// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What ``Image/drawing(_:)`` lends to its closure: marks are drawn in order, without blending, and cut off at the edges.
public struct ImageCanvas: ~Copyable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    var pixels: [UInt8]

    init(_ image: Image) {
        width = image.width
        height = image.height
        pixels = image.pixels
    }

    /// Draws the outline of a box; the line is centred on the box's edges.
    ///
    /// - Parameters:
    ///   - box: In pixels; one that is empty or not finite draws nothing.
    ///   - color: The line's colour.
    ///   - lineWidth: In pixels, from 1 to the picture's longer side.
    public mutating func strokeBox(_ box: BoundingBox, color: PixelColor, lineWidth: Int = 2) {
        guard box.width > 0, box.height > 0, box.x.isFinite, box.y.isFinite, box.maxX.isFinite, box.maxY.isFinite
        else { return }
        let line = min(max(1, lineWidth), max(width, height))
        let columns = pixelRange(from: box.x, to: box.maxX, widenedBy: line, limit: width)
        let rows = pixelRange(from: box.y, to: box.maxY, widenedBy: line, limit: height)
        fill(columns: columns.lower..<columns.lower + line, rows: rows.lower..<rows.upper, color: color)
        fill(columns: columns.upper - line..<columns.upper, rows: rows.lower..<rows.upper, color: color)
        fill(columns: columns.lower..<columns.upper, rows: rows.lower..<rows.lower + line, color: color)
        fill(columns: columns.lower..<columns.upper, rows: rows.upper - line..<rows.upper, color: color)
    }

    /// Draws a picture, as far as it lies on the canvas.
    ///
    /// - Parameters:
    ///   - image: The picture.
    ///   - x: Its left edge in pixels, possibly negative.
    ///   - y: Its top edge in pixels, possibly negative.
    public mutating func draw(_ image: Image, x: Int, y: Int) {
        let columns = Image.overlap(of: x, image.width, with: width)
        guard !columns.isEmpty else { return }
        for row in Image.overlap(of: y, image.height, with: height) {
            let from = 3 * (row * image.width + columns.lowerBound)
            let to = 3 * ((y + row) * width + x + columns.lowerBound)
            pixels.replaceSubrange(to..<to + 3 * columns.count, with: image.pixels[from..<from + 3 * columns.count])
        }
    }

    /// Fills a disc.
    ///
    /// - Parameters:
    ///   - center: In pixels; one that is not finite draws nothing.
    ///   - radius: In pixels; filled are the pixels whose centres lie at most half a pixel beyond it.
    ///   - color: The disc's colour.
    public mutating func fillDisc(at center: Point, radius: Float = 2, color: PixelColor) {
        guard center.x.isFinite, center.y.isFinite, radius.isFinite, radius >= 0 else { return }
        let reach = radius + 0.5
        let columns = Self.pixels(from: center.x - reach, to: center.x + reach, limit: width)
        let rows = Self.pixels(from: center.y - reach, to: center.y + reach, limit: height)
        for row in rows {
            for column in columns {
                let (x, y) = (Float(column) - center.x, Float(row) - center.y)
                if x * x + y * y <= reach * reach { set(column, row, color) }
            }
        }
    }

    /// Writes one line of text in letters of 5×7 pixels; what is not printable ASCII shows as a question mark.
    ///
    /// - Parameters:
    ///   - text: The line.
    ///   - origin: Top-left corner of its first letter, in pixels; one that is not finite draws nothing.
    ///   - color: The letters' colour.
    ///   - background: Fills a box one dot wider than the text on every side; none by default.
    ///   - scale: Pixels per dot of a letter, at least 1.
    public mutating func write(
        _ text: String,
        at origin: Point,
        color: PixelColor,
        background: PixelColor? = nil,
        scale: Int = 1
    ) {
        // Far outside nothing shows, and the whole numbers below could overflow.
        let farthest: Float = 1e9
        guard abs(origin.x) < farthest, abs(origin.y) < farthest else { return }
        let scale = min(max(scale, 1), 1_000_000)
        let left = Int(origin.x.rounded())
        let top = Int(origin.y.rounded())
        let size = Self.size(ofText: text, scale: scale)
        if let background {
            fill(
                columns: left - scale..<left + size.width + scale,
                rows: top - scale..<top + size.height + scale,
                color: background
            )
        }
        for (position, character) in text.enumerated() {
            let code = character.asciiValue ?? 0
            let letterLeft = left + position * BitmapFont.advance * scale
            guard letterLeft < width else { return }
            for row in 0..<BitmapFont.height {
                for column in 0..<BitmapFont.width where BitmapFont.hasInk(code: code, column: column, row: row) {
                    let x = letterLeft + column * scale
                    let y = top + row * scale
                    fill(columns: x..<x + scale, rows: y..<y + scale, color: color)
                }
            }
        }
    }

    /// The pixels that ``write(_:at:color:background:scale:)`` covers, without a background's margin.
    public static func size(ofText text: String, scale: Int = 1) -> (width: Int, height: Int) {
        let letters = text.count
        let dots = letters == 0 ? 0 : letters * BitmapFont.advance - 1
        return (dots * max(scale, 1), BitmapFont.height * max(scale, 1))
    }

    private mutating func fill(columns: Range<Int>, rows: Range<Int>, color: PixelColor) {
        let columns = columns.clamped(to: 0..<width)
        for row in rows.clamped(to: 0..<height) {
            for column in columns { set(column, row, color) }
        }
    }

    private mutating func set(_ column: Int, _ row: Int, _ color: PixelColor) {
        let index = 3 * (row * width + column)
        pixels[index] = color.red
        pixels[index + 1] = color.green
        pixels[index + 2] = color.blue
    }

    /// The pixels that a line of `line` pixels along both ends of a stretch touches, not far beyond the picture.
    private func pixelRange(
        from start: Float,
        to end: Float,
        widenedBy line: Int,
        limit: Int
    ) -> (lower: Int, upper: Int) {
        let bound = Float(limit + 2 * line)
        let lower = Int(min(max(start, -bound), bound).rounded()) - line / 2
        let upper = Int(min(max(end, -bound), bound).rounded()) - line / 2 + line
        return (lower, max(upper, lower + line))
    }

    /// The pixels whose centres lie between two positions and within the picture.
    private static func pixels(from start: Float, to end: Float, limit: Int) -> Range<Int> {
        let lower = Int(min(max(start.rounded(.up), 0), Float(limit)))
        let upper = Int(min(max(end.rounded(.down) + 1, Float(lower)), Float(limit)))
        return lower..<max(lower, upper)
    }
}

extension Image {
    /// Returns a copy of the picture with marks on it.
    ///
    /// - Parameter draw: Draws boxes, points and text on the canvas it is given.
    /// - Returns: A picture of the same size.
    public func drawing(_ draw: (inout ImageCanvas) throws -> Void) rethrows -> Image {
        var canvas = ImageCanvas(self)
        try draw(&canvas)
        return Image(width: width, height: height, validated: canvas.pixels)
    }
}
