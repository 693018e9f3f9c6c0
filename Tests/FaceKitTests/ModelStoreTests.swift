// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import Testing

@Suite struct ModelStoreTests {
    /// Runs `body` with a folder that has the model "small" in a task's sub-folder, and removes the folder.
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tasks = folder.appendingPathComponent("recognition")
        try FileManager.default.createDirectory(at: tasks, withIntermediateDirectories: true)
        try Data("12345".utf8).write(to: tasks.appendingPathComponent("small.onnx"))
        try Data(ModelCardTests.json.utf8).write(to: tasks.appendingPathComponent("small.json"))
        try body(folder)
    }

    @Test func aModelIsFoundInATasksFolder() throws {
        try withFolder { folder in
            let file = try ModelStore(folders: ["/nowhere", folder.path]).model(named: "small")
            #expect(file.card.name == "small")
            #expect(file.space == "small@2ac8b503")
            #expect(FileManager.default.fileExists(atPath: file.path))
            #expect(ModelStore(folders: [folder.path]).hasModel(named: "small"))
            #expect(!ModelStore(folders: [folder.path]).hasModel(named: "large"))
        }
    }

    @Test func aModelThatIsMissingIsNamedWithTheFoldersAndWhatToDo() {
        let error = #expect(throws: FaceError.self) {
            try ModelStore(folders: ["/nowhere", "/elsewhere"]).model(named: "absent")
        }
        #expect(error?.code == .modelNotFound)
        for part in ["absent", "/nowhere", "/elsewhere", "facekit models pull absent", "absent.json"] {
            #expect(error?.message.contains(part) == true)
        }
    }

    @Test(arguments: ["", "../small", "a/b", ".hidden", "ö", "a\u{0}b"])
    func aNameThatLeavesTheFolderIsRefused(name: String) {
        let error = #expect(throws: FaceError.self) { try ModelStore(folders: ["/"]).model(named: name) }
        #expect(error?.code == .modelNotFound)
    }

    @Test func aModelOfAnotherSizeThanItsCardSaysIsRefused() throws {
        try withFolder { folder in
            try Data("123".utf8).write(to: folder.appendingPathComponent("recognition/small.onnx"))
            let error = #expect(throws: FaceError.self) {
                try ModelStore(folders: [folder.path]).model(named: "small")
            }
            #expect(error?.code == .invalidModel)
            #expect(error?.message.contains("3 bytes") == true && error?.message.contains("5") == true)
        }
    }

    @Test func aModelWithoutACardIsListedWithTheReason() throws {
        try withFolder { folder in
            try Data("1".utf8).write(to: folder.appendingPathComponent("bare.onnx"))
            let models = ModelStore(folders: [folder.path]).installedModels()
            #expect(models.map(\.name) == ["bare", "small"])
            #expect(throws: FaceError.self) { try models[0].card.get() }
            #expect(try models[1].card.get().task == "embedding")
        }
    }

    @Test(arguments: ["onnx", "xml", "pt", "pth", "json"])
    func theCardNamesTheFileAndThoseItNeeds(ending: String) throws {
        try withFolder { folder in
            let tasks = folder.appendingPathComponent("recognition")
            let file = ending == "json" ? "big-weights_manifest.json" : "published.\(ending)"
            let card = ModelCardTests.json
                .replacingOccurrences(of: "\"small\"", with: "\"big\"")
                .replacingOccurrences(of: "small.onnx", with: file)
                .replacingOccurrences(
                    of: "\"metric\"",
                    with: """
                        "network": "pnet", "companions": [{"file": "big.bin", "bytes": 3, "sha256":
                        "aaaaaaaaedf039c96b8b792c64148c50536f65140302ace4ca80679b9e5dce80"}], "metric"
                        """
                )
            try Data(card.utf8).write(to: tasks.appendingPathComponent("big.json"))
            try Data("12345".utf8).write(to: tasks.appendingPathComponent(file))
            let store = ModelStore(folders: [folder.path])
            // A card is there, and one of the files is not.
            let error = #expect(throws: FaceError.self) { try store.model(named: "big") }
            #expect(error?.code == .fileUnreadable && error?.message.contains("big.bin") == true)
            try Data("123".utf8).write(to: tasks.appendingPathComponent("big.bin"))
            let model = try store.model(named: "big")
            #expect(model.paths == [tasks.path + "/" + file, tasks.path + "/big.bin"])
            #expect(model.card.network == "pnet" && model.card.totalBytes == 8)
            #expect(model.space == "big@2ac8b503-aaaaaaaa")
            #expect(store.installedModels().map(\.name) == ["big", "small"])
            try Data("1234".utf8).write(to: tasks.appendingPathComponent("big.bin"))
            #expect(throws: FaceError.self) { try store.model(named: "big") }
        }
    }

    @Test func aModelIsAlsoFoundByTheNamesOthersHaveForIt() throws {
        try withFolder { folder in
            let tasks = folder.appendingPathComponent("detection")
            try FileManager.default.createDirectory(at: tasks, withIntermediateDirectories: true)
            let card = ModelCardTests.json.replacingOccurrences(of: "small", with: "scrfd_10g")
            try Data(card.utf8).write(to: tasks.appendingPathComponent("scrfd_10g.json"))
            try Data("12345".utf8).write(to: tasks.appendingPathComponent("scrfd_10g.onnx"))
            let store = ModelStore(folders: [folder.path])
            #expect(try store.model(named: "det_10g").card.name == "scrfd_10g")
            #expect(store.hasModel(named: "scrfd_10g_bnkps"))
        }
    }

    @Test func aModelThatIsPublishedInAForeignFormatSaysWhatToTakeInstead() {
        let error = #expect(throws: FaceError.self) {
            try ModelStore(folders: ["/nowhere"]).model(named: "retinaface_r50_v1")
        }
        #expect(error?.message.contains("MXNet") == true)
        #expect(error?.message.contains("facekit models pull retinaface_r34") == true)
    }

    @Test func thePolicyRefusesWhatTheCardForbids() throws {
        try withFolder { folder in
            let tasks = folder.appendingPathComponent("recognition")
            let card = ModelCardTests.json.replacingOccurrences(of: "\"MIT\"", with: "\"non-commercial research only\"")
            try Data(card.utf8).write(to: tasks.appendingPathComponent("small.json"))
            #expect(try ModelStore(folders: [folder.path]).model(named: "small").card.bytes == 5)
            let error = #expect(throws: FaceError.self) {
                try ModelStore(folders: [folder.path], licensePolicy: .commercial).model(named: "small")
            }
            #expect(error?.code == .licenseRefused && error?.message.contains("non-commercial") == true)
        }
    }

    @Test(arguments: [
        ("MIT", ModelLicense.Use.commercial), ("Apache-2.0 (training repository); MIT for the file", .commercial),
        ("BSD-3-Clause", .commercial), ("CC0-1.0", .commercial), ("CC BY-NC-SA 4.0", .research),
        ("non-commercial research only (InsightFace)", .research), ("MIT for code, weights for research", .research),
        ("", .unclear), ("see website", .unclear), ("proprietary", .unclear),
    ])
    func aLicenceIsJudgedByItsWords(text: String, use: ModelLicense.Use) {
        #expect(ModelLicense(describedBy: text).use == use)
    }
}
