// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import FaceKitHTTP
import Foundation
import Testing

@Suite("Server configuration")
struct ServerConfigurationTests {
    @Test("the defaults are the documented ones")
    func defaults() throws {
        let configuration = ServerConfiguration()
        #expect(configuration.host == "127.0.0.1")
        #expect(configuration.listeners.map(\.port) == [8000, 9420, 5000, 30025, 18080])
        #expect(configuration.mtcnn.confidenceThreshold == 0.995)
        #expect(configuration.insightFace.maximumSize == 640)
        #expect(configuration.compreFace.fileLimit == 5_242_880)
        #expect(configuration.compreFace.answerVersion == .guide)
        #expect(configuration.faceRecognition.fileLimit == 2_097_152)
        #expect(configuration.faceFusion.bodyLimit == 16 << 20)
    }

    @Test("flags win over environment over file, in YAML and in JSON")
    func precedence() throws {
        for file in [
            "mtcnn:\n  token: [a, b]\n  face_threshold: 0.9\n  blur_threshold: 50\nhost: 0.0.0.0\n",
            "{\"mtcnn\":{\"token\":[\"a\",\"b\"],\"face_threshold\":0.9,\"blur_threshold\":50},\"host\":\"0.0.0.0\"}",
        ] {
            let configuration = try ServerConfiguration(
                file: file,
                environment: ["FACEKIT_MTCNN_FACE_THRESHOLD": "0.8", "FACEKIT_HOST": "::1", "FACEKIT_MODELS": "x"],
                flags: ["host": "localhost"]
            )
            #expect(configuration.mtcnn.tokens == ["a", "b"])
            #expect(configuration.mtcnn.confidenceThreshold == 0.8)
            #expect(configuration.mtcnn.blurThreshold == 50)
            #expect(configuration.host == "localhost")
        }
    }

    @Test("all faults are listed at once")
    func faults() throws {
        let error = #expect(throws: ConfigurationFault.self) {
            try ServerConfiguration(
                file: "mtcnn: {face_threshold: 7, blur: 3}\nlisten: {70000: main, 80: nobody}\ncompat: some\nodd: 1\n"
                    + "compreface: {services: [{name: a, type: OTHER}]}\ntls: {key: x}\n",
                environment: ["FACEKIT_COMPUTE_WORKERS": "many"],
                flags: ["nothing.here": "1"]
            )
        }
        let text = try #require(error?.description)
        for part in [
            "mtcnn.face_threshold: a number from 0.0 to 1.0 is wanted, not 7", "mtcnn.blur: no such setting", "70000",
            "listen.80", "compat: one of", "odd: no such setting", "compreface.services[0].type", "tls:",
            "FACEKIT_COMPUTE_WORKERS: a whole number", "flag nothing.here: no such setting",
        ] {
            #expect(text.contains(part), "\(part) is not in \(text)")
        }
    }

    @Test("listeners can be moved, removed and chosen")
    func listeners() throws {
        let moved = try ServerConfiguration(flags: ["ports.main": "80", "ports.fusion": "-1"])
        #expect(moved.listeners.map(\.port) == [80, 5000, 30025, 18080])
        let chosen = try ServerConfiguration(file: "listen:\n  8000: compreface\n  9: mtcnn\n")
        #expect(
            chosen.listeners == [.init(port: 8000, root: .system(.compreface)), .init(port: 9, root: .system(.mtcnn))]
        )
        #expect(throws: ConfigurationFault.self) { try ServerConfiguration(flags: ["ports.main": "5000"]) }
    }

    @Test("what is printed is YAML that reads back, without secrets")
    func printed() throws {
        let configuration = try ServerConfiguration(
            file: "mtcnn: {token: very-secret}\nnative: {keys: [hidden]}\ncompat: all\ncompute: {workers: 3}\n"
        )
        let text = configuration.printed
        #expect(!text.contains("very-secret"))
        #expect(!text.contains("hidden"))
        #expect(text.contains("workers: 3  # file, compute.workers"))
        let again = try ServerConfiguration(file: text)
        #expect(again.workers == 3)
        #expect(again.compatibility == .all)
    }

    @Test("files that are neither YAML nor JSON are refused", arguments: ["{broken", "a: [1", "- 1\n- 2", "just text"])
    func broken(file: String) {
        #expect(throws: ConfigurationFault.self) { try ServerConfiguration(file: file) }
    }

    @Test("builds choose models and coefficients, which settings of their own replace")
    func builds() throws {
        let facenet = try ServerConfiguration(flags: ["compreface.build": "facenet"]).compreFace
        #expect(facenet.recognizer == "facenet_20180402_114759" && facenet.detector.name == "mtcnn")
        let mobile = try ServerConfiguration(flags: ["compreface.build": "mobilenet", "compreface.embedder": "x"])
            .compreFace
        #expect((mobile.detector.name, mobile.recognizer, mobile.confidence) == ("retinaface", "x", 0.8))
        #expect(mobile.attributeModels[.age] == "genderage")
        let fault = #expect(throws: ConfigurationFault.self) {
            try ServerConfiguration(flags: ["compreface.coefficients": "x"])
        }
        #expect(fault?.faults.contains { $0.contains("compreface.coefficients") } == true)
    }

    @Test("services come from the file with checked keys")
    func services() throws {
        let key = "00000000-0000-0000-0000-000000000002"
        let configuration = try ServerConfiguration(
            file: "compreface:\n  services:\n    - {name: rec, type: recognition, key: \(key), answer_version: 1.2}\n"
        )
        let service = try #require(configuration.compreFace.services.first)
        #expect((service.name, service.type, service.settings.answerVersion) == ("rec", .recognition, "1.2"))
        #expect(service.apiKey.text == key)
        #expect(!"\(service.apiKey)".contains(key))
        #expect(!configuration.printed.contains(key))
    }
}
