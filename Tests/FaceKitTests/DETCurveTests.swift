// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import Testing

@Suite struct DETCurveTests {
    private static let comparisons: [VerificationAccuracy.Comparison] = [
        .init(similarity: 0.8, isMated: true, fold: 0), .init(similarity: 0.6, isMated: true, fold: 0),
        .init(similarity: 0.6, isMated: false, fold: 0), .init(similarity: 0.3, isMated: false, fold: 0),
    ]

    @Test func errorsAreCountedAtEverySimilarity() throws {
        let curve = try DETCurve(Self.comparisons)
        #expect(curve.points.map(\.threshold) == [0.8, 0.6, 0.3])
        #expect(curve.points.map(\.falseMatches) == [0, 1, 2])
        #expect(curve.points.map(\.falseNonMatches) == [1, 0, 0])
        #expect(curve.point(atFalseMatchRate: 0.1)?.threshold == 0.8)
        #expect(curve.point(atFalseMatchRate: 0.5)?.threshold == 0.6)
        #expect(curve.equalErrorRate == 0.25)
    }

    @Test func thePlotIsWellFormedAndNamesTheThreshold() throws {
        let svg = try DETCurve(Self.comparisons).svg(title: "a < b & c")
        let parser = XMLScan(svg)
        #expect(parser.isBalanced, "\(svg)")
        #expect(svg.contains("a &lt; b &amp; c") && svg.contains("threshold 0.800"))
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    // Published examples of the interval: 0 of 10 gives 0…0.2775, 5 of 10 gives 0.2366…0.7634.
    @Test(
        arguments: [(0, 10, 0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1)] as [(Int, Int, Double, Double)]
    )
    func theIntervalIsWilsons(count: Int, trials: Int, lower: Double, upper: Double) {
        let interval = WilsonInterval(count: count, trials: trials)
        #expect(abs(interval.lower - lower) < 1e-4 && abs(interval.upper - upper) < 1e-4)
    }
}

/// Whether every element that opens closes in order.
private struct XMLScan {
    let isBalanced: Bool

    init(_ text: String) {
        var open: [Substring] = []
        for match in text.matches(of: /<(\/?)([a-z]+)[^>]*?(\/?)>/) {
            if !match.3.isEmpty { continue }
            if match.1.isEmpty { open.append(match.2) } else if open.popLast() != match.2 { open.append("?") }
        }
        isBalanced = open.isEmpty && text.hasPrefix("<svg")
    }
}
