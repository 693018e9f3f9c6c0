// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What is known of a model beside its weights: origin, licence, and how pictures go in and results come out.
///
/// A card is a JSON file `NAME.json` beside `NAME.onnx`. Keys that are not listed here are allowed and ignored.
public struct ModelCard: Hashable, Sendable {
    /// The name by which the model is asked for.
    public var name: String
    /// What it does, such as `"embedding"`.
    public var task: String
    /// The name of the model file, beside the card.
    public var file: String
    /// The SHA-256 of the model file, 64 lower-case hexadecimal digits.
    public var sha256: String
    /// The size of the model file.
    public var bytes: Int
    /// The licence of the weights.
    public var license: String
    /// How pictures go in; `nil` for models whose input is no picture.
    public var input: ModelInput?
    /// The names of the outputs.
    public var outputs: [String]
    /// How a detector's outputs are to be read, in words and formulas; `nil` when the card says nothing of it.
    public var decode: String?
    /// How a face is aligned before it goes in; `nil` when the card says nothing of it.
    public var alignment: AlignmentTemplate?
    /// For a network that takes the face's box: how many of the crop's pixels lie outside it; see ``BoxAligner``.
    public var cropMargin: Int?
    /// What embeddings are compared by, such as `"cosine"`; `nil` for models that make none.
    public var metric: String?
    /// How often different people reach a similarity; `nil` when the card says nothing of it.
    public var calibration: CalibrationTable?
    /// Similarities at named operating points, such as `far_1e3`: one false match in a thousand.
    public var thresholds: [String: Float]

    /// Creates a card.
    public init(
        name: String,
        task: String,
        file: String,
        sha256: String,
        bytes: Int,
        license: String,
        input: ModelInput? = nil,
        outputs: [String] = [],
        decode: String? = nil,
        alignment: AlignmentTemplate? = nil,
        cropMargin: Int? = nil,
        metric: String? = nil,
        calibration: CalibrationTable? = nil,
        thresholds: [String: Float] = [:]
    ) {
        self.name = name
        self.task = task
        self.file = file
        self.sha256 = sha256
        self.bytes = bytes
        self.license = license
        self.input = input
        self.outputs = outputs
        self.decode = decode
        self.alignment = alignment
        self.cropMargin = cropMargin
        self.metric = metric
        self.calibration = calibration
        self.thresholds = thresholds
    }

    /// The operating point at which one in a thousand comparisons of different people is accepted.
    public var threshold: Similarity? { thresholds["far_1e3"].map(Similarity.init) }
}
