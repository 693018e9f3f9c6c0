// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How well similarities tell pairs of the same person from pairs of different people.
public struct VerificationAccuracy: Hashable, Sendable {
    /// A rate of accepted mated pairs and the threshold that gives it.
    public struct OperatingPoint: Hashable, Sendable {
        /// The share of mated pairs above the threshold (true accept rate, 1 − FNMR).
        public var acceptedShare: Double
        /// The similarity a pair must exceed.
        public var threshold: Double

        /// Creates an operating point.
        public init(acceptedShare: Double, threshold: Double) {
            self.acceptedShare = acceptedShare
            self.threshold = threshold
        }
    }

    /// One comparison.
    public struct Comparison: Hashable, Sendable {
        /// How alike the two faces are.
        public var similarity: Double
        /// Whether they are of the same person.
        public var isMated: Bool
        /// The fold the pair is in, from 0.
        public var fold: Int

        /// Creates a comparison.
        public init(similarity: Double, isMated: Bool, fold: Int) {
            self.similarity = similarity
            self.isMated = isMated
            self.fold = fold
        }
    }

    /// The mean over the folds of the share of right decisions, each with the threshold that is best on the others.
    public let accuracy: Double
    /// The standard deviation of that share over the folds.
    public let standardDeviation: Double
    /// The area under the ROC curve.
    public let areaUnderCurve: Double
    /// Where one non-mated pair in a hundred is accepted.
    public let atFalseMatchRate1e2: OperatingPoint
    /// Where one non-mated pair in a thousand is accepted.
    public let atFalseMatchRate1e3: OperatingPoint
    /// The greatest similarity of a non-mated pair.
    public let nonMatedMaximum: Double

    /// The thresholds that are tried: -0.5 to 1 in steps of 0.002.
    private static let thresholds = (0..<750).map { -0.5 + Double($0) * 0.002 }

    /// Evaluates comparisons by the protocol of Labeled Faces in the Wild, image-restricted.
    ///
    /// Of several thresholds that are equally good on the training folds the middle one is taken. Similarities are
    /// expected within the range of a cosine.
    ///
    /// - Parameters:
    ///   - comparisons: Any number; a pair for which there is no similarity is left out.
    ///   - folds: How many folds there are, at least 2.
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` when a fold has no comparison, or when mated or non-mated
    ///   pairs are missing altogether.
    public init(_ comparisons: [Comparison], folds: Int) throws(FaceError) {
        guard folds >= 2 else {
            throw FaceError(.invalidEvaluationData, "\(folds) fold leaves none to choose the threshold on")
        }
        let mated = comparisons.filter(\.isMated).map(\.similarity)
        let nonMated = comparisons.filter { !$0.isMated }.map(\.similarity).sorted(by: >)
        guard !mated.isEmpty, !nonMated.isEmpty else {
            throw FaceError(
                .invalidEvaluationData,
                "\(mated.count) mated and \(nonMated.count) non-mated pairs could be compared; both kinds are needed"
            )
        }

        let shares = try Self.shares(comparisons, folds: folds)
        let mean = shares.reduce(0, +) / Double(folds)
        accuracy = mean
        standardDeviation = (shares.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(folds)).squareRoot()

        func operatingPoint(_ falseMatchRate: Double) -> OperatingPoint {
            let threshold = nonMated[Int(falseMatchRate * Double(nonMated.count))]
            return OperatingPoint(
                acceptedShare: Double(mated.count { $0 > threshold }) / Double(mated.count),
                threshold: threshold
            )
        }

        atFalseMatchRate1e2 = operatingPoint(1e-2)
        atFalseMatchRate1e3 = operatingPoint(1e-3)
        nonMatedMaximum = nonMated[0]
        areaUnderCurve = Self.areaUnderCurve(comparisons, matedCount: mated.count, nonMatedCount: nonMated.count)
    }

    /// The share of right decisions in each fold.
    private static func shares(_ comparisons: [Comparison], folds: Int) throws(FaceError) -> [Double] {
        // correct[fold][threshold]
        var correct = [[Int]](repeating: [Int](repeating: 0, count: thresholds.count), count: folds)
        var counts = [Int](repeating: 0, count: folds)
        for comparison in comparisons {
            counts[comparison.fold] += 1
            for (index, threshold) in thresholds.enumerated()
            where (comparison.similarity >= threshold) == comparison.isMated {
                correct[comparison.fold][index] += 1
            }
        }
        if let empty = counts.firstIndex(of: 0) {
            throw FaceError(.invalidEvaluationData, "no pair of fold \(empty + 1) could be compared")
        }
        return (0..<folds).map { fold in
            let training = thresholds.indices.map { index in
                correct.indices.reduce(0) { $1 == fold ? $0 : $0 + correct[$1][index] }
            }
            let most = training.max() ?? 0
            let best = training.indices.filter { training[$0] == most }
            return Double(correct[fold][best[best.count / 2]]) / Double(counts[fold])
        }
    }

    /// The share of pairs (mated, non-mated) in which the mated one is more similar.
    private static func areaUnderCurve(_ comparisons: [Comparison], matedCount: Int, nonMatedCount: Int) -> Double {
        var (matedSoFar, area) = (0, 0.0)
        for comparison in comparisons.sorted(by: { $0.similarity > $1.similarity }) {
            if comparison.isMated {
                matedSoFar += 1
            } else {
                area += Double(matedSoFar)
            }
        }
        return area / (Double(matedCount) * Double(nonMatedCount))
    }
}
