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
struct AnalysisCommandTests {
    private static func picture(_ name: String) throws -> String {
        try #require(EvaluationFolders.pictures).path + "/" + name
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func everythingIsToldAndDrawn() throws {
        try withFolder { folder in
            let file = try Self.picture("attributes-dev/images/aaf/00051A02.jpg")
            let run = try FaceKitProcess(["analyze", file, "--json", "--output", folder + "/marked.png"])
            #expect(run.status == 0, "\(run.errors)")
            let pictures = try #require(run.json()["pictures"] as? [[String: Any]])
            let face = try #require((pictures[0]["faces"] as? [[String: Any]])?.first)
            #expect(
                Set(face.keys) == [
                    "face", "landmarks", "pose", "age", "gender", "mask", "expression", "liveness", "eyes", "sharpness",
                    "quality",
                ]
            )
            #expect((face["landmarks"] as? [String: Any])?["count"] as? Int == 98)
            #expect((face["mask"] as? [String: Any])?["value"] as? String == "without_mask")
            let marked = try Image(contentsOfFile: folder + "/marked.png")
            #expect(try marked != Image(contentsOfFile: file))
        }
    }

    @Test func onlyWhatWasAskedForIsTold() throws {
        let file = try Self.picture("attributes-dev/images/aaf/00051A02.jpg")
        let run = try FaceKitProcess(["analyze", file, "--json", "--attributes", "pose,age", "--pose-model", "pnp"])
        let pictures = try #require(run.json()["pictures"] as? [[String: Any]])
        let face = try #require((pictures[0]["faces"] as? [[String: Any]])?.first)
        #expect(Set(face.keys) == ["face", "pose", "age"])
        let unknown = try FaceKitProcess(["analyze", file, "--attributes", "pose,beauty"])
        #expect(unknown.status == 64 && unknown.errors.contains("beauty"))
    }

    @Test func aModelThatIsNotInstalledIsNamed() throws {
        let file = try Self.picture("attributes-dev/images/aaf/00051A02.jpg")
        let run = try FaceKitProcess(["analyze", file, "--attributes", "age", "--age-model", "nobody_knows"])
        #expect(run.status == 1 && run.errors.contains("nobody_knows"))
    }

    @Test func evaluationsPrintTheirTables() throws {
        let landmarks = try FaceKitProcess([
            "evaluate", "landmarks", "--folder", try Self.picture("landmarks-dev"), "--landmark-model",
            "pfld_ghostone_98",
        ])
        #expect(landmarks.status == 0 && landmarks.output.contains("pfld_ghostone_98     70"), "\(landmarks.errors)")
        let pose = try FaceKitProcess([
            "evaluate", "pose", "--labels", try Self.picture("pose-dev/labels.csv"), "--pose-model", "fsanet_var",
            "--json",
        ])
        let rows = try #require(JSONSerialization.jsonObject(with: Data(pose.output.utf8)) as? [[String: Any]])
        let accuracy = try #require(rows.first?["accuracy"] as? [String: Any])
        #expect(accuracy["faces"] as? Int == 8)
        #expect(try #require(accuracy["yaw"] as? Double) < 6)
        let missing = try FaceKitProcess(["evaluate", "attributes", "--labels", "/nowhere/labels.csv"])
        #expect(missing.status == 1 && missing.errors.contains("/nowhere/labels.csv"))
    }

    @Test func fusedPicturesSayThatTheyAreSynthetic() throws {
        try withFolder { folder in
            let files = try ["00051A02", "00051A02"].map { try Self.picture("attributes-dev/images/aaf/\($0).jpg") }
            for (arguments, name) in [([], "a.png"), (["--fuser", "alpha"], "b.jpg"), (["--average"], "c.png")] {
                let path = folder + "/" + name
                let run = try FaceKitProcess(["fuse"] + files + ["--output", path] + arguments)
                #expect(run.status == 0, "\(run.errors)")
                #expect(SyntheticMark.isPresent(in: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))))
            }
            let odd = try FaceKitProcess(["fuse"] + files + ["--output", folder + "/a.gif"])
            #expect(odd.status == 1 && odd.errors.contains("a.gif"))
            let weight = try FaceKitProcess(["fuse"] + files + ["--output", folder + "/a.png", "--weight", "2"])
            #expect(weight.status == 64 && weight.errors.contains("--weight"))
        }
    }
}
