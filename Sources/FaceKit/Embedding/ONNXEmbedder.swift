// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// Embeds aligned faces with a network, driven by its model card.
///
/// The card says how a face goes in (size, colour order, value range); what comes out, one vector for each face, is
/// scaled to unit length.
public struct ONNXEmbedder: MeasuringEmbedder {
    /// Pictures that go through the network in one run at most; it bounds the memory of a run.
    private static let batchSize = 32

    /// The model's name and the first eight digits of its SHA-256, such as
    /// `"face_reidentification_retail_0095@2ac8b503"`, followed by `+flip` where mirror images count too.
    public let space: String
    /// Whether each face is embedded together with its mirror image, which takes twice the time.
    public let averagesFlips: Bool
    /// The card of the model.
    public let card: ModelCard
    /// The template its faces are aligned to: the card's, or the ArcFace template at the size of the input.
    ///
    /// A network that takes the face's box has no use for it; see ``aligner``.
    public let template: AlignmentTemplate
    /// What brings a face into the pose the network was trained on: ``FivePointAligner`` to the ``template``, or
    /// ``BoxAligner`` where the card says so.
    public let aligner: any Aligner
    private let model: LoadedModel
    private let input: ModelInput
    private let width: Int
    private let height: Int
    /// How many faces go into a run at most.
    private let maximumBatch: Int

    /// Reads the network.
    ///
    /// - Parameters:
    ///   - file: The network.
    ///   - averagesFlips: Whether an embedding is that of the face and of its mirror image together. Similarities of
    ///     different people spread a little otherwise then, so thresholds of the card may not fit.
    ///   - compute: How to compute.
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel``,
    ///   ``FaceError/Code/unsupportedModel``, or ``FaceError/Code/invalidModelCard`` when the card does not give the
    ///   size of the input or gives another than the alignment's.
    public init(
        model file: ModelFile,
        averagesFlips: Bool = false,
        compute: ComputeOptions = .init()
    ) throws(FaceError) {
        model = try LoadedModel(file, compute: compute)
        input = try model.pictureInput
        card = file.card
        space = file.space + (averagesFlips ? "+flip" : "")
        self.averagesFlips = averagesFlips
        guard let width = input.width, let height = input.height else {
            throw FaceError(
                .invalidModelCard,
                "the card of the model \(card.name) is not usable: an embedder's input.width and input.height are numbers"
            )
        }
        (self.width, self.height) = (width, height)
        template = card.alignment ?? .arcFace112.scaled(toWidth: width, height: height)
        guard template.width == width, template.height == height else {
            throw FaceError(
                .invalidModelCard,
                "the card of the model \(card.name) is not usable: it aligns to \(template.width)×\(template.height) pixels"
                    + " and takes \(width)×\(height)"
            )
        }
        if let margin = card.cropMargin {
            do throws(FaceError) {
                aligner = try BoxAligner(width: width, height: height, margin: margin)
            } catch {
                throw FaceError(
                    .invalidModelCard,
                    "the card of the model \(card.name) is not usable: \(error.message)"
                )
            }
        } else {
            aligner = FivePointAligner(template: template)
        }
        guard (model.fixedBatch ?? 1) == 1 else {
            throw FaceError(
                .unsupportedModel,
                "the model \(card.name) takes \(model.fixedBatch ?? 0) faces at once, no fewer: one or any number is"
                    + " possible here"
            )
        }
        maximumBatch = model.fixedBatch ?? Self.batchSize
    }

    /// How often different people reach a similarity: the card's table, else one that FaceKit was measured with.
    ///
    /// `nil` where there is none for exactly these embeddings.
    public var calibration: CalibrationTable? {
        if let table = card.calibration, table.space == space { return table }
        return CalibrationTable.measured[space]
    }

    /// Returns one embedding for each face, in the same order.
    ///
    /// - Throws: ``FaceError/Code/invalidImage`` when a face has another size than the network's input,
    ///   ``FaceError/Code/invalidModel`` when the network gives no vector for each face,
    ///   ``FaceError/Code/invalidEmbedding`` when a vector has no direction.
    public func embed(_ faces: [AlignedFace]) throws(FaceError) -> [Embedding] {
        try measuredEmbeddings(of: faces).map(\.embedding)
    }

    /// Returns one embedding for each face with the length of its vector, in the same order.
    ///
    /// - Throws: What ``embed(_:)`` throws.
    public func measuredEmbeddings(of faces: [AlignedFace]) throws(FaceError) -> [MeasuredEmbedding] {
        for face in faces where face.image.width != width || face.image.height != height {
            throw FaceError(
                .invalidImage,
                "an aligned face of \(face.image.width)×\(face.image.height) pixels was given to \(card.name),"
                    + " which takes \(width)×\(height)"
            )
        }
        var vectors = try vectors(of: faces.map(\.image))
        if averagesFlips {
            let mirrored = try self.vectors(of: faces.map { $0.image.upright(from: .upMirrored) })
            for (index, vector) in mirrored.enumerated() {
                for component in vector.indices { vectors[index][component] += vector[component] }
            }
        }
        var embeddings: [MeasuredEmbedding] = []
        for vector in vectors {
            let embedding = try Embedding(space: space, normalizing: vector)
            embeddings.append(MeasuredEmbedding(embedding: embedding, length: Float(Embedding.length(of: vector))))
        }
        return embeddings
    }

    /// What the network gives for each picture.
    private func vectors(of images: [Image]) throws(FaceError) -> [[Float]] {
        var vectors: [[Float]] = []
        for range in Batches(count: images.count, maximum: maximumBatch) {
            let results = try model.run(input.tensor(of: Array(images[range]), width: width, height: height))
            guard let result = results.first, result.shape.count >= 2, result.shape[0] == range.count else {
                throw FaceError(
                    .invalidModel,
                    "the model \(card.name) gave \(results.map(\.shape)) for \(range.count) faces,"
                        + " wanted is one vector for each"
                )
            }
            let dimension = result.count / range.count
            let floats = result.floats
            for index in 0..<range.count {
                vectors.append(Array(floats[index * dimension..<(index + 1) * dimension]))
            }
        }
        return vectors
    }
}
