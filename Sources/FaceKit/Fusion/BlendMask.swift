// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// How much of another picture shows at each pixel of a rectangle, 0 to 1.
package struct BlendMask {
    let width: Int
    let height: Int
    /// `width * height` shares, rows from the top.
    package var shares: [Float]

    /// 1 within a polygon and 0 outside; a pixel counts by its centre.
    package init(polygon: [Point], width: Int, height: Int) {
        self.width = width
        self.height = height
        shares = Array(repeating: 0, count: width * height)
        guard polygon.count >= 3, polygon.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return }
        for row in 0..<height {
            let y = Float(row)
            var crossings: [Float] = []
            for (index, start) in polygon.enumerated() {
                let end = polygon[(index + 1) % polygon.count]
                guard (start.y <= y) != (end.y <= y) else { continue }
                crossings.append(start.x + (y - start.y) / (end.y - start.y) * (end.x - start.x))
            }
            crossings.sort()
            for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
                let first = Int(min(max(crossings[pair].rounded(.up), 0), Float(width)))
                let last = Int(min(max(crossings[pair + 1].rounded(.down) + 1, 0), Float(width)))
                for column in first..<max(first, last) { shares[row * width + column] = 1 }
            }
        }
    }

    /// Softens the edges inwards: what was 0 stays 0, and 1 is reached some way from the edge.
    ///
    /// - Parameters:
    ///   - columns: Reach of the blur to both sides together.
    ///   - rows: Reach of the blur up and down together.
    mutating func feather(columns: Int, rows: Int) {
        let hard = shares
        blur(columns: columns, rows: rows)
        for index in shares.indices {
            // At a straight edge the blur gives one half; only what is above that counts.
            shares[index] = hard[index] > 0 ? min(max(2 * shares[index] - 1, 0), 1) : 0
        }
    }

    /// Blurs; see ``RunningMeans``.
    mutating func blur(columns: Int, rows: Int) {
        RunningMeans.blur(&shares, width: width, height: height, columns: columns, rows: rows)
        for index in shares.indices { shares[index] = min(max(shares[index], 0), 1) }
    }

    /// Takes away where another mask, of the same size, is small.
    mutating func multiply(by other: [Float]) {
        for index in shares.indices { shares[index] *= other[index] }
    }
}

/// Three running means one after the other, which come near to a Gaussian.
enum RunningMeans {
    /// Blurs `width * height` values, rows from the top; what lies beyond counts as 0.
    ///
    /// - Parameters:
    ///   - values: What is blurred.
    ///   - width: Columns.
    ///   - height: Rows.
    ///   - columns: Reach of each mean to both sides together.
    ///   - rows: Reach of each mean up and down together.
    static func blur(_ values: inout [Float], width: Int, height: Int, columns: Int, rows: Int) {
        for _ in 0..<3 {
            average(&values, lines: height, length: width, lineStep: width, step: 1, reach: columns / 2)
            average(&values, lines: width, length: height, lineStep: 1, step: width, reach: rows / 2)
        }
    }

    private static func average(
        _ values: inout [Float],
        lines: Int,
        length: Int,
        lineStep: Int,
        step: Int,
        reach: Int
    ) {
        guard reach > 0 else { return }
        var line = [Float](repeating: 0, count: length)
        let scale = 1 / Float(2 * reach + 1)
        for number in 0..<lines {
            let start = number * lineStep
            for index in 0..<length { line[index] = values[start + index * step] }
            var sum: Float = 0
            for index in 0..<min(reach, length) { sum += line[index] }
            for index in 0..<length {
                if index + reach < length { sum += line[index + reach] }
                if index - reach - 1 >= 0 { sum -= line[index - reach - 1] }
                values[start + index * step] = sum * scale
            }
        }
    }
}

extension [Point] {
    /// The corners of the convex hull, in order, by Andrew's monotone chain.
    package var convexHull: [Point] {
        let sorted = self.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
        guard sorted.count > 2 else { return sorted }
        func chain(_ points: some Sequence<Point>) -> [Point] {
            var hull: [Point] = []
            for point in points {
                while hull.count >= 2 {
                    let (a, b) = (hull[hull.count - 2], hull[hull.count - 1])
                    guard (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) <= 0 else { break }
                    hull.removeLast()
                }
                hull.append(point)
            }
            return hull
        }
        return chain(sorted).dropLast() + chain(sorted.reversed()).dropLast()
    }

    /// The points moved away from or towards their mean.
    func scaled(by factor: Float) -> [Point] {
        let count = Float(Swift.max(1, self.count))
        let (x, y) = (reduce(0) { $0 + $1.x } / count, reduce(0) { $0 + $1.y } / count)
        return map { Point(x: x + ($0.x - x) * factor, y: y + ($0.y - y) * factor) }
    }
}
