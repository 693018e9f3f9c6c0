// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Everything that an evaluation on pairs of pictures found.
public struct VerificationOutcome: Hashable, Sendable {
    /// Accuracy, rates and time.
    public let report: VerificationReport
    /// The pairs that could be compared.
    public let comparisons: [VerificationAccuracy.Comparison]
    /// Names the model and its weights.
    public let space: String
    /// For each fold, the similarities of all its pictures of different people.
    public let nonMatedSimilarities: [[Float]]

    /// Makes a table from all folds.
    ///
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` when there are too few comparisons.
    public func calibrationTable() throws(FaceError) -> CalibrationTable {
        try CalibrationTable(space: space, nonMatedSimilarities: nonMatedSimilarities.flatMap(\.self))
    }

    /// Checks tables made from all folds but one on that one.
    ///
    /// It says something when no person is in two folds.
    ///
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` when there are too few folds or comparisons.
    public func calibrationCheck() throws(FaceError) -> CalibrationCheck {
        try CalibrationCheck(space: space, nonMatedSimilarities: nonMatedSimilarities)
    }
}
