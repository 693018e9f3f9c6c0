// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
struct PictureCommandTests {
    /// Runs `body` with an empty folder and removes it.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    /// Writes a picture of a slope of gray, in which there is nobody.
    private func writeSlope(_ path: String) throws {
        let pixels = (0..<48 * 64).flatMap { [UInt8](repeating: UInt8($0 % 64 * 2), count: 3) }
        try Image(width: 64, height: 48, pixels: pixels).write(toFile: path)
    }

    @Test(arguments: ["yunet", "mtcnn", "retinaface", "scrfd"])
    func aPictureWithoutFacesIsAnAnswer(detector: String) throws {
        try withFolder { folder in
            try writeSlope(folder + "/slope.png")
            let run = try FaceKitProcess(["detect", folder + "/slope.png", "--json", "--detector", detector])
            #expect(run.status == 0 && run.errors.isEmpty)
            let pictures = try #require(run.json()["pictures"] as? [[String: Any]])
            #expect(pictures.count == 1)
            #expect(pictures[0]["file"] as? String == folder + "/slope.png")
            #expect(pictures[0]["width"] as? Int == 64 && pictures[0]["height"] as? Int == 48)
            #expect((pictures[0]["faces"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func aPictureThatCannotBeReadDoesNotKeepTheOthersFromBeingSearched() throws {
        try withFolder { folder in
            try writeSlope(folder + "/slope.png")
            try Data("no picture".utf8).write(to: URL(fileURLWithPath: folder + "/text.jpg"))
            let files = [folder + "/text.jpg", folder + "/slope.png", folder + "/absent.jpg"]
            let run = try FaceKitProcess(["detect", "--json"] + files)
            #expect(run.status == 1)
            #expect((try run.json()["pictures"] as? [Any])?.count == 1)
            let lines = run.errors.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix("Error: ") && lines[0].contains("text.jpg"))
            #expect(lines[1].contains("absent.jpg"))
        }
    }

    @Test func aPathThatIsNoFileIsToldInOneLine() throws {
        try withFolder { folder in
            try writeSlope(folder + "/slope.png")
            let directory = try FaceKitProcess(["detect", folder])
            #expect(directory.status == 1)
            #expect(directory.errors == "Error: \(folder) cannot be read (Is a directory)\n")
            let marked = folder + "/absent/marked.png"
            let output = try FaceKitProcess(["detect", folder + "/slope.png", "--output", marked])
            #expect(output.status == 1)
            #expect(output.errors == "Error: \(marked) cannot be written (No such file or directory)\n")
        }
    }

    @Test(arguments: ["yunet_n_dynamic_upstream", "yunet_s", "yunet_2023mar_upstream"])
    func withoutTheUsualDetectorAnotherThatIsInstalledSearches(name: String) throws {
        let models = try #require(EvaluationFolders.models).appendingPathComponent("detection")
        try withFolder { folder in
            for file in [name + ".onnx", name + ".json"] {
                try FileManager.default.copyItem(
                    atPath: models.appendingPathComponent(file).path,
                    toPath: "\(folder)/\(file)"
                )
            }
            try writeSlope(folder + "/slope.png")
            let run = try FaceKitProcess(
                ["detect", folder + "/slope.png"],
                environment: ["FACEKIT_MODELS": folder, "FACEKIT_MODEL_MIRROR": ""]
            )
            #expect(run.status == 0 && run.errors.isEmpty)
            #expect(run.output == "\(folder)/slope.png: 64×48, 0 faces\n")
        }
    }

