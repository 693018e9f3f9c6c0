// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension ImageCanvas {
    /// Draws a straight line with round ends.
    ///
    /// - Parameters:
    ///   - start: Where it starts, in pixels; one that is not finite draws nothing.
    ///   - end: Where it ends, in pixels; one that is not finite draws nothing.
    ///   - color: The line's colour.
    ///   - lineWidth: In pixels.
    public mutating func strokeLine(from start: Point, to end: Point, color: PixelColor, lineWidth: Float = 1) {
        let (stepX, stepY) = (end.x - start.x, end.y - start.y)
        // Beyond this distance nothing shows, and drawing point by point would take forever.
        let farthest = Float(4 * (width + height))
        guard abs(start.x) < farthest, abs(start.y) < farthest, abs(end.x) < farthest, abs(end.y) < farthest else {
            return
        }
        let count = max(1, Int((2 * max(abs(stepX), abs(stepY))).rounded(.up)))
        for index in 0...count {
            let share = Float(index) / Float(count)
            fillDisc(
                at: Point(x: start.x + stepX * share, y: start.y + stepY * share),
                radius: max(0, lineWidth / 2 - 0.5),
                color: color
            )
        }
    }

    /// Draws lines from point to point.
    public mutating func strokePath(
        _ points: [Point],
        isClosed: Bool,
        color: PixelColor,
        lineWidth: Float = 1
    ) {
        for (start, end) in zip(points, points.dropFirst()) {
            strokeLine(from: start, to: end, color: color, lineWidth: lineWidth)
        }
        if isClosed, let first = points.first, let last = points.last, points.count > 2 {
            strokeLine(from: last, to: first, color: color, lineWidth: lineWidth)
        }
    }
}
