// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Whether false-match rates that a ``CalibrationTable`` promises hold for people it has never seen.
///
/// For each fold a table is made from the other folds and its thresholds are applied to the fold.
public struct CalibrationCheck: Hashable, Sendable, Codable {
    /// One rate.
    public struct Rate: Hashable, Sendable, Codable {
        /// The rate the tables promise at most.
        public var promised: Double
        /// The mean over the folds of the rate that was observed.
        public var observed: Double
        /// The observed rate of each fold.
        ///
        /// Their scatter says how far the mean can be trusted: comparisons within a fold share faces, so they are not
        /// independent.
        public var folds: [Double]
    }

    /// By falling promised rate; those that the tables of all folds reach.
    public let rates: [Rate]

    /// Checks the rates 1e-1, 1e-2, 1e-3 and 1e-4.
    ///
    /// - Parameters:
    ///   - space: Names the model.
    ///   - folds: For each fold, the similarities of different people.
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` when there are fewer than two folds or too few comparisons.
    public init(space: String, nonMatedSimilarities folds: [[Float]]) throws(FaceError) {
        guard folds.count >= 2, folds.allSatisfy({ !$0.isEmpty }) else {
            throw FaceError(
                .invalidEvaluationData,
                "a calibration is checked on two folds or more, each with comparisons of different people, not on"
                    + " \(folds.map(\.count))"
            )
        }
        var tables: [CalibrationTable] = []
        for index in folds.indices {
            let others = folds.indices.filter { $0 != index }.flatMap { folds[$0] }
            tables.append(try CalibrationTable(space: space, nonMatedSimilarities: others))
        }
        rates = [1e-1, 1e-2, 1e-3, 1e-4].compactMap { promised in
            let thresholds = tables.compactMap { $0.threshold(atFalseMatchRate: promised) }
            guard thresholds.count == folds.count else { return nil }
            let observed = zip(folds, thresholds).map { similarities, threshold in
                Double(similarities.count { $0 >= threshold.rawValue }) / Double(similarities.count)
            }
            return Rate(
                promised: promised,
                observed: observed.reduce(0, +) / Double(observed.count),
                folds: observed
            )
        }
    }
}
