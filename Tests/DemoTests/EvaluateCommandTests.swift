// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite(
    .enabled(
        if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
        "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
    )
)
struct EvaluateCommandTests {
    /// Runs `body` with an empty folder and removes it.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test(arguments: ["yunet", "mtcnn", "retinaface", "scrfd"])
    func detectionAnswersWithAveragePrecisionByHeight(detector: String) throws {
        let pictures = try #require(EvaluationFolders.pictures).path + "/detect-dev"
        try withFolder { folder in
            // The first picture alone, beside the annotations as the command expects it.
            let text = try String(contentsOfFile: pictures + "/annotations.json", encoding: .utf8)
            let all = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
            try JSONSerialization.data(withJSONObject: Array(all.prefix(1)))
                .write(to: URL(fileURLWithPath: folder + "/annotations.json"))
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/images",
                withDestinationPath: pictures + "/images"
            )
            let arguments = ["evaluate", "detection", "--annotations", folder + "/annotations.json"]
            let run = try FaceKitProcess(
                arguments + ["--detector", detector, "--json", "--sheet", folder + "/sheet.png"]
            )
            #expect(run.status == 0, "\(run.errors)")
            let classes = try #require(run.json() as? [String: [String: Any]])
            #expect(classes.keys.sorted() == ["10-20", "20-40", "40-80", ">=80", "all", "h<10"])
            #expect(classes["all"]?["faces"] as? Int == (all[0]["faces"] as? [Any])?.count)
            #expect(try #require(classes["all"]?["ap"] as? Double) > 0.5)
            let sheet = try Image(contentsOfFile: folder + "/sheet.png")
            #expect(sheet.width > 100 && sheet.height > 100)
        }
    }

    @Test func aCalibrationIsMadeCheckedAndUsed() throws {
        let lfw = try #require(EvaluationFolders.pictures).path + "/lfw-dev"
        try withFolder { folder in
            // Eight pairs of each kind from two folds, whose people differ.
            let lines = try String(contentsOfFile: lfw + "/pairs-dev.txt", encoding: .utf8).split(separator: "\n")
            var text = "2\t8\n"
            for start in [1, 301, 601, 901] {
                text += lines[start..<start + 8].joined(separator: "\n") + "\n"
            }
            try text.write(toFile: folder + "/pairs.txt", atomically: true, encoding: .utf8)
            let (table, plot) = (folder + "/table.json", folder + "/det.svg")
            let run = try FaceKitProcess([
                "evaluate", "lfw", "--images", lfw + "/images", "--pairs", folder + "/pairs.txt", "--json",
                "--calibration", table, "--roc", plot,
            ])
            #expect(run.status == 0, "\(run.errors)")
            let answer = try run.json()
            #expect(answer["pairs"] as? Int == 32)
            let checks = try #require(answer["calibration"] as? [[String: Any]])
            #expect(checks.first?["promised"] as? Double == 0.1)
            #expect((checks.first?["folds"] as? [Double])?.count == 2)
            #expect(try String(contentsOfFile: plot, encoding: .utf8).hasPrefix("<svg"))

            let calibration = try CalibrationTable(contentsOf: table)
            #expect(calibration.space == "face_reidentification_retail_0095@2ac8b503")
            let files = [1, 4].map { "\(lfw)/images/Abel_Pacheco/Abel_Pacheco_000\($0).jpg" }
            let compared = try FaceKitProcess(["compare", "--json", "--calibration", table] + files).json()
            // So few comparisons promise no rate of 1 in 1000: even the same person's faces stay unsure.
            #expect(compared["decision"] as? String == "unsure")
            #expect(compared["false_match_rate"] as? Double == calibration.points.last?.falseMatchRate)
            let other = try FaceKitProcess(["compare", "--flip", "--calibration", table] + files)
            #expect(other.status == 1 && other.errors.contains("+flip"))
        }
    }
}
