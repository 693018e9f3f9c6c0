// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct AnalysisAccuracyTests {
    @Test func landmarkErrorsAreSharesOfTheEyeDistance() {
        let label = (0..<68).map { Point(x: Float($0 % 10) * 10, y: Float($0 / 10) * 10) }
        // From 36 (60, 30) to 45 (50, 40): 14.14 pixels.
        let found = label.enumerated().map { Point(x: $1.x + ($0 < 17 ? 2 : 1), y: $1.y) }
        let accuracy = LandmarkAccuracy([(label, found)])
        let unit = 200.0.squareRoot()
        #expect(abs(accuracy.meanError - (17 * 2 + 51) / 68 / unit) < 1e-6)
        #expect(abs(accuracy.innerMeanError - 1 / unit) < 1e-6)
        #expect(accuracy.partErrors.map(\.name) == ["jaw", "brows", "nose", "eyes", "mouth"])
        #expect(abs(accuracy.partErrors[0].meanError - 2 / unit) < 1e-6)
        #expect(accuracy.failureRate == 0 && accuracy.faces == 1)
        #expect(abs(accuracy.meanOffset[0] - (17 * 2 + 51) / 68 / unit) < 1e-6 && accuracy.meanOffset[1] == 0)
    }

    @Test func poseErrorsAreDegrees() throws {
        let labels = [-30, 0, 30].map { HeadPose(degreesYaw: Float($0), pitch: 5, roll: 0) }
        let found = [-20, 0, 20].map { HeadPose(degreesYaw: Float($0), pitch: 3, roll: Float($0) / 10) }
        let accuracy = PoseAccuracy(zip(labels, found).map { ($0, $1) })
        #expect(abs(accuracy.yaw - 20.0 / 3) < 1e-4 && abs(accuracy.pitch - 2) < 1e-4)
        #expect(abs(accuracy.biases[1] + 2) < 1e-4 && abs(accuracy.biases[0]) < 1e-4)
        #expect(abs(try #require(accuracy.correlations[0]) - 1) < 1e-6 && accuracy.correlations[2] == nil)
    }

    @Test func attributesAreMeasuredByGroup() {
        let people = [
            PersonLabel(age: 5, gender: .female, ethnicity: "asian"), PersonLabel(age: 25, gender: .male),
            PersonLabel(age: 85, gender: .male, ethnicity: "white"),
        ]
        let ages = zip(people, [8, 20, 80]).map { ($0, AgeEstimate(years: $1)) }
        let groups = AttributeAccuracy(ages: ages).groups
        #expect(groups.map(\.name) == ["all", "age 0-9", "age 20-39", "age 80-", "female", "male", "asian", "white"])
        #expect(abs(groups[0].value - 13.0 / 3) < 1e-6 && abs((groups[0].bias ?? 0) + 7.0 / 3) < 1e-6)
        #expect(groups[5].value == 5 && groups[5].bias == -5)
        let male = Judgement<Gender>([(kind: .male, probability: 0.7), (kind: .female, probability: 0.3)])
        let genders = people.map { (label: $0, found: male) }
        let shares = AttributeAccuracy(genders: genders).groups
        #expect(shares[0].value == 2.0 / 3 && shares[4].value == 0 && shares[5].value == 1 && shares[0].bias == nil)
    }

    @Test(arguments: [
        ("file,age,gender,ethnicity\na.jpg,x,male,white\n", "\"x\" for age"),
        ("file,age,gender,ethnicity\na.jpg,3,man,white\n", "\"man\""),
        ("file,age,gender,ethnicity\na.jpg,3\n", "line 2"), ("file,age\na.jpg,3\n", "no column gender"),
    ])
    func damagedLabelsAreRefusedByLine(text: String, words: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: FaceError.self) { try LabelledFaces(people: path) }
        #expect(
            error?.code == .invalidEvaluationData && error?.message.contains(words) == true,
            "\(String(describing: error))"
        )
    }
}
