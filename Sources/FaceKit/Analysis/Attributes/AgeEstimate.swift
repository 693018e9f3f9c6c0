// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// How old a face seems.
public struct AgeEstimate: Hashable, Sendable {
    /// Years.
    public var years: Float

    /// Creates an estimate; a negative age counts as 0.
    public init(years: Float) {
        self.years = max(0, years)
    }

    /// One of the eight groups of the Adience data set, which CompreFace answers with.
    public struct Range: Hashable, Sendable {
        /// The youngest age of the group, in years.
        public let low: Int
        /// The oldest age of the group, in years.
        public let high: Int
    }

    /// The groups, from young to old; ages between two belong to the nearer one.
    public static let ranges = [
        Range(low: 0, high: 2), Range(low: 4, high: 6), Range(low: 8, high: 12), Range(low: 15, high: 20),
        Range(low: 25, high: 32), Range(low: 38, high: 43), Range(low: 48, high: 53), Range(low: 60, high: 100),
    ]

    /// The group that the estimate falls into, and the probability that the true age does too.
    ///
    /// The probability is that of a normal distribution about the estimate, whose standard deviation grows from 2 years for
    /// infants to 10 years for the old, about what the networks here err by; the ages between two groups are halved.
    public var range: (range: Range, probability: Float) {
        let borders = zip(Self.ranges, Self.ranges.dropFirst()).map { Double($0.high + 1 + $1.low) / 2 }
        let index = borders.firstIndex { Double(years) < $0 } ?? borders.count
        let deviation = 2 + 8 * min(Double(years) / 40, 1)
        func share(below border: Double) -> Double {
            0.5 * erfc((Double(years) - border) / (deviation * 2.0.squareRoot()))
        }
        let lower = index > 0 ? share(below: borders[index - 1]) : 0
        let upper = index < borders.count ? share(below: borders[index]) : 1
        return (Self.ranges[index], Float(upper - lower))
    }
}
