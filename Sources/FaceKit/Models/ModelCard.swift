// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What is known of a model beside its weights: origin, licence, and how pictures go in and results come out.
///
/// A card is a JSON file `NAME.json`; the key `file` names the model file beside it, which may be in ONNX, in OpenVINO's
/// representation (`.xml`, with a `.bin`), a weight manifest of face-api.js with its shards, or a state dictionary of
/// PyTorch. Keys that are not listed here are allowed and ignored.
public struct ModelCard: Hashable, Sendable {
    /// One of the files that a model consists of.
    public struct Part: Hashable, Sendable, Codable {
        /// The name of the file, beside the card.
        public var file: String
        /// The SHA-256 of the file, 64 lower-case hexadecimal digits.
        public var sha256: String
        /// The size of the file.
        public var bytes: Int

        /// Creates a part.
        public init(file: String, sha256: String, bytes: Int) {
            self.file = file
            self.sha256 = sha256
            self.bytes = bytes
        }
    }

    /// Where a model was fetched from.
    public struct Origin: Hashable, Sendable, Codable {
        /// The addresses, in the order of ``ModelCard/parts``.
        public var addresses: [String]
        /// Whether the SHA-256 was known before; otherwise it is that of the files as they came.
        public var isVerified: Bool

        /// Creates an origin.
        public init(addresses: [String], isVerified: Bool) {
            self.addresses = addresses
            self.isVerified = isVerified
        }

        private enum CodingKeys: String, CodingKey {
            case addresses
            case isVerified = "verified"
        }
    }

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
    /// The files that ``file`` needs beside it, such as the weights of an OpenVINO network.
    public var companions: [Part]
    /// What a file that holds weights only is to become, such as `"pnet"` or `"inception_resnet_v1"`; `nil` when the
    /// file says it.
    public var network: String?
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
    /// For networks that take the face's box with a margin instead of an alignment by landmarks: how many of the crop's
    /// pixels, of its width and of its height, lie outside the box; see ``BoxAligner``.
    public var cropMargin: Int?
    /// What embeddings are compared by, such as `"cosine"`; `nil` for models that make none.
    public var metric: String?
    /// How often different people reach a similarity; `nil` when the card says nothing of it.
    public var calibration: CalibrationTable?
    /// Similarities at named operating points, such as `far_1e3`: one false match in a thousand.
    public var thresholds: [String: Float]
    /// Where the model was fetched from; `nil` when the card says nothing of it.
    public var origin: Origin?

    /// Creates a card.
    public init(
        name: String,
        task: String,
        file: String,
        sha256: String,
        bytes: Int,
        companions: [Part] = [],
        network: String? = nil,
        license: String,
        input: ModelInput? = nil,
        outputs: [String] = [],
        decode: String? = nil,
        alignment: AlignmentTemplate? = nil,
        cropMargin: Int? = nil,
        metric: String? = nil,
        calibration: CalibrationTable? = nil,
        thresholds: [String: Float] = [:],
        origin: Origin? = nil
    ) {
        self.name = name
        self.task = task
        self.file = file
        self.sha256 = sha256
        self.bytes = bytes
        self.companions = companions
        self.network = network
        self.license = license
        self.input = input
        self.outputs = outputs
        self.decode = decode
        self.alignment = alignment
        self.cropMargin = cropMargin
        self.metric = metric
        self.calibration = calibration
        self.thresholds = thresholds
        self.origin = origin
    }

    /// The files the model consists of; the first is the one that is opened.
    public var parts: [Part] { [Part(file: file, sha256: sha256, bytes: bytes)] + companions }

    /// The size of all files together.
    public var totalBytes: Int { parts.reduce(0) { $0 + $1.bytes } }

    /// The operating point at which one in a thousand comparisons of different people is accepted.
    public var threshold: Similarity? { thresholds["far_1e3"].map(Similarity.init) }
}