    @Test func markedPicturesGoIntoAFolderUnderTheirOwnNames() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/b", withIntermediateDirectories: true)
            let files = [folder + "/one.png", folder + "/two.jpg", folder + "/b/one.png"]
            for file in files { try writeSlope(file) }
            let run = try FaceKitProcess(["detect", "--output", folder + "/marked"] + files)
            #expect(run.status == 0)
            let marked = try FileManager.default.contentsOfDirectory(atPath: folder + "/marked").sorted()
            #expect(marked == ["one-2.png", "one.png", "two.jpg"])
            #expect(try Image(contentsOfFile: folder + "/marked/one.png").width == 64)
        }
    }

    @Test(arguments: [
        ["--overlap", "1.5"], ["--minimum-face", "0"], ["--maximum-side", "8"], ["--maximum-faces", "0"],
        ["--confidence", "-1"], ["--megapixels", "0"],
    ])
    func numbersOutsideTheirRangeAreUsageErrors(arguments: [String]) throws {
        let run = try FaceKitProcess(["detect", "absent.jpg"] + arguments)
        #expect(run.status == 64 && run.errors.contains(arguments[0]), "\(run.errors)")
    }

    @Test func orientationIsAppliedUnlessItIsToBeIgnored() throws {
        try withFolder { folder in
            // A JPEG of 64×48 pixels whose EXIF data say that it is to be turned.
            let exif: [UInt8] = [
                0xFF, 0xE1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3,
                0, 0,
                0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
            ]
            try writeSlope(folder + "/slope.jpg")
            let stored = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/slope.jpg")))
            let turned = Data(stored.prefix(2) + exif + stored.dropFirst(2))
            try turned.write(to: URL(fileURLWithPath: folder + "/turned.jpg"))
            let file = folder + "/turned.jpg"
            #expect(try FaceKitProcess(["detect", file]).output == "\(file): 48×64, 0 faces\n")
            #expect(try FaceKitProcess(["detect", file, "--ignore-orientation"]).output == "\(file): 64×48, 0 faces\n")
            let small = try FaceKitProcess(["detect", file, "--megapixels", "1"])
            #expect(small.status == 0)
        }
    }

    @Test(arguments: ["sheet.jpg", "sheet.png", "sheet.webp"])
    func aSheetShowsAllPictures(name: String) throws {
        try withFolder { folder in
            let files = (0..<5).map { "\(folder)/\($0).png" }
            for file in files { try writeSlope(file) }
            let run = try FaceKitProcess(["detect", "--sheet", "\(folder)/\(name)"] + files)
            #expect(run.status == 0, "\(run.errors)")
            let sheet = try Image(contentsOfFile: "\(folder)/\(name)")
            // Five pictures of 64×48 pixels in three columns and two rows, with gaps and captions.
            #expect(sheet.width == 3 * (64 + 4) && sheet.height == 2 * (48 + 4 + 12))
        }
    }

    @Test func aSheetOfAnUnknownKindIsRefusedBeforeTheWork() throws {
        let run = try FaceKitProcess(["detect", "absent.png", "--sheet", "sheet.tiff"])
        #expect(
            run.status == 1
                && run.errors == "Error: sheet.tiff ends in no extension that can be written (jpg, jpeg, png, webp)\n"
        )
    }

    @Test(arguments: [
        (["--output", "x"], ["--aligner", "box", "--embedder", "edgeface_xs"], "--embedder edgeface_xs"),
        (["--output", "x"], ["--margin", "3"], "--margin 3"), (["--output", "x"], ["--size", "3"], "--size"),
        ([], [], "--output, --sheet or both"),
    ])
    func alignmentsThatMakeNoSenseAreUsageErrors(output: [String], arguments: [String], message: String) throws {
        let run = try FaceKitProcess(["align", "absent.jpg"] + output + arguments)
        #expect(run.status == 64 && run.errors.contains(message), "\(run.errors)")
    }

    @Test func comparingAPictureWithoutAFaceIsAnError() throws {
        try withFolder { folder in
            try writeSlope(folder + "/slope.png")
            let run = try FaceKitProcess(["compare", folder + "/slope.png", folder + "/slope.png"])
            #expect(run.status == 1 && run.output.isEmpty)
            #expect(run.errors == "Error: no face was found in \(folder)/slope.png\n")
        }
    }
}

@Suite(
    .enabled(
        if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
        "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
    )
)
struct PhotographCommandTests {
    private func photograph(_ name: String) throws -> String {
        let folder = try #require(EvaluationFolders.pictures).appendingPathComponent("lfw-dev/images")
        return folder.appendingPathComponent(name).path
    }

