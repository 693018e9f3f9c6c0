// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct CalibrationTests {
    /// Similarities 0, 0.001 … 0.999 in any order: the share that reaches s is 1 − s.
    private static let slope = (0..<1000).map { Float($0 * 7919 % 1000) / 1000 }

    @Test func pointsStandWhereTheRatesAreReached() throws {
        let table = try CalibrationTable(space: "a", nonMatedSimilarities: Self.slope)
        // Ten of a thousand are the fewest that make a point.
        #expect(table.points.map(\.falseMatchRate) == [0.5, 0.2, 0.1, 0.05, 0.02, 0.01])
        for point in table.points {
            let reached = Self.slope.count { $0 >= point.similarity }
            #expect(reached == Int((point.falseMatchRate * 1000).rounded()))
        }
    }

    @Test func ratesAreBoundsAndThresholdsTheirInverse() throws {
        let table = try CalibrationTable(space: "a", nonMatedSimilarities: Self.slope)
        #expect(table.falseMatchRate(of: Similarity(rawValue: 0.3)) == 1)
        #expect(table.falseMatchRate(of: Similarity(rawValue: 0.85)) == 0.2)
        #expect(table.falseMatchRate(of: Similarity(rawValue: 2)) == 0.01)
        for point in table.points {
            #expect(table.threshold(atFalseMatchRate: point.falseMatchRate)?.rawValue == point.similarity)
            #expect(table.falseMatchRate(of: Similarity(rawValue: point.similarity)) == point.falseMatchRate)
        }
        #expect(table.threshold(atFalseMatchRate: 0.03)?.rawValue == table.threshold(atFalseMatchRate: 0.02)?.rawValue)
        #expect(table.threshold(atFalseMatchRate: 1e-3) == nil)
    }

    @Test(arguments: [(0.7, .noMatch), (0.93, .unsure), (0.985, .match)] as [(Float, Decision)])
    func decisionsFollowFromTheRates(similarity: Float, decision: Decision) throws {
        let table = try CalibrationTable(space: "a", nonMatedSimilarities: Self.slope)
        let similarity = Similarity(rawValue: similarity)
        #expect(table.decision(for: similarity, matchRate: 0.02, unsureRate: 0.1) == decision)
        // One in a thousand is beyond this table, so it can promise no match.
        #expect(table.decision(for: Similarity(rawValue: 1)) == .unsure)
        #expect(table.decision(for: Similarity(rawValue: 1), matchRate: 1e-4, unsureRate: 1e-3) == .unsure)
        #expect(table.decision(for: Similarity(rawValue: 0.985), matchRate: 1e-4, unsureRate: 1e-3) == .noMatch)
    }

    @Test func equalSimilaritiesShareAPoint() throws {
        let table = try CalibrationTable(space: "a", nonMatedSimilarities: [Float](repeating: 0.25, count: 400))
        #expect(table.points.count == 1)
        #expect(table.points[0].similarity > 0.25 && table.points[0].falseMatchRate == 1.0 / 20)
    }

    @Test func aTableSurvivesItsFile() throws {
        let table = try CalibrationTable(space: "a@1", nonMatedSimilarities: Self.slope)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try table.write(toFile: path)
        #expect(try CalibrationTable(contentsOf: path) == table)
        let error = #expect(throws: FaceError.self) { try CalibrationTable(contentsOf: path + ".absent") }
        #expect(error?.code == .fileUnreadable)
    }

    @Test(
        arguments: [
            [(0.5, 0.1), (0.4, 0.01)], [(0.4, 0.1), (0.5, 0.1)], [(0.4, 1.5)], [(Float.nan, 0.1)], [],
        ] as [[(Float, Double)]]
    )
    func tablesOutOfOrderAreRefused(points: [(Float, Double)]) {
        let error = #expect(throws: FaceError.self) {
            try CalibrationTable(
                space: "a",
                comparisons: 100,
                points: points.map { .init(similarity: $0, falseMatchRate: $1) }
            )
        }
        #expect(error?.code == .invalidEvaluationData)
    }

    @Test func promisesAreCheckedOnTheOtherFolds() throws {
        // The second fold is more similar by 0.1: tables of the one promise the other too little.
        let shifted = Self.slope.map { $0 + 0.1005 }
        let check = try CalibrationCheck(space: "a", nonMatedSimilarities: [Self.slope, shifted])
        #expect(check.rates.map(\.promised) == [0.1, 0.01])
        #expect(check.rates[0].folds == [0, 0.201])
        #expect(check.rates[0].observed == 0.1005)
        #expect(check.rates[1].folds == [0, 0.111])
    }

    @Test func coefficientsFittedToATableGiveItsBorderOneHalf() throws {
        // A normal distribution about 0, as cosines of different people are.
        var generator = SeededGenerator(seed: 7)
        let similarities = (0..<40_000).map { _ in
            (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) } * 0.09
        }
        let table = try CalibrationTable(space: "a", nonMatedSimilarities: similarities)
        let matcher = CompreFaceMatcher(coefficients: try .init(fitting: table))
        func similarity(atRate rate: Double) throws -> Float {
            let cosine = try #require(table.threshold(atFalseMatchRate: rate)).rawValue
            return try matcher.similarity(
                of: Embedding(space: "a", normalizing: [1, 0]),
                to: Embedding(space: "a", normalizing: [cosine, (1 - cosine * cosine).squareRoot()])
            ).rawValue
        }
        #expect(abs(try similarity(atRate: 1e-3) - 0.5) < 1e-4)
        #expect(abs(try similarity(atRate: 1e-1) - 0.1) < 1e-4)
        let few = try CalibrationTable(space: "a", nonMatedSimilarities: Array(similarities.prefix(100)))
        let error = #expect(throws: FaceError.self) { try CompreFaceMatcher.Coefficients(fitting: few) }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func aModelCardCarriesATable() throws {
        let table = try CalibrationTable(space: "m@00000000", nonMatedSimilarities: Self.slope)
        let card = ModelCard(
            name: "m",
            task: "embedding",
            file: "m.onnx",
            sha256: String(repeating: "0", count: 64),
            bytes: 1,
            license: "MIT",
            calibration: table
        )
        let bytes = [UInt8](try JSONEncoder().encode(card))
        #expect(try ModelCard(decoding: bytes, from: "m.json").calibration == table)
    }

    @Test func tablesThatComeWithThePackageAreSound() throws {
        #expect(CalibrationTable.measured.count == 4)
        for (space, table) in CalibrationTable.measured {
            // The checks of the initialiser that those tables do not pass through.
            let checked = try CalibrationTable(space: space, comparisons: table.comparisons, points: table.points)
            #expect(checked == table && table.points.count == 15)
            let border = try CompreFaceMatcher.Coefficients(fitting: table).border
            #expect((1.1...1.25).contains(border), "\(space): \(border)")
        }
    }
}
