// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitInference
import FaceKitModels
import FaceKitTestSupport
import Foundation
import Testing

/// Published files as a user would fetch them: from a server, by the catalogue, into a folder, and used from there.
@Suite(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
struct UpstreamModelTests {
    /// The catalogue's models whose published files lie in `upstream`, with the addresses of a server of that folder.
    private static func published(at server: LocalServer, in folder: URL) -> [CatalogueModel] {
        ModelCatalogue.standard.models.compactMap { model in
            var model = model
            for index in model.files.indices {
                let name = model.files[index].sources.lazy.compactMap { source -> String? in
                    guard case .address(let address) = source else { return nil }
                    let name = String(
                        address[address.index(after: address.lastIndex(of: "/") ?? address.startIndex)...]
                    )
                    return FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path) ? name : nil
                }.first
                guard let name else { return nil }
                model.files[index].sources = [.address("\(server.address)/\(name)")]
            }
            return model.files.isEmpty ? nil : model
        }
    }

    private static func server(_ folder: URL) throws -> LocalServer {
        try LocalServer { request, _ in
            guard let data = FileManager.default.contents(atPath: folder.path + request.path) else { return .absent }
            return .file([UInt8](data), to: request)
        }
    }

    @Test func publishedFilesOfEveryFormatAreInstalledAndComputeWhatTheONNXFilesDo() async throws {
        let mirror = try #require(EvaluationFolders.models)
        let upstream = mirror.appendingPathComponent("upstream")
        let server = try Self.server(upstream)
        defer { server.stop() }
        let folder = try ModelFolder()
        let models = Self.published(at: server, in: upstream)
        #expect(
            Set(models.map(\.name)).isSuperset(of: [
                "face_reidentification_retail_0095", "mtcnn_pnet", "mtcnn_rnet", "mtcnn_onet",
                "age_gender_tinyxception",
                "face_landmark_68", "openvino_headpose_adas_0001", "openvino_landmarks5_retail_0009",
            ])
        )
        _ = try await ModelInstaller(folder, models).install(models.map(\.name))
        let (here, there) = (ModelStore(folders: [folder.path]), ModelStore(folders: [mirror.path]))
        for model in models {
            let file = try here.model(named: model.name)
            try file.verify()
            let published = try LoadedModel(file, compute: .init())
            let converted = try LoadedModel(there.model(named: model.name), compute: .init())
            _ = try published.outputIndices(of: file.card.outputs)
            #expect(file.card.outputs.count == converted.network.outputs.count, "\(model.name)")
            let input = try published.pictureInput
            let (width, height) = (input.width ?? 64, input.height ?? 48)
            let pixels = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) }
            let image = try Image(width: width, height: height, pixels: pixels)
            let results = try [published, converted].map { model in
                try model.run(model.pictureInput.tensor(of: [image], width: width, height: height)).map(\.floats)
            }
            // The converted 8-bit network does without the rounding of its activations.
            let tolerance: Float = model.name == "openvino_age_gender_retail_0013" ? 0.1 : 1e-3
            for (first, second) in zip(results[0], results[1]) {
                #expect(first.count == second.count, "\(model.name)")
                let worst = zip(first, second).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
                #expect(worst < tolerance, "\(model.name) differs by \(worst)")
            }
        }
        // Everything that was placed belongs to a model.
        let known = Set(here.installedModels().compactMap { try? $0.file.get() }.flatMap(\.paths))
        #expect(
            Set(
                folder.files.filter { !$0.hasSuffix(".json") || $0.hasSuffix("manifest.json") }.map {
                    folder.path + "/" + $0
                }
            )
                == known
        )
    }

    @Test(.enabled(if: EvaluationFolders.pictures != nil, "FACEKIT_EVAL is not set"))
    func thePublishedRepresentationOf0095EmbedsFacesAsTheONNXFileDoes() async throws {
        let mirror = try #require(EvaluationFolders.models)
        let pictures = try #require(EvaluationFolders.pictures).appendingPathComponent("lfw-dev/images")
        let server = try Self.server(mirror.appendingPathComponent("upstream"))
        defer { server.stop() }
        let folder = try ModelFolder()
        let name = "face_reidentification_retail_0095"
        let models = Self.published(at: server, in: mirror.appendingPathComponent("upstream"))
        _ = try await ModelInstaller(folder, models).install([name])
        let converted = ModelStore(folders: [mirror.path])
        let detector = try YuNetDetector(model: converted.model(named: "yunet_n"))
        let files = try FileManager.default.subpathsOfDirectory(atPath: pictures.path).filter { $0.hasSuffix(".jpg") }
        let pipelines = try [ModelStore(folders: [folder.path]), converted].map { store in
            try FacePipeline(detector: detector, embedder: ONNXEmbedder(model: store.model(named: name)))
        }
        var compared = 0
        for file in files.sorted().prefix(3) {
            let image = try Image(contentsOfFile: pictures.appendingPathComponent(file).path)
            let faces = try pipelines.map { try $0.faces(in: image) }
            #expect(faces[0].count == faces[1].count)
            for (first, second) in zip(faces[0], faces[1]) {
                #expect(first.embedding.space != second.embedding.space)
                let worst = zip(first.embedding.vector, second.embedding.vector).map { abs($0 - $1) }.max() ?? 1
                #expect(worst < 1e-5)
                compared += 1
            }
        }
        #expect(compared >= 3)
        // Several faces at once, of which the published network takes one after the other.
        let image = try Image(contentsOfFile: pictures.appendingPathComponent(files.sorted()[0]).path)
        let faces = try pipelines[0].faces(in: image)
        let aligned = try pipelines[0].aligner.align(faces[0].detection, in: image)
        let several = try pipelines[0].embedder.embed([aligned, aligned, aligned])
        #expect(several.count == 3 && several.allSatisfy { $0.vector == faces[0].embedding.vector })
    }
}