    @Test func facesHaveABoxAConfidenceAndFivePoints() throws {
        let file = try photograph("Abel_Pacheco/Abel_Pacheco_0001.jpg")
        let marked = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".jpg").path
        defer { try? FileManager.default.removeItem(atPath: marked) }
        let run = try FaceKitProcess(["detect", "--json", "--output", marked, file])
        #expect(run.status == 0)
        let pictures = try #require(run.json()["pictures"] as? [[String: Any]])
        let face = try #require((pictures.first?["faces"] as? [[String: Any]])?.first)
        #expect(face.keys.sorted() == ["box", "confidence", "landmarks"])
        let box = try #require(face["box"] as? [Double])
        let landmarks = try #require(face["landmarks"] as? [[Double]])
        #expect(box.count == 4 && landmarks.count == 5 && landmarks.allSatisfy { $0.count == 2 })
        // The subject's right eye is on the left of an unmirrored photograph, and the points are inside the box.
        #expect(landmarks[0][0] < landmarks[1][0] && landmarks[3][0] < landmarks[4][0])
        #expect(landmarks.allSatisfy { $0[0] > box[0] && $0[0] < box[0] + box[2] })
        let original = try Image(contentsOfFile: file)
        let drawn = try Image(contentsOfFile: marked)
        #expect(drawn.width == original.width && drawn.pixels != original.pixels)
    }

    @Test(arguments: [
        ("Abel_Pacheco/Abel_Pacheco_0004.jpg", "match"), ("Akhmed_Zakayev/Akhmed_Zakayev_0001.jpg", "no match"),
    ])
    func theSamePersonMatchesAndAnotherDoesNot(name: String, decision: String) throws {
        let files = [try photograph("Abel_Pacheco/Abel_Pacheco_0001.jpg"), try photograph(name)]
        let run = try FaceKitProcess(["compare", "--json"] + files)
        #expect(run.status == 0)
        let json = try run.json()
        #expect(json.keys.sorted() == ["decision", "false_match_rate", "pictures", "similarity", "space", "threshold"])
        let rate = try #require(json["false_match_rate"] as? Double)
        #expect(decision == "match" ? rate <= 1e-3 : rate > 1e-2)
        // A threshold of one's own leaves no room for doubt.
        let own = try FaceKitProcess(["compare", "--json", "--threshold", "0.3"] + files).json()
        #expect(own.keys.sorted() == ["decision", "pictures", "similarity", "space", "threshold"])
        #expect(json["decision"] as? String == decision)
        let text = try FaceKitProcess(["compare"] + files)
        #expect(text.output.hasSuffix(": \(decision)\n"))
    }

    @Test(arguments: [
        ([], 112), (["--aligner", "affine", "--size", "224"], 224), (["--aligner", "box"], 160),
        (["--embedder", "face_reidentification_retail_0095"], 128),
    ])
    func facesAreCutOutInTheSizeOfTheirTemplate(arguments: [String], side: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = try ["Abel_Pacheco/Abel_Pacheco_0001.jpg", "Abel_Pacheco/Abel_Pacheco_0004.jpg"].map(photograph)
        let run = try FaceKitProcess(
            ["align", "--json", "--output", folder, "--sheet", folder + "-sheet.png"] + arguments + files
        )
        defer { try? FileManager.default.removeItem(atPath: folder + "-sheet.png") }
        #expect(run.status == 0, "\(run.errors)")
        let pictures = try #require(run.json()["pictures"] as? [[String: Any]])
        for (picture, number) in zip(pictures, ["0001", "0004"]) {
            let faces = try #require(picture["faces"] as? [String])
            #expect(faces.first == "\(folder)/Abel_Pacheco_\(number)_1.png" && picture["count"] as? Int == faces.count)
            let crop = try Image(contentsOfFile: try #require(faces.first))
            #expect(crop.width == side && crop.height == side)
            // It shows a face, and not a corner of one.
            #expect(crop.laplacianVariance > 5)
        }
        #expect(try Image(contentsOfFile: folder + "-sheet.png").width >= side)
    }

    @Test func thePipelineIsMeasuredStageByStage() throws {
        let file = try photograph("Abel_Pacheco/Abel_Pacheco_0001.jpg")
        let run = try FaceKitProcess(["bench", "pipeline", "--runs", "3", "--threads", "1", "--json", file])
        #expect(run.status == 0, "\(run.errors)")
        let picture = try #require((run.json()["pictures"] as? [[String: Any]])?.first)
        #expect(picture["faces"] as? Int == 1 && picture["width"] as? Int == 250)
        let stages = try #require(picture["stages"] as? [[String: Any]])
        #expect(stages.compactMap { $0["name"] as? String } == ["decode", "detect", "align", "embed"])
        let shares = stages.compactMap { $0["share"] as? Double }
        #expect(shares.allSatisfy { $0 > 0 } && abs(shares.reduce(0, +) - 1) < 1e-9)
    }

    @Test func anEmbeddingIsAUnitVector() throws {
        let run = try FaceKitProcess(["embed", "--json", photograph("Abel_Pacheco/Abel_Pacheco_0001.jpg")])
        #expect(run.status == 0)
        let json = try run.json()
        #expect(json["space"] as? String == "face_reidentification_retail_0095@2ac8b503")
        let pictures = try #require(json["pictures"] as? [[String: Any]])
        let face = try #require((pictures.first?["faces"] as? [[String: Any]])?.first)
        let vector = try #require(face["embedding"] as? [Double])
        #expect(vector.count == 256)
        #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
    }
}
