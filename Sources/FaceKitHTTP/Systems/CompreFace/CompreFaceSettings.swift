// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
public import FaceKitAccounts
import Foundation

/// What can be set about CompreFace's face API.
public struct CompreFaceSettings: Sendable {
    /// The shape of answers.
    public enum AnswerVersion: String, CaseIterable, Sendable {
        /// Age as `[25, 32]`, gender as `"female"`: what the guide describes.
        case guide = "0.5"
        /// Age and gender as objects with probabilities, as every release since 0.6.
        case current = "1.2"
    }

    /// The sets of models that the original was published with.
    public enum Build: String, CaseIterable, Sendable {
        /// The best permissively licensed models that are installed.
        case standard = "default"
        /// MTCNN and FaceNet.
        case facenet
        /// RetinaFace, MobileFaceNet and InsightFace's network for age and gender.
        case mobilenet
        /// RetinaFace, ArcFace ResNet-100 and InsightFace's network for age and gender.
        case arcFace = "arcface-r100"
    }

    /// The words for how a mask is worn.
    public enum MaskWords: String, CaseIterable, Sendable {
        /// `without_mask`, `mask_worn_incorrectly`, `mask_worn_correctly`.
        case document
        /// `without_mask`, `mask_weared_incorrect`, `with_mask`.
        case code
    }

    /// Whether it is served.
    public var isEnabled = true
    /// The shape of answers of services that do not say themselves.
    public var answerVersion = AnswerVersion.guide
    /// The set of models.
    public var build = Build.standard
    /// The detector; its confidence is low, because requests choose theirs.
    public var detector = DetectorSettings(
        "mtcnn",
        minimumConfidence: 0.5,
        minimumFaceSize: 20,
        maximumSide: 640
    )
    /// The model that embeds; `nil` stands for the default.
    public var recognizer: String?
    /// The model whose published coefficients similarities have; `nil` takes the embedder's own, and fits them to it where
    /// none are published.
    public var coefficients: String?
    /// The models of some attributes; the others are found out by the default ones.
    public var attributeModels: [FaceAttribute: String] = [:]
    /// The confidence that a face needs to exceed, where a request does not say.
    public var confidence: Float = 0.85
    /// Most bytes of a file.
    public var fileLimit = 5 << 20
    /// Most bytes of a request.
    public var bodyLimit = 10 << 20
    /// Whether pictures of examples are kept.
    public var keepsPictures = true
    /// Whether a subject is listed once, with its best example.
    public var listsSubjectsOnce = false
    /// The words for how a mask is worn.
    public var maskWords = MaskWords.document
    /// Whether anybody may start a migration.
    public var allowsMigration = false
    /// Services that the configuration names.
    public var services: [Service] = []

    /// Creates the default settings.
    public init() {}

    mutating func read(from reader: inout ConfigurationReader) {
        isEnabled = reader.bool("compreface.enabled", default: isEnabled)
        let version = reader.choice(
            "compreface.answer_version",
            of: AnswerVersion.allCases.map(\.rawValue),
            default: answerVersion.rawValue
        )
        answerVersion = AnswerVersion(rawValue: version) ?? answerVersion
        let name = reader.choice("compreface.build", of: Build.allCases.map(\.rawValue), default: build.rawValue)
        build = Build(rawValue: name) ?? build
        apply(build)
        detector.read("compreface", from: &reader)
        recognizer = reader.optionalString("compreface.embedder") ?? recognizer
        coefficients = reader.optionalString("compreface.coefficients")
        if let coefficients, CompreFaceMatcher.Coefficients.published[coefficients] == nil {
            let names = CompreFaceMatcher.Coefficients.published.keys.sorted().joined(separator: ", ")
            reader.fault("compreface.coefficients: one of \(names) is wanted, not \(coefficients)")
        }
        for attribute in [FaceAttribute.age, .gender] {
            attributeModels[attribute] =
                reader.optionalString("compreface.\(attribute.rawValue)_model") ?? attributeModels[attribute]
        }
        confidence = reader.number("compreface.det_prob_threshold", default: confidence, in: 0...1)
        fileLimit = reader.bytes("compreface.max_file_size", default: fileLimit)
        bodyLimit = reader.bytes("compreface.max_request_size", default: bodyLimit)
        keepsPictures = reader.bool("compreface.save_images_to_db", default: keepsPictures)
        listsSubjectsOnce = reader.bool("compreface.unique_subjects", default: listsSubjectsOnce)
        let words = reader.choice(
            "compreface.mask_words",
            of: MaskWords.allCases.map(\.rawValue),
            default: maskWords.rawValue
        )
        maskWords = MaskWords(rawValue: words) ?? maskWords
        allowsMigration = reader.bool("compreface.allow_migrate", default: allowsMigration)
        readServices(from: &reader)
    }

    /// Takes over the models of a build, which settings of their own may replace.
    mutating func apply(_ build: Build) {
        switch build {
        case .standard: break
        case .facenet:
            (detector.name, recognizer, confidence) = ("mtcnn", "facenet_20180402_114759", 0.85)
        case .mobilenet:
            (detector.name, recognizer, confidence) = ("retinaface", "arcface_mobilefacenet", 0.8)
            attributeModels = Self.insightFaceAttributes
        case .arcFace:
            (detector.name, recognizer, confidence) = ("retinaface", "arcface-r100-msfdrop75", 0.8)
            attributeModels = Self.insightFaceAttributes
        }
    }

    private static let insightFaceAttributes: [FaceAttribute: String] = [
        .age: "genderage", .gender: "genderage",
    ]

    private mutating func readServices(from reader: inout ConfigurationReader) {
        services = []
        for (index, item) in reader.list("compreface.services").enumerated() {
            let path = "compreface.services[\(index)]"
            guard let name = item["name"]?.text, !name.isEmpty else {
                reader.fault("file, \(path).name: text is wanted")
                continue
            }
            guard let type = item["type"]?.text.flatMap({ ServiceType(rawValue: $0.uppercased()) }) else {
                let words = ServiceType.allCases.map(\.rawValue).joined(separator: ", ")
                reader.fault("file, \(path).type: one of \(words) is wanted")
                continue
            }
            guard let key = item["key"]?.text.flatMap({ APIKey($0) }) else {
                reader.fault("file, \(path).key: the text of a UUID is wanted")
                continue
            }
            let version = item["answer_version"]?.text ?? item["answer_version"]?.double?.description
            guard version.map({ AnswerVersion(rawValue: $0) != nil }) ?? true else {
                reader.fault("file, \(path).answer_version: 0.5 or 1.2 is wanted")
                continue
            }
            // Without an id of its own, a service is told by its key.
            guard let id = item["id"]?.text.map({ UUID(uuidString: $0) }) ?? UUID(uuidString: key.text) else {
                reader.fault("file, \(path).id: the text of a UUID is wanted")
                continue
            }
            services.append(
                Service(id: id, name: name, type: type, apiKey: key, settings: .init(answerVersion: version))
            )
            reader.record("\(path).name", .text(name))
            reader.record("\(path).type", .text(type.rawValue))
            reader.record("\(path).key", .text(key.text), isSecret: true)
        }
        for (key, same) in Dictionary(grouping: services, by: \.apiKey) where same.count > 1 {
            _ = key
            reader.fault("file, compreface.services: \(same.map(\.name).joined(separator: ", ")) have the same key")
        }
    }
}
