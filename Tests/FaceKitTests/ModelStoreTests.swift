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
        for part in ["absent", "/nowhere", "/elsewhere", "put absent.onnx and absent.json there"] {
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
}
