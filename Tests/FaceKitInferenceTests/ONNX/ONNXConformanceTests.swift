// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

@Suite(.enabled(if: !ONNXCase.all.isEmpty, "FACEKIT_ONNX_CASES is not set"))
struct ONNXConformanceTests {
    /// As many cases of onnx 1.23.2 pass; fewer means that something was lost.
    private static let leastPassing = 1317

    @Test("The ONNX project's operator tests pass, as far as the engine has their operators and types")
    func cases() throws {
        let outcomes = ONNXCase.all.map { ($0, $0.run()) }
        #expect(!ONNXCase.light.isEmpty, "the cases were exported without the light models")
        for case (let test, .failed(let problem)) in outcomes { Issue.record("\(test): \(problem)") }
        let passing = outcomes.count { $0.1 == .passed }
        #expect(passing >= Self.leastPassing, "\(passing) of \(outcomes.count) cases pass")
        if let path = ProcessInfo.processInfo.environment["FACEKIT_ONNX_COVERAGE"], !path.isEmpty {
            try Self.report(outcomes).write(toFile: path, atomically: true, encoding: .utf8)
        }
    }

    @Test("The ONNX project's light models give the outputs that come with them", arguments: ONNXCase.light)
    func lightModel(test: ONNXCase) {
        #expect(test.run(on: .fast) == .passed)
    }

    @Test("Models with flipped bits never trap, whatever the operator", arguments: 0..<10)
    func damagedCases(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) + 1000)
        var refused = 0
        for test in ONNXCase.all {
            do { try test.exerciseDamaged(using: &random) } catch { refused += 1 }
        }
        #expect(refused > 100 && refused < ONNXCase.all.count)
    }

    /// The table that is kept as `Docs/onnx-coverage.md`.
    private static func report(_ outcomes: [(test: ONNXCase, outcome: ONNXCase.Outcome)]) -> String {
        var lines = [
            "# ONNX operators", "",
            "What the engine reads, and how many of the ONNX project's own tests with that operator its reference",
            "executor passes. Made by `ONNXConformanceTests` from the cases of onnx 1.23.2 (kinds node, simple,",
            "pytorch-converted, pytorch-operator; see `Tests/Tools/export_onnx_cases.py`); do not edit.", "",
            "\(outcomes.count { $0.outcome == .passed }) of \(outcomes.count) cases pass, "
                + "\(outcomes.count { if case .failed = $0.outcome { true } else { false } }) fail, "
                + "the others need what the engine does not have.", "",
            "| operator | cases | pass | not run |", "|---|---:|---:|---|",
        ]
        for type in OperatorRegistry.operatorTypes {
            let own = outcomes.filter { $0.test.operators.contains(type) }
            var reasons: [String: Int] = [:]
            for case (_, .skipped(let reason)) in own { reasons[shortened(reason), default: 0] += 1 }
            let told = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3)
                .map { "\($0.key) (\($0.value))" }.joined(separator: "; ")
            lines.append("| \(type) | \(own.count) | \(own.count { $0.outcome == .passed }) | \(told) |")
        }
        var missing: [String: Int] = [:]
        for (test, _) in outcomes {
            for type in Set(test.operators).subtracting(OperatorRegistry.operatorTypes) {
                missing[type, default: 0] += 1
            }
        }
        lines += ["", "Operators of the cases that the engine does not have: "]
        lines.append(missing.keys.sorted().map { "\($0) (\(missing[$0] ?? 0))" }.joined(separator: ", ") + ".")
        return lines.joined(separator: "\n") + "\n"
    }

    /// A reason without the name of the node that it was found at.
    private static func shortened(_ reason: String) -> String {
        let first = reason.split(separator: ";").first.map(String.init) ?? reason
        guard let end = first.range(of: "): ") else { return first }
        return String(first[end.upperBound...])
    }
}
