// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What can be set about Face_fusion_rest.
public struct FaceFusionSettings: Sendable {
    /// Whether it is served.
    public var isEnabled = true
    /// The detector; MTCNN by default.
    public var detector = DetectorSettings.mtcnn
    /// The model that embeds; `nil` stands for the default.
    public var recognizer: String?
    /// The fuser; `nil` stands for the default.
    public var fuser: String?
    /// How much of the gallery's face a fused picture has.
    public var weight: Float = 0.75
    /// The folder below which paths of pictures are resolved; `nil` refuses paths.
    public var imageRoot: String?
    /// The folder whose pictures make the gallery.
    public var galleryFolder: String?
    /// Most bytes of a request.
    public var bodyLimit = 16 << 20

    /// Creates the default settings.
    public init() {}

    mutating func read(from reader: inout ConfigurationReader, data: String?) {
        isEnabled = reader.bool("fusion.enabled", default: isEnabled)
        detector.read("fusion", from: &reader)
        recognizer = reader.optionalString("fusion.embedder")
        fuser = reader.optionalString("fusion.fuser")
        weight = reader.number("fusion.weight", default: weight, in: 0...1)
        imageRoot = reader.optionalString("fusion.image_root")
        galleryFolder = reader.optionalString("fusion.gallery_dir") ?? data.map { "\($0)/fusion/gallery" }
        bodyLimit = reader.bytes("fusion.max_body", default: bodyLimit)
    }
}
