// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What an evaluation on pairs of pictures found, in the form in which it is published.
///
/// As JSON it has the keys that accuracy reports of this field use, TAR at a FAR as a list of the rate and its
/// threshold.
public struct VerificationReport: Hashable, Sendable, Codable {
    /// The name of the embedder.
    public var embedder: String
    /// Pairs that could be compared.
    public var pairs: Int
    /// Pictures in which no face was found; their pairs are left out.
    public var missingPictures: Int
    /// Mean accuracy over the folds, 0...1.
    public var accuracy: Double
    /// Standard deviation of the accuracy over the folds.
    public var standardDeviation: Double
    /// Area under the ROC curve.
    public var areaUnderCurve: Double
    /// The true accept rate at a false accept rate of 1 in 100, and its threshold.
    public var tarAtFAR1e2: [Double]
    /// The true accept rate at a false accept rate of 1 in 1000, and its threshold.
    public var tarAtFAR1e3: [Double]
    /// The greatest similarity of a non-mated pair.
    public var nonMatedMaximum: Double
    /// Wall-clock time from the first picture read to the last embedding.
    public var seconds: Double

    private enum CodingKeys: String, CodingKey {
        case embedder, pairs, accuracy, seconds
        case missingPictures = "missing_pictures"
        case standardDeviation = "std"
        case areaUnderCurve = "auc"
        case tarAtFAR1e2 = "tar_far_1e2"
        case tarAtFAR1e3 = "tar_far_1e3"
        case nonMatedMaximum = "impostor_max"
    }

    /// Puts a report together.
    public init(embedder: String, pairs: Int, missingPictures: Int, accuracy: VerificationAccuracy, seconds: Double) {
        self.embedder = embedder
        self.pairs = pairs
        self.missingPictures = missingPictures
        self.accuracy = accuracy.accuracy
        standardDeviation = accuracy.standardDeviation
        areaUnderCurve = accuracy.areaUnderCurve
        tarAtFAR1e2 = [accuracy.atFalseMatchRate1e2.acceptedShare, accuracy.atFalseMatchRate1e2.threshold]
        tarAtFAR1e3 = [accuracy.atFalseMatchRate1e3.acceptedShare, accuracy.atFalseMatchRate1e3.threshold]
        nonMatedMaximum = accuracy.nonMatedMaximum
        self.seconds = seconds
    }
}
