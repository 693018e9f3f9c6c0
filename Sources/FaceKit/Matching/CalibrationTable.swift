// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How often comparisons of different people reach a similarity: the false-match rate of one model and matcher.
///
/// Rates are bounds: between two points of the table the greater rate counts, and above the last one its rate, because
/// a table made of n comparisons knows nothing of rates far below 1/n.
public struct CalibrationTable: Hashable, Sendable {
    /// One line of the table.
    public struct Point: Hashable, Sendable, Codable {
        /// The similarity.
        public var similarity: Float
        /// The share of comparisons of different people that reach it.
        public var falseMatchRate: Double

        /// Creates a point.
        public init(similarity: Float, falseMatchRate: Double) {
            self.similarity = similarity
            self.falseMatchRate = falseMatchRate
        }
    }

    /// Names the model and its weights.
    public let space: String
    /// How many comparisons of different people the table was made from.
    public let comparisons: Int
    /// By rising similarity and falling rate.
    public let points: [Point]

    /// The fewest false matches that stand behind a point; fewer would make its rate a matter of luck.
    private static let fewestMatches = 10

    /// Creates a table from its points.
    ///
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` when there are none, when similarities do not rise, or when
    ///   rates do not fall or lie outside 0...1.
    public init(space: String, comparisons: Int, points: [Point]) throws(FaceError) {
        func fault(_ message: String) -> FaceError {
            FaceError(.invalidEvaluationData, "the calibration of \(space) is not usable: \(message)")
        }

        guard comparisons > 0, !points.isEmpty else {
            throw fault("\(comparisons) comparisons and \(points.count) points")
        }
        for point in points where !point.similarity.isFinite || !(0...1).contains(point.falseMatchRate) {
            throw fault("the similarity \(point.similarity) has the rate \(point.falseMatchRate)")
        }
        for (lower, higher) in zip(points, points.dropFirst())
        where lower.similarity >= higher.similarity || lower.falseMatchRate <= higher.falseMatchRate {
            throw fault(
                "the similarity \(higher.similarity) follows \(lower.similarity), the rate \(higher.falseMatchRate)"
                    + " follows \(lower.falseMatchRate); the one must rise and the other fall"
            )
        }
        self.space = space
        self.comparisons = comparisons
        self.points = points
    }

    /// For tables that are part of the package and hold what the other initialiser checks.
    init(measured space: String, comparisons: Int, points: [Point]) {
        self.space = space
        self.comparisons = comparisons
        self.points = points
    }

    /// Makes a table from the similarities of different people.
    ///
    /// Its rates are 1/2, 1/5, 1/10, 1/20 … as far as ten comparisons stand behind them.
    ///
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` when there are fewer than 20 comparisons or one is not finite.
    public init(space: String, nonMatedSimilarities: [Float]) throws(FaceError) {
        let falling = nonMatedSimilarities.sorted(by: >)
        guard falling.count >= 2 * Self.fewestMatches, falling.allSatisfy(\.isFinite) else {
            throw FaceError(
                .invalidEvaluationData,
                "\(falling.count) similarities of different people make no calibration of \(space)"
            )
        }
        try self.init(space: space, comparisons: falling.count, points: Self.points(ofFalling: falling))
    }

    private static func points(ofFalling similarities: [Float]) -> [Point] {
        var points: [Point] = []
        for denominator in sequence(first: 1, next: { $0 * 10 }) {
            for factor in [2, 5, 10] {
                let count = similarities.count / (denominator * factor)
                guard count >= fewestMatches else { return points }
                // A threshold just above the next similarity lets no more than `count` of them pass.
                let point = Point(
                    similarity: similarities[count].nextUp,
                    falseMatchRate: 1 / Double(denominator * factor)
                )
                if let last = points.last, last.similarity >= point.similarity { points.removeLast() }
                points.append(point)
            }
        }
        return points
    }

    /// The share of comparisons of different people that reach `similarity`, at most; 1 below the first point.
    public func falseMatchRate(of similarity: Similarity) -> Double {
        points.last { $0.similarity <= similarity.rawValue }?.falseMatchRate ?? 1
    }

    /// The lowest similarity of the table whose rate is at most `rate`, or `nil` when the table does not reach so far.
    public func threshold(atFalseMatchRate rate: Double) -> Similarity? {
        // 1e-3 and 1/1000 may differ in the last bit.
        points.first { $0.falseMatchRate <= rate * (1 + 1e-9) }.map { Similarity(rawValue: $0.similarity) }
    }

    /// What follows from a similarity.
    ///
    /// - Parameters:
    ///   - similarity: The similarity of two faces.
    ///   - matchRate: The greatest false-match rate at which faces are taken for the same person's.
    ///   - unsureRate: The greatest one at which that is left open.
    /// - Returns: The decision. When the table does not reach down to `matchRate` it is never a match, and similarities
    ///   beyond the table are unsure.
    public func decision(
        for similarity: Similarity,
        matchRate: Double = 1e-3,
        unsureRate: Double = 1e-2
    ) -> Decision {
        let rate = falseMatchRate(of: similarity)
        let slack = 1 + 1e-9
        if rate <= matchRate * slack { return .match }
        // Beyond the last point the true rate may be any smaller one.
        let isBeyond = points.last.map { similarity.rawValue >= $0.similarity } ?? false
        if rate <= unsureRate * slack || isBeyond { return .unsure }
        return .noMatch
    }
}

extension CalibrationTable: Codable {
    private enum CodingKeys: String, CodingKey {
        case space, comparisons, points
    }

    /// Decodes and checks a table.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        do {
            try self.init(
                space: container.decode(String.self, forKey: .space),
                comparisons: container.decode(Int.self, forKey: .comparisons),
                points: container.decode([Point].self, forKey: .points)
            )
        } catch let error as FaceError {
            throw DecodingError.dataCorruptedError(
                forKey: .points,
                in: container,
                debugDescription: error.message
            )
        }
    }
}
