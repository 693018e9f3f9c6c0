// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The trade-off of a verifier: for each threshold the share of different people that match and of the same person that
/// do not.
public struct DETCurve: Hashable, Sendable {
    /// One threshold.
    public struct Point: Hashable, Sendable {
        /// The similarity from which on a pair matches.
        public var threshold: Double
        /// Non-mated pairs that match.
        public var falseMatches: Int
        /// Mated pairs that do not.
        public var falseNonMatches: Int
    }

    /// How many mated pairs there are, at least 1.
    public let matedCount: Int
    /// How many non-mated pairs there are, at least 1.
    public let nonMatedCount: Int
    /// By falling threshold, one point for each similarity that occurs.
    public let points: [Point]

    /// Counts errors.
    ///
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` when mated or non-mated pairs are missing altogether.
    public init(_ comparisons: [VerificationAccuracy.Comparison]) throws(FaceError) {
        matedCount = comparisons.count(where: \.isMated)
        nonMatedCount = comparisons.count - matedCount
        guard matedCount > 0, nonMatedCount > 0 else {
            throw FaceError(
                .invalidEvaluationData,
                "\(matedCount) mated and \(nonMatedCount) non-mated pairs could be compared; both kinds are needed"
            )
        }
        var points: [Point] = []
        var (falseMatches, falseNonMatches) = (0, matedCount)
        for comparison in comparisons.sorted(by: { $0.similarity > $1.similarity }) {
            if comparison.isMated { falseNonMatches -= 1 } else { falseMatches += 1 }
            let point = Point(
                threshold: comparison.similarity,
                falseMatches: falseMatches,
                falseNonMatches: falseNonMatches
            )
            if points.last?.threshold == point.threshold { points.removeLast() }
            points.append(point)
        }
        self.points = points
    }

    /// The share of non-mated pairs that match.
    public func falseMatchRate(at point: Point) -> Double { Double(point.falseMatches) / Double(nonMatedCount) }

    /// The share of mated pairs that do not match.
    public func falseNonMatchRate(at point: Point) -> Double { Double(point.falseNonMatches) / Double(matedCount) }

    /// The point with the lowest threshold at which at most the given share of non-mated pairs matches, or `nil` when
    /// the most similar pair of all is a false match.
    public func point(atFalseMatchRate rate: Double) -> Point? {
        points.last { falseMatchRate(at: $0) <= rate }
    }

    /// The share at which both kinds of error are equally frequent, as nearly as the points come.
    public var equalErrorRate: Double {
        let differences = points.map { (falseMatchRate(at: $0), falseNonMatchRate(at: $0)) }
        let nearest = differences.min { abs($0.0 - $0.1) < abs($1.0 - $1.1) }
        return nearest.map { ($0.0 + $0.1) / 2 } ?? 0
    }
}
