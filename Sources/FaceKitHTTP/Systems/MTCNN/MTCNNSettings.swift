// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What can be set about mtcnn_demo.
public struct MTCNNSettings: Sendable {
    /// Whether it is served.
    public var isEnabled = true
    /// The tokens of `Authorization`, any of which is accepted; without one every upload is refused.
    public var tokens: [String] = []
    /// The detector; MTCNN by default.
    public var detector = DetectorSettings.mtcnn
    /// The confidence below which a face is dropped.
    public var confidenceThreshold: Float = 0.995
    /// The sharpness below which a face is dropped.
    public var blurThreshold: Float = 100
    /// The yaw in degrees, to either side, beyond which a face is dropped.
    public var yawThreshold: Float = 45
    /// The pitch in degrees, up or down, beyond which a face is dropped.
    public var pitchThreshold: Float = 20
    /// The roll in degrees, to either side, beyond which a face is dropped.
    public var rollThreshold: Float = 25
    /// Most bytes of a request.
    public var bodyLimit = 100 << 20
    /// Most pictures of a request.
    public var pictureLimit = 1000
    /// The hosts from which `GET /url_detect_face` fetches pictures; without any the path is not served.
    public var urlHosts: [String] = []
    /// Most bytes of a picture that is fetched.
    public var urlPictureLimit = 16 << 20
    /// The folder that crops and marked pictures are written into as well; `nil` writes none.
    public var objectificationFolder: String?
    /// Files in that folder; the oldest are removed.
    public var keptFiles = 10_000
    /// Whether `GET /token` tells the token to everybody, as the original's later versions do.
    public var servesToken = false

    /// Creates the default settings.
    public init() {}

    mutating func read(from reader: inout ConfigurationReader, data: String?) {
        isEnabled = reader.bool("mtcnn.enabled", default: isEnabled)
        tokens = reader.strings("mtcnn.token", default: tokens, isSecret: true)
        detector.read("mtcnn", from: &reader)
        confidenceThreshold = reader.number("mtcnn.face_threshold", default: confidenceThreshold, in: 0...1)
        blurThreshold = reader.number("mtcnn.blur_threshold", default: blurThreshold, in: 0...1_000_000)
        yawThreshold = reader.number("mtcnn.yaw_threshold", default: yawThreshold, in: 0...180)
        pitchThreshold = reader.number("mtcnn.pitch_threshold", default: pitchThreshold, in: 0...180)
        rollThreshold = reader.number("mtcnn.roll_threshold", default: rollThreshold, in: 0...180)
        bodyLimit = reader.bytes("mtcnn.max_body", default: bodyLimit)
        pictureLimit = reader.int("mtcnn.max_pictures", default: pictureLimit, in: 1...100_000)
        urlHosts = reader.strings("mtcnn.url_hosts", default: urlHosts)
        urlPictureLimit = reader.bytes("mtcnn.max_url_picture", default: urlPictureLimit)
        let folder = reader.optionalString("mtcnn.objectification_dir") ?? data.map { "\($0)/mtcnn" } ?? "./output"
        objectificationFolder = reader.bool("mtcnn.is_objectification", default: false) ? folder : nil
        keptFiles = reader.int("mtcnn.max_files", default: keptFiles, in: 1...10_000_000)
        servesToken = reader.bool("mtcnn.serve_token", default: servesToken)
    }
}
