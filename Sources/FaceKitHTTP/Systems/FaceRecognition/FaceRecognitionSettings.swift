// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What can be set about FaceRecognition.
public struct FaceRecognitionSettings: Sendable {
    /// How distances are given.
    public enum Distance: String, CaseIterable, Sendable {
        /// On FaceNet's scale, on which the document's 0.65 is the distance at one false match in a thousand.
        case mapped
        /// As the embedder has them.
        case native
    }

    /// The distance that the document recommends as threshold.
    static let referenceThreshold: Float = 0.65

    /// Whether it is served.
    public var isEnabled = true
    /// The detector; MTCNN by default, with faces from 30 pixels.
    public var detector = DetectorSettings("mtcnn", minimumConfidence: 0.7, minimumFaceSize: 30)
    /// The model that embeds; `nil` stands for the default.
    public var recognizer: String?
    /// How distances are given.
    public var distance = Distance.mapped
    /// Most bytes of a picture.
    public var fileLimit = 2 << 20
    /// Faces that were found and are kept for use by their tokens; the oldest are dropped.
    public var temporaryFaces = 10_000
    /// Files in the folders of uploads and of crops; the oldest are removed.
    public var keptFiles = 10_000
    /// The folder of uploads; `nil` keeps none.
    public var uploadFolder: String?
    /// The folder of crops; `nil` keeps none.
    public var cropFolder: String?

    /// Creates the default settings.
    public init() {}

    mutating func read(from reader: inout ConfigurationReader, data: String?) {
        isEnabled = reader.bool("flask.enabled", default: isEnabled)
        detector.read("flask", from: &reader)
        recognizer = reader.optionalString("flask.embedder")
        let name = reader.choice("flask.distance", of: Distance.allCases.map(\.rawValue), default: distance.rawValue)
        distance = Distance(rawValue: name) ?? distance
        fileLimit = reader.bytes("flask.max_file", default: fileLimit)
        temporaryFaces = reader.int("flask.max_temporary_faces", default: temporaryFaces, in: 1...10_000_000)
        keptFiles = reader.int("flask.max_files", default: keptFiles, in: 1...10_000_000)
        uploadFolder = reader.optionalString("flask.upload_dir") ?? data.map { "\($0)/flask/uploads" }
        cropFolder = reader.optionalString("flask.crop_face_dir") ?? data.map { "\($0)/flask/crops" }
    }
}
