// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct AttributeTests {
    @Test(arguments: [
        (Float(-3), 0, 2), (0, 0, 2), (3.2, 0, 2), (3.7, 4, 6), (6.9, 4, 6), (13, 8, 12), (14.2, 15, 20), (28, 25, 32),
        (36, 38, 43),
        (45.5, 38, 43), (46.5, 48, 53), (56, 48, 53), (57, 60, 100), (99, 60, 100), (140, 60, 100),
    ])
    func anAgeFallsIntoTheNearestGroup(years: Float, low: Int, high: Int) {
        let (range, probability) = AgeEstimate(years: years).range
        #expect(range.low == low && range.high == high)
        #expect(0.1...1 ~= probability)
    }

    @Test func theGroupsShareTheProbability() {
        // Old faces are surely old, infants surely infants, others less surely.
        #expect(AgeEstimate(years: 95).range.probability > 0.99)
        #expect(AgeEstimate(years: 0.5).range.probability > 0.8)
        #expect(AgeEstimate(years: 47).range.probability < 0.5)
    }

    @Test func theLargestProbabilityJudges() {
        let judgement = Judgement<EyeState>([(.closed, 0.3), (.open, 0.7)])
        #expect(judgement.kind == .open && judgement.probability == 0.7)
        #expect(judgement.probabilities == [.closed: 0.3, .open: 0.7])
        #expect(Judgement<Gender>([(.male, 0.5), (.female, 0.5)]).kind == .male)
    }
}
