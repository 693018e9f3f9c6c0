// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What can be set about InsightFace-REST.
public struct InsightFaceSettings: Sendable {
    /// The shape of `/extract`'s answers.
    public enum AnswerVersion: String, CaseIterable, Sendable {
        /// A list of faces for each picture, as version 0.1 has it.
        case first = "1"
        /// An object with times and states, as versions from 0.5 on have it.
        case later = "2"
    }

    /// Whether it is served.
    public var isEnabled = true
    /// The detector; MTCNN by default, as its document has it.
    public var detector = DetectorSettings.mtcnn
    /// The model that embeds; `nil` stands for the default.
    public var recognizer: String?
    /// The shape of answers to requests that do not say by `api_ver`.
    public var answerVersion = AnswerVersion.first
    /// The value of `max_size` where a request has none.
    public var maximumSize = 640
    /// Most bytes of a request.
    public var bodyLimit = 64 << 20
    /// Most pictures of a request.
    public var pictureLimit = 1000

    /// Creates the default settings.
    public init() {}

    mutating func read(from reader: inout ConfigurationReader) {
        isEnabled = reader.bool("insightface.enabled", default: isEnabled)
        detector.read("insightface", from: &reader)
        recognizer = reader.optionalString("insightface.embedder")
        let version = reader.choice(
            "insightface.api_ver",
            of: AnswerVersion.allCases.map(\.rawValue),
            default: answerVersion.rawValue
        )
        answerVersion = AnswerVersion(rawValue: version) ?? answerVersion
        maximumSize = reader.int("insightface.max_size", default: maximumSize, in: 0...32_768)
        bodyLimit = reader.bytes("insightface.max_body", default: bodyLimit)
        pictureLimit = reader.int("insightface.max_pictures", default: pictureLimit, in: 1...100_000)
    }
}
