// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What can be set about the native API.
public struct NativeSettings: Sendable {
    /// Keys of which a request has to send one as `X-API-Key`; without any, every request is served.
    public var keys: [String] = []
    /// The detector.
    public var detector = DetectorSettings("yunet", minimumConfidence: 0.6)
    /// The model that embeds; `nil` stands for the default.
    public var recognizer: String?
    /// Most bytes of a request.
    public var bodyLimit = 64 << 20
    /// Most pictures of a request.
    public var pictureLimit = 100
    /// Whether pictures of enrolled faces are kept.
    public var keepsPictures = true

    /// Creates the default settings.
    public init() {}

    mutating func read(from reader: inout ConfigurationReader) {
        keys = reader.strings("native.keys", default: keys, isSecret: true)
        detector.read("native", from: &reader)
        recognizer = reader.optionalString("native.embedder")
        bodyLimit = reader.bytes("native.max_body", default: bodyLimit)
        pictureLimit = reader.int("native.max_pictures", default: pictureLimit, in: 1...10_000)
        keepsPictures = reader.bool("native.save_pictures", default: keepsPictures)
    }
}
