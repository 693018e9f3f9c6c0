// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import Testing

@Suite struct VerificationTests {
    // Worked out by hand. Tested on fold 0, the thresholds of fold 1 that are right three times of four are those in
    // (0, 0.2] and (0.25, 0.7], the middle one of them about 0.376: all four of fold 0 are right. Tested on fold 1,
    // fold 0 gives (0.3, 0.6] and 0.45: three of four are right. Of 16 pairs of a mated and a non-mated comparison, 14
    // stand in the right order. One non-mated pair in a hundred of four is the most similar, 0.3.
    private static let comparisons: [VerificationAccuracy.Comparison] = [
        .init(similarity: 0.8, isMated: true, fold: 0), .init(similarity: 0.6, isMated: true, fold: 0),
        .init(similarity: 0.1, isMated: false, fold: 0), .init(similarity: 0.3, isMated: false, fold: 0),
        .init(similarity: 0.7, isMated: true, fold: 1), .init(similarity: 0.2, isMated: true, fold: 1),
        .init(similarity: 0.25, isMated: false, fold: 1), .init(similarity: 0, isMated: false, fold: 1),
    ]

    @Test func aSmallCaseGivesWhatIsWorkedOutByHand() throws {
        let accuracy = try VerificationAccuracy(Self.comparisons, folds: 2)
        #expect(accuracy.accuracy == 0.875)
        #expect(accuracy.standardDeviation == 0.125)
        #expect(accuracy.areaUnderCurve == 0.875)
        #expect(accuracy.atFalseMatchRate1e2 == .init(acceptedShare: 0.75, threshold: 0.3))
        #expect(accuracy.atFalseMatchRate1e3 == .init(acceptedShare: 0.75, threshold: 0.3))
        #expect(accuracy.nonMatedMaximum == 0.3)
    }

    @Test func theReportHasTheKeysThatOthersRead() throws {
        let report = VerificationReport(
            embedder: "e",
            pairs: 8,
            missingPictures: 1,
            accuracy: try VerificationAccuracy(Self.comparisons, folds: 2),
            seconds: 2
        )
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any]
        #expect(
            json?.keys.sorted() == [
                "accuracy", "auc", "embedder", "impostor_max", "missing_pictures", "pairs", "seconds", "std",
                "tar_far_1e2", "tar_far_1e3",
            ]
        )
        #expect(json?["tar_far_1e2"] as? [Double] == [0.75, 0.3])
    }

    @Test(arguments: [
        (Array(comparisons.prefix(4)), 2, "fold 2"),
        (comparisons.filter(\.isMated), 2, "0 non-mated"),
        ([], 2, "0 mated"),
        (comparisons, 1, "1 fold"),
    ])
    func tooFewComparisonsAreRefused(comparisons: [VerificationAccuracy.Comparison], folds: Int, message: String) {
        let error = #expect(throws: FaceError.self) { try VerificationAccuracy(comparisons, folds: folds) }
        #expect(error?.code == .invalidEvaluationData)
        #expect(error?.message.contains(message) == true)
    }

    @Test func aPairListIsRead() throws {
        let pairs = try VerificationPairs(
            lfwText: "2\t1\nA_B\t1\t12\nA\t1\tC\t2\nD\t3\t4\nE\t10000\tF\t1\n",
            from: "pairs"
        )
        #expect(pairs.folds == 2)
        #expect(
            pairs.pairs[0] == .init(first: "A_B/A_B_0001.jpg", second: "A_B/A_B_0012.jpg", isMated: true)
        )
        #expect(pairs.pairs[3] == .init(first: "E/E_10000.jpg", second: "F/F_0001.jpg", isMated: false))
        #expect((0..<4).map(pairs.fold(ofPair:)) == [0, 0, 1, 1])
        #expect(pairs.pictures.count == 8)
    }

    @Test(arguments: [
        ("", "line 1"),
        ("10", "line 1"),
        ("0\t300\n", "line 1"),
        ("99999999999999999999\t1\n", "line 1"),
        ("1\t1\nA\t1\t2\n", "line 1: 1 folds of 2×1 pairs are announced, 1 pairs follow"),
        ("1\t1\nA\t1\t2\nA\t1\n", "line 3: 2 fields"),
        ("1\t1\nA\tone\t2\nA\t1\tB\t2\n", "line 2: \"one\""),
        ("1\t1\nA\t-1\t2\nA\t1\tB\t2\n", "line 2: \"-1\""),
    ])
    func aDamagedPairListIsRefusedWithTheLine(text: String, message: String) {
        let error = #expect(throws: FaceError.self) { try VerificationPairs(lfwText: text, from: "pairs.txt") }
        #expect(error?.code == .invalidEvaluationData)
        #expect(error?.message.contains("pairs.txt, " + message) == true, "\(String(describing: error))")
    }
}
