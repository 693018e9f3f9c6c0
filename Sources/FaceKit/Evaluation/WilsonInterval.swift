// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The range in which a share lies with 95 % confidence, given how often something was seen in how many trials.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927: unlike the usual
/// one it stays within 0...1 and says something when nothing or everything was seen.
public struct WilsonInterval: Hashable, Sendable {
    /// The lower end, at least 0.
    public let lower: Double
    /// The upper end, at most 1.
    public let upper: Double

    /// Creates the interval.
    ///
    /// - Precondition: `count` lies in 0...`trials` and there is a trial.
    public init(count: Int, trials: Int) {
        precondition(trials > 0 && 0...trials ~= count, "\(count) of \(trials) is no share")
        let z = 1.959964
        let (n, share) = (Double(trials), Double(count) / Double(trials))
        let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        lower = max(0, middle - half)
        upper = min(1, middle + half)
    }
}
