// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct ModelsCommandTests {
    /// A folder with `mirror/recognition/small.onnx`, its card, and an empty cache.
    private struct Place: ~Copyable {
        let path = FileManager.default.temporaryDirectory.path + "/facekit-" + UUID().uuidString

        init(license: String = "MIT") throws {
            let folder = URL(fileURLWithPath: path + "/mirror/recognition")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data("12345".utf8).write(to: folder.appendingPathComponent("small.onnx"))
            let card = """
                {"name": "small", "task": "embedding", "file": "small.onnx", "bytes": 5, "license": "\(license)",
                 "sha256": "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"}
                """
            try Data(card.utf8).write(to: folder.appendingPathComponent("small.json"))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var cache: String { path + "/cache" }

        func environment(mirror: String? = nil) -> [String: String] {
            [
                "FACEKIT_MODELS": cache, "FACEKIT_MODEL_MIRROR": mirror ?? path + "/mirror",
                "FACEKIT_LICENSE_POLICY": "",
                "https_proxy": "", "http_proxy": "", "all_proxy": "", "HTTPS_PROXY": "", "HTTP_PROXY": "",
                "ALL_PROXY": "",
            ]
        }

        func server() throws -> LocalServer {
            let root = path + "/mirror"
            return try LocalServer { request, _ in
                guard let data = FileManager.default.contents(atPath: root + request.path) else { return .absent }
                return .file([UInt8](data), to: request)
            }
        }
    }

    @Test func aModelIsPulledFromAFolderAndFoundByItsPath() throws {
        let place = try Place()
        let pull = try FaceKitProcess(["models", "pull", "small"], environment: place.environment())
        #expect(pull.status == 0 && pull.errors.isEmpty)
        #expect(
            pull.output == "small: \(place.cache)/recognition/small.onnx"
                + " (from \(place.path)/mirror/recognition/small.onnx)\n"
        )
        let path = try FaceKitProcess(["models", "path", "small"], environment: place.environment(mirror: ""))
        #expect(path.status == 0 && path.output == "\(place.cache)/recognition/small.onnx\n")
        let again = try FaceKitProcess(["models", "pull", "small", "--json"], environment: place.environment())
        let models = try #require(try again.json()["models"] as? [[String: Any]])
        #expect(models.count == 1 && models[0]["was_installed"] as? Bool == true)
        #expect(models[0]["verified"] as? Bool == true)
    }

    @Test func aModelIsPulledFromAnAddress() throws {
        let place = try Place()
        let server = try place.server()
        defer { server.stop() }
        let pull = try FaceKitProcess(
            ["models", "pull", "small"],
            environment: place.environment(mirror: server.address + "/")
        )
        #expect(pull.status == 0, "\(pull.errors)")
        #expect(pull.output.contains("from \(server.address)/recognition/small.onnx"))
        #expect(FileManager.default.contents(atPath: place.cache + "/recognition/small.onnx") == Data("12345".utf8))
    }

    @Test func aDamagedModelIsFoundByVerifyAndMendedByPull() throws {
        let place = try Place()
        let environment = place.environment()
        #expect(try FaceKitProcess(["models", "pull", "small"], environment: environment).status == 0)
        let alone = place.environment(mirror: "")
        let sound = try FaceKitProcess(["models", "verify"], environment: alone)
        #expect(sound.status == 0 && sound.output == "small: ok\n")
        let file = place.cache + "/recognition/small.onnx"
        try Data("12349".utf8).write(to: URL(fileURLWithPath: file))
        let damaged = try FaceKitProcess(["models", "verify", "small"], environment: alone)
        #expect(damaged.status == 1)
        #expect(damaged.output.contains(file) && damaged.output.contains("facekit models pull small"))
        #expect(try FaceKitProcess(["models", "pull", "small"], environment: environment).status == 0)
        #expect(try FaceKitProcess(["models", "verify", "small"], environment: alone).status == 0)
        let absent = try FaceKitProcess(["models", "verify", "absent"], environment: alone)
        #expect(absent.status == 1 && absent.output.contains("facekit models pull absent"))
    }

    @Test func theListTellsWhatIsThereAndWhatCanBeHad() throws {
        let place = try Place()
        let list = try FaceKitProcess(["models", "list", "--json"], environment: place.environment())
        #expect(list.status == 0)
        let models = try #require(try list.json()["models"] as? [[String: Any]])
        func state(_ name: String) -> String? {
            models.first { $0["name"] as? String == name }?["state"] as? String
        }
        #expect(state("small") == "installed")
        #expect(state("yunet_n") == "available")
        #expect(state("facenet_20180408_102900") == "unverified")
        #expect(state("retinaface_r50_v1") == "conversion")
        let packs = try #require(try list.json()["packs"] as? [[String: Any]])
        #expect(packs.map { $0["name"] as? String }.contains("buffalo_l"))
        let text = try FaceKitProcess(["models", "list", "--task", "recognition"], environment: place.environment())
        #expect(text.output.contains("w600k_r50") && text.output.contains("research only"))
        #expect(!text.output.contains("yunet_n"))
        let installed = try FaceKitProcess(["models", "list", "--installed"], environment: place.environment())
        #expect(installed.output.split(separator: "\n").count == 2)
    }

    @Test func theLicencePolicyHoldsForPullingAndForUse() throws {
        let place = try Place(license: "non-commercial research only")
        let environment = place.environment()
        let pull = try FaceKitProcess(
            ["models", "pull", "small", "--license-policy", "commercial"],
            environment: environment
        )
        #expect(pull.status == 1 && pull.errors.contains("does not allow commercial use"))
        #expect(!FileManager.default.fileExists(atPath: place.cache + "/recognition/small.onnx"))
        var strict = environment
        strict["FACEKIT_LICENSE_POLICY"] = "commercial"
        let path = try FaceKitProcess(["models", "path", "small"], environment: strict)
        #expect(path.status == 1 && path.errors.contains("does not allow commercial use"))
        #expect(try FaceKitProcess(["models", "path", "small"], environment: environment).status == 0)
        let catalogued = try FaceKitProcess(["models", "pull", "buffalo_l"], environment: strict)
        #expect(catalogued.status == 1 && catalogued.errors.contains("InsightFace"))
    }

    @Test func whatCannotBePulledSaysWhy() throws {
        let place = try Place()
        let environment = place.environment(mirror: "")
        for (name, reason) in [
            ("nobody", "facekit models list"), ("retinaface_r50_v1", "facekit models pull retinaface_r34"),
            ("20180408-102900", "--unverified"), ("../small", "no model name"),
        ] {
            let pull = try FaceKitProcess(["models", "pull", name], environment: environment)
            #expect(pull.status == 1)
            #expect(pull.errors.hasPrefix("Error: ") && pull.errors.contains(reason))
            #expect(pull.errors.split(separator: "\n").count == 1)
        }
        let mirror = try FaceKitProcess(
            ["models", "pull", "small"],
            environment: place.environment(mirror: "ftp://a/b")
        )
        #expect(mirror.status == 1 && mirror.errors.contains("ftp://a/b"))
        #expect(try FaceKitProcess(["models", "pull"], environment: environment).status == 64)
        #expect(try FaceKitProcess(["models", "list", "--task", "x"], environment: environment).status == 64)
    }

    @Test(arguments: [
        (["detect", "x.jpg"], "yunet_n"), (["detect", "x.jpg", "--detector", "mtcnn"], "mtcnn_pnet"),
    ])
    func aMissingModelSaysTheCommandThatFetchesIt(arguments: [String], name: String) throws {
        let run = try FaceKitProcess(
            arguments,
            environment: ["FACEKIT_MODELS": "/nowhere", "FACEKIT_MODEL_MIRROR": ""]
        )
        #expect(run.status == 1 && run.errors.contains("\"facekit models pull \(name)\""))
    }

    @Test(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
    func theCascadesNameStandsForItsThreeNetworks() throws {
        let place = try Place()
        let mirror = try #require(EvaluationFolders.models).path
        let pull = try FaceKitProcess(["models", "pull", "mtcnn"], environment: place.environment(mirror: mirror))
        #expect(pull.status == 0 && pull.output.split(separator: "\n").count == 3)
        let verify = try FaceKitProcess(["models", "verify"], environment: place.environment(mirror: ""))
        #expect(verify.output == "mtcnn_onet: ok\nmtcnn_pnet: ok\nmtcnn_rnet: ok\n")
    }
}
