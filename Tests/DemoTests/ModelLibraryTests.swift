// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import FaceKitTestSupport
import Foundation
import Testing

@testable import Demo

@Suite("Models of a server")
struct ModelLibraryTests {
    private func settings(_ build: CompreFaceSettings.Build) throws -> CompreFaceSettings {
        try ServerConfiguration(flags: ["compreface.build": build.rawValue]).compreFace
    }

    @Test("every model that a build names is one of the catalogue", arguments: CompreFaceSettings.Build.allCases)
    func names(build: CompreFaceSettings.Build) throws {
        let settings = try settings(build)
        let names = [settings.recognizer].compactMap(\.self) + settings.attributeModels.values
        #expect(build == .standard ? names.isEmpty : !names.isEmpty)
        for name in names {
            #expect(ModelCatalogue.standard.model(named: name)?.name == name, "\(name)")
        }
        #expect(DetectorSettings.names.contains(settings.detector.name))
    }

    @Test(
        "a build whose embedder is not installed says what installs it, or one that does the same",
        arguments: [
            (.facenet, "facenet_20180402_114759", ["facekit models pull facenet_20180402_114759"]),
            (
                .mobilenet, "arcface_mobilefacenet",
                ["facekit models pull w600k_mbf", "facekit models pull sface_2021dec"]
            ),
            (.arcFace, "arcface-r100-msfdrop75", ["facekit models pull glintr100"]),
        ] as [(CompreFaceSettings.Build, String, [String])]
    )
    func missing(build: CompreFaceSettings.Build, model: String, commands: [String]) async throws {
        let library = ModelLibrary(store: ModelStore(folders: ["/nowhere"]), compute: ComputeOptions())
        let name = try settings(build).recognizer
        let error = await #expect(throws: FaceError.self) { try await library.recognizer(name) }
        #expect(error?.code == .modelNotFound)
        #expect(error?.message.contains("the model \(model) is not installed") == true)
        for command in commands { #expect(error?.message.contains(command) == true, "\(command)") }
    }

    @Test("the published scales belong to the builds' own embedders")
    func scales() throws {
        let published = CompreFaceMatcher.Coefficients.published
        for (build, name) in [
            (CompreFaceSettings.Build.facenet, "20180402-114759"), (.mobilenet, "arcface_mobilefacenet"),
            (.arcFace, "arcface-r100-msfdrop75"),
        ] {
            let settings = try settings(build)
            let recognizer = Recognizer(
                name: try #require(settings.recognizer),
                aligner: FivePointAligner(),
                embedder: NoEmbedder(),
                inputSize: (112, 112)
            )
            #expect(recognizer.compreFaceMatcher(published: settings.coefficients).coefficients == published[name])
            // Another embedder in a build has a scale of its own.
            let other = Recognizer(
                name: "w600k_mbf",
                aligner: FivePointAligner(),
                embedder: NoEmbedder(),
                inputSize: (112, 112),
                threshold: 0.5
            )
            let coefficients = other.compreFaceMatcher(published: settings.coefficients).coefficients
            #expect(coefficients.border == 1)
        }
    }

    @Test("what failed to load is tried again, and what is loading is waited for")
    func loads() async throws {
        struct Fault: Error {}
        let values = LoadedOnce<String, Int>()
        await #expect(throws: Fault.self) { try await values.value(for: "a") { throw Fault() } }
        #expect(try await values.value(for: "a") { 1 } == 1)
        #expect(try await values.value(for: "a") { 2 } == 1)
    }
}

/// Only has a space.
private struct NoEmbedder: Embedder {
    let space = "none"
    func embed(_ faces: [AlignedFace]) throws -> [Embedding] { [] }
}
