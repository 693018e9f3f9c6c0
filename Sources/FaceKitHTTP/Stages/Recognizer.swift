// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// What turns found faces into embeddings, and what is known of their similarities.
public struct Recognizer: Sendable {
    /// The model's name.
    public let name: String
    /// Brings faces into the pose of the embedder.
    public let aligner: any Aligner
    /// Makes the embeddings.
    public let embedder: any Embedder
    /// Columns and rows of an aligned face.
    public let inputSize: (width: Int, height: Int)
    /// How often different people reach a similarity; `nil` when the model has no table.
    public let calibration: CalibrationTable?
    /// The cosine at which one in a thousand comparisons of different people is accepted, as far as known.
    public let threshold: Float?

    /// Creates a recognizer from its stages.
    public init(
        name: String,
        aligner: any Aligner,
        embedder: any Embedder,
        inputSize: (width: Int, height: Int),
        calibration: CalibrationTable? = nil,
        threshold: Float? = nil
    ) {
        self.name = name
        self.aligner = aligner
        self.embedder = embedder
        self.inputSize = inputSize
        self.calibration = calibration
        self.threshold = calibration?.threshold(atFalseMatchRate: 1e-3)?.rawValue ?? threshold
    }

    /// Creates a recognizer around a network, by what its card says.
    public init(_ embedder: ONNXEmbedder) {
        self.init(
            name: embedder.card.name,
            aligner: FivePointAligner(template: embedder.template),
            embedder: embedder,
            inputSize: (embedder.template.width, embedder.template.height),
            calibration: embedder.calibration,
            threshold: embedder.card.threshold?.rawValue
        )
    }

    /// The space of its embeddings.
    public var space: String { embedder.space }
}

extension Recognizer {
    /// CompreFace's scale for this model: the published one, of the model called `name` there where that is given, else
    /// of this one where it has one; otherwise one on which 0.5 is the threshold at one false match in a thousand.
    public func compreFaceMatcher(published name: String? = nil) -> CompreFaceMatcher {
        let published = CompreFaceMatcher.Coefficients.published
        if let coefficients = (name.map { [$0] } ?? publishedNames).lazy.compactMap({ published[$0] }).first {
            return CompreFaceMatcher(coefficients: coefficients)
        }
        if let calibration, let fitted = try? CompreFaceMatcher.Coefficients(fitting: calibration) {
            return CompreFaceMatcher(coefficients: fitted)
        }
        // Without a table only the border is known; the slope is the middle one of the published models.
        let border = (2 - 2 * (threshold ?? 0.4)).squareRoot()
        return CompreFaceMatcher(coefficients: .init(border: border, steepness: 6))
    }

    /// The names under which the model may have been published.
    private var publishedNames: [String] {
        [name] + (ModelCatalogue.standard.model(named: name)?.aliases ?? [])
    }

    /// Distances on a scale on which `reference` is the distance at one false match in a thousand.
    ///
    /// Piecewise linear through (0, 0), (the model's own distance at that rate, `reference`) and (2, 2), so order is
    /// kept and the range is that of unit vectors.
    public func distanceScale(reference: Float) -> DistanceScale {
        DistanceScale(own: (2 - 2 * (threshold ?? 0.4)).squareRoot(), reference: reference)
    }
}

/// A monotone map of distances 0...2 onto themselves.
public struct DistanceScale: Hashable, Sendable {
    /// The distance that is mapped onto ``reference``.
    public let own: Float
    /// What ``own`` is mapped onto.
    public let reference: Float

    /// Creates the map; both distances lie between 0 and 2.
    public init(own: Float, reference: Float) {
        self.own = min(max(own, 1e-3), 2 - 1e-3)
        self.reference = min(max(reference, 1e-3), 2 - 1e-3)
    }

    /// Where a distance goes.
    public func applied(to distance: Float) -> Float {
        distance <= own
            ? distance * reference / own : reference + (distance - own) * (2 - reference) / (2 - own)
    }
}

extension DistanceScale {
    /// The distance that is mapped onto `distance`.
    public func inverse(of distance: Float) -> Float {
        DistanceScale(own: reference, reference: own).applied(to: distance)
    }
}
