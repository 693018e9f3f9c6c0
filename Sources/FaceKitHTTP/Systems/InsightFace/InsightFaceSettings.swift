// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What can be set about InsightFace-REST.
public struct InsightFaceSettings: Sendable {
    /// Whether it is served.
    public var isEnabled = true
    /// The detector; MTCNN by default, as its document has it.
    public var detector = DetectorSettings.mtcnn
    /// The model that embeds; `nil` stands for the default.
    public var recognizer: String?
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
        maximumSize = reader.int("insightface.max_size", default: maximumSize, in: 0...32_768)
        bodyLimit = reader.bytes("insightface.max_body", default: bodyLimit)
        pictureLimit = reader.int("insightface.max_pictures", default: pictureLimit, in: 1...100_000)
    }
}
