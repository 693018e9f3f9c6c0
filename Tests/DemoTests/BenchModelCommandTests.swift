// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitTestSupport
import Foundation
import Testing

@Suite struct BenchModelCommandTests {
    private static let file = EvaluationFolders.models?.appendingPathComponent("detection/mtcnn_rnet.onnx").path

    @Test(arguments: [
        ["--shape", "1x3x0x6"], ["--shape", "1x-3x6x6"], ["--shape", "1x3xx6"],
        ["--shape", "9223372036854775807x9223372036854775807"], ["--level", "fastest"], ["--threads", "-1"],
        ["--runs", "0"], ["--steps", "-1"],
    ])
    func aWrongOptionIsAnUsageError(arguments: [String]) throws {
        let run = try FaceKitProcess(["bench", "model", "a.onnx"] + arguments)
        #expect(run.status == 64)
        #expect(run.errors.hasPrefix("Error: "))
    }

    @Test func aMissingFileIsNamed() throws {
        let run = try FaceKitProcess(["bench", "model", "/nowhere/a.onnx"])
        #expect(run.status == 1)
        #expect(run.errors.contains("/nowhere/a.onnx"))
    }

    @Test(
        .enabled(if: file != nil, "FACEKIT_MODEL_MIRROR is not set"),
        arguments: ["portable", "avx2", "avx512", "amx"]
    )
    func theTimesAndTheSharesOfTheOperatorsFitTogether(level: String) throws {
        let file = try #require(Self.file)
        let run = try FaceKitProcess(["bench", "model", file, "--json", "--runs", "5", "--level", level])
        if run.status == 1, run.errors.contains("this processor has no \(level) kernels") { return }
        let answer = try run.json()
        let (median, minimum) = (
            try #require(answer["medianMilliseconds"] as? Double),
            try #require(answer["minimumMilliseconds"] as? Double)
        )
        #expect(minimum > 0 && minimum <= median)
        let shares = try #require(answer["operators"] as? [[String: Any]]).compactMap { $0["share"] as? Double }
        #expect(shares.count > 1)
        #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
        #expect(shares == shares.sorted(by: >))
        let loading = try #require(answer["loading"] as? [String: Any])
        #expect(loading["inputShapes"] as? [[Int]] == [[1, 3, 24, 24]])
        #expect(loading["level"] as? String == level)
    }

    @Test(.enabled(if: file != nil, "FACEKIT_MODEL_MIRROR is not set"))
    func inputNumbersOfTheWrongCountAreRefused() throws {
        let file = try #require(Self.file)
        let numbers = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).f32")
        try Data(count: 12).write(to: numbers)
        defer { try? FileManager.default.removeItem(at: numbers) }
        let run = try FaceKitProcess(["bench", "model", file, "--input", numbers.path])
        #expect(run.status == 1)
        #expect(run.errors.contains("12 bytes") && run.errors.contains("6912"))
    }

    @Test(.enabled(if: file != nil, "FACEKIT_MODEL_MIRROR is not set"))
    func theKernelsWriteWhatTheReferenceWrites() throws {
        let file = try #require(Self.file)
        let outputs = try ["fast", "reference"].map { backend in
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).f32")
            defer { try? FileManager.default.removeItem(at: path) }
            let run = try FaceKitProcess(
                ["bench", "model", file, "--backend", backend, "--runs", "1", "--output", path.path]
            )
            #expect(run.status == 0)
            return try Data(contentsOf: path).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        }
        #expect(outputs[0].count == 6)
        #expect(outputs[0].count == outputs[1].count)
        #expect(zip(outputs[0], outputs[1]).allSatisfy { abs($0 - $1) < 1e-4 })
    }
}
