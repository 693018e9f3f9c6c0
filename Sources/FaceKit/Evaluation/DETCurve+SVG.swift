// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

extension DETCurve {
    /// What the axes of a plot count.
    public struct AxisLabels: Hashable, Sendable {
        /// The error rate of non-mated comparisons.
        public var falseMatches: String
        /// What these comparisons are.
        public var nonMated: String
        /// The error rate of mated comparisons.
        public var falseNonMatches: String
        /// What these comparisons are.
        public var mated: String

        /// Error rates of comparing pairs (1:1).
        public static let verification = Self(
            falseMatches: "false-match rate",
            nonMated: "pairs of different people",
            falseNonMatches: "false-non-match rate",
            mated: "pairs of one person"
        )

        /// Error rates of searching a gallery (1:N).
        public static let identification = Self(
            falseMatches: "false-positive identification rate",
            nonMated: "probes of people not enrolled",
            falseNonMatches: "false-negative identification rate",
            mated: "probes of people enrolled"
        )
    }

    private static let size = (width: 640.0, height: 560.0)
    private static let plot = (left: 80.0, top: 50.0, width: 520.0, height: 430.0)
    /// Decades of both axes: 0.01 % to 100 %.
    private static let decades = 4.0

    /// The curve as a picture in SVG: both error rates on logarithmic axes of 0.01 % to 100 %, with the 95 % intervals
    /// and thresholds of the false-match rates 1 in 100 and 1 in 1000.
    ///
    /// A point without errors lies on the edge.
    ///
    /// - Parameters:
    ///   - title: The heading; it is escaped.
    ///   - labels: What the axes count; by default the error rates of verification.
    /// - Returns: The text of an SVG file.
    public func svg(title: String, labels: AxisLabels = .verification) -> String {
        let (left, top, width, height) = Self.plot
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(Self.size.width))\" height=\"\(Int(Self.size.height))\""
                + " font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"\(left)\" y=\"28\" font-size=\"15\">\(Self.escaped(title))</text>",
        ]
        for decade in 0...Int(Self.decades) {
            let label = ["100 %", "10 %", "1 %", "0.1 %", "0.01 %"][decade]
            let (x, y) = (Self.x(pow(10, -Double(decade))), Self.y(pow(10, -Double(decade))))
            lines.append(
                "<path d=\"M\(Self.text(x)) \(top)v\(height)M\(left) \(Self.text(y))h\(width)\" stroke=\"#ddd\"/>"
                    + "<text x=\"\(Self.text(x))\" y=\"\(top + height + 18)\" text-anchor=\"middle\">\(label)</text>"
                    + "<text x=\"\(left - 8)\" y=\"\(Self.text(y + 4))\" text-anchor=\"end\">\(label)</text>"
            )
        }
        lines.append(
            "<text x=\"\(left + width / 2)\" y=\"\(top + height + 42)\" text-anchor=\"middle\">"
                + "\(Self.escaped(labels.falseMatches)) (\(nonMatedCount) \(Self.escaped(labels.nonMated)))</text>"
                + "<text transform=\"translate(18 \(top + height / 2)) rotate(-90)\" text-anchor=\"middle\">"
                + "\(Self.escaped(labels.falseNonMatches)) (\(matedCount) \(Self.escaped(labels.mated)))</text>"
        )
        let path = points.map { point in
            "\(Self.text(Self.x(falseMatchRate(at: point)))) \(Self.text(Self.y(falseNonMatchRate(at: point))))"
        }
        lines.append("<path d=\"M\(path.joined(separator: "L"))\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>")
        for rate in [1e-2, 1e-3] {
            if let point = point(atFalseMatchRate: rate) { lines.append(mark(point)) }
        }
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    /// A point with its intervals and its threshold.
    private func mark(_ point: Point) -> String {
        let across = WilsonInterval(count: point.falseMatches, trials: nonMatedCount)
        let along = WilsonInterval(count: point.falseNonMatches, trials: matedCount)
        let (x, y) = (Self.x(falseMatchRate(at: point)), Self.y(falseNonMatchRate(at: point)))
        return "<path d=\"M\(Self.text(Self.x(across.lower))) \(Self.text(y))H\(Self.text(Self.x(across.upper)))"
            + "M\(Self.text(x)) \(Self.text(Self.y(along.lower)))V\(Self.text(Self.y(along.upper)))\" stroke=\"#c30\"/>"
            + "<circle cx=\"\(Self.text(x))\" cy=\"\(Self.text(y))\" r=\"4\" fill=\"#c30\"/>"
            + "<text x=\"\(Self.text(x + 8))\" y=\"\(Self.text(y - 8))\" fill=\"#c30\">"
            + "threshold \(String(format: "%.3f", point.threshold))</text>"
    }

    private static func x(_ rate: Double) -> Double { plot.left + plot.width * position(rate) }

    private static func y(_ rate: Double) -> Double { plot.top + plot.height * (1 - position(rate)) }

    /// Where a rate lies on an axis: 0 for 0.01 % and less, 1 for 100 %.
    private static func position(_ rate: Double) -> Double {
        max(0, 1 + log10(max(rate, 1e-9)) / decades)
    }

    private static func text(_ coordinate: Double) -> String { String(format: "%.1f", coordinate) }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    }
}
