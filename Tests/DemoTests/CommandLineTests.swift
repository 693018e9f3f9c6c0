// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import Testing

@Suite struct CommandLineTests {
    @Test(arguments: [
        ["detect"], ["detect", "a.jpg", "--detector", "nobody"], ["detect", "a.jpg", "--threads", "-1"],
        ["detect", "a.jpg", "--threads", "99999999"], ["bench", "model", "a.onnx", "--threads", "99999999"],
        ["compare", "a.jpg", "b.jpg", "--threshold", "nan"], ["detect", "a.jpg", "--confidence", "2"],
        ["detect", "a.jpg", "--detector", "mtcnn", "--model", "yunet_n"],
        ["compare", "a.jpg"], ["embed"], ["evaluate", "lfw", "--images", "x"], ["unknown"],
    ])
    func aCommandLineThatIsNotUnderstoodIsAnUsageError(arguments: [String]) throws {
        let run = try FaceKitProcess(arguments)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.errors.hasPrefix("Error: "))
    }

    @Test(arguments: [["detect", "x.jpg"], ["compare", "x.jpg", "y.jpg"], ["embed", "x.jpg"]])
    func aMissingModelIsNamedOnOneLine(arguments: [String]) throws {
        let run = try FaceKitProcess(
            arguments,
            environment: ["FACEKIT_MODELS": "/nowhere", "FACEKIT_MODEL_MIRROR": ""]
        )
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
        #expect(run.errors.hasPrefix("Error: the model ") && run.errors.contains("/nowhere"))
        #expect(run.errors.split(separator: "\n").count == 1)
    }

    @Test func aMissingPairListIsNamed() throws {
        let run = try FaceKitProcess(["evaluate", "lfw", "--images", "/nowhere", "--pairs", "/nowhere/pairs.txt"])
        #expect(run.status == 1)
        #expect(run.errors.contains("/nowhere/pairs.txt"))
    }

    @Test func aFolderIsNoPairListAndTheReasonIsTheSystems() throws {
        let folder = FileManager.default.temporaryDirectory.path
        let run = try FaceKitProcess(["evaluate", "lfw", "--images", folder, "--pairs", folder])
        #expect(run.status == 1)
        #expect(run.errors == "Error: the pair list \(folder) cannot be read (Is a directory)\n")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "the system has no /dev/full"))
    func anAnswerThatCannotBeWrittenIsAnError() throws {
        let run = try FaceKitProcess(["info"], outputFile: "/dev/full")
        #expect(run.status == 1)
        #expect(run.errors.hasPrefix("Error: the answer cannot be written to standard output"))
        #expect(run.errors.split(separator: "\n").count == 1)
    }

    @Test func infoTellsTheProcessorTheLibrariesAndTheFolders() throws {
        let run = try FaceKitProcess(
            ["info", "--json", "--models", "/first"],
            environment: ["FACEKIT_MODELS": "/second", "FACEKIT_MODEL_MIRROR": "https://example.org/models"]
        )
        #expect(run.status == 0)
        let json = try run.json()
        #expect(json.keys.sorted() == ["libraries", "model_folders", "models", "processor", "version"])
        #expect(json["model_folders"] as? [String] == ["/first", "/second"])
        let processor = try #require(json["processor"] as? [String: Any])
        #expect(processor.keys.sorted() == ["architecture", "available_kernels", "cores", "kernels"])
        let libraries = try #require(json["libraries"] as? [[String: String]])
        #expect(libraries.contains { $0["name"] == "libpng" && $0["version"]?.isEmpty == false })
    }
}
