// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// A network that looks at one crop of each face, driven by its model card.
struct CropNetwork: Sendable {
    /// What two stages must have in common to share a run.
    struct Identity: Hashable, Sendable {
        let path: String
        let crop: FaceCrop
        let spreadsLevels: Bool
    }

    /// Faces that go through the network in one run at most; it bounds the memory of a run.
    private static let batchSize = 16

    /// The part of the picture it sees, at the size of its input.
    let crop: FaceCrop
    let identity: Identity
    private let model: LoadedModel
    private let input: ModelInput
    private let largestBatch: Int

    /// The card of the model.
    var card: ModelCard { model.file.card }

    /// Chooses how a face is shown, once the network is known.
    typealias CropChoice = (_ model: ProbedModel) throws(FaceError) -> (FaceCrop.Region, FaceCrop.Sampling)

    /// Reads the network.
    ///
    /// - Parameters:
    ///   - file: The network.
    ///   - compute: How to compute.
    ///   - spreadsLevels: Whether each crop's levels are stretched to 0...255 before they go in.
    ///   - crop: How a face is shown.
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel``,
    ///   ``FaceError/Code/unsupportedModel``, or ``FaceError/Code/invalidModelCard`` when the card does not give the
    ///   size of the input.
    init(
        _ file: ModelFile,
        compute: ComputeOptions,
        spreadsLevels: Bool = false,
        crop: CropChoice
    ) throws(FaceError) {
        model = try LoadedModel(file, compute: compute)
        input = try model.pictureInput
        guard let width = input.width, let height = input.height else {
            throw FaceError(
                .invalidModelCard,
                "the card of the model \(file.card.name) is not usable: input.width and input.height are numbers"
            )
        }
        let (region, sampling) = try crop(ProbedModel(model, input: input, width: width, height: height))
        self.crop = FaceCrop(region, width: width, height: height, sampling: sampling)
        identity = Identity(path: file.path, crop: self.crop, spreadsLevels: spreadsLevels)
        // Files as published often take one picture at a time.
        largestBatch = (model.network.inputs[0].shape?.first).flatMap { $0 } == 1 ? 1 : Self.batchSize
    }

    private init(_ other: CropNetwork, region: FaceCrop.Region) {
        (model, input, largestBatch) = (other.model, other.input, other.largestBatch)
        var crop = other.crop
        crop.region = region
        self.crop = crop
        identity = Identity(path: other.identity.path, crop: crop, spreadsLevels: other.identity.spreadsLevels)
    }

    /// The same network on another part of the picture.
    func looking(at region: FaceCrop.Region) -> CropNetwork { CropNetwork(self, region: region) }

    /// Computes the outputs for each crop.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when the network does not give one row for each crop.
    func run(on crops: [CroppedFace]) throws(FaceError) -> NetworkOutputs {
        var rows: [[[Float]]] = Array(repeating: [], count: model.network.outputs.count)
        for range in Batches(count: crops.count, maximum: largestBatch) {
            let images = crops[range].map { identity.spreadsLevels ? $0.image.spreadingLevels() : $0.image }
            let results = try model.run(input.tensor(of: images, width: crop.width, height: crop.height))
            for (index, result) in results.enumerated() {
                guard result.dataType.isFloatingPoint, let first = result.shape.first, first == range.count else {
                    throw FaceError(
                        .invalidModel,
                        "the model \(card.name) gave \(result.dataType) \(result.shape) for \(range.count) faces,"
                            + " wanted is one row of floats for each"
                    )
                }
                let floats = result.floats
                let length = floats.count / range.count
                for row in 0..<range.count {
                    rows[index].append(Array(floats[row * length..<(row + 1) * length]))
                }
            }
        }
        return NetworkOutputs(
            model: card.name,
            rows: Dictionary(zip(model.network.outputs.map(\.name), rows), uniquingKeysWith: { first, _ in first }),
            names: model.network.outputs.map(\.name),
            faceCount: crops.count
        )
    }
}

/// What a network said of each face: rows by output and face.
struct NetworkOutputs: Sendable {
    let model: String
    let rows: [String: [[Float]]]
    let names: [String]
    let faceCount: Int

    /// One row of `length` numbers for each face.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when there is no such output, its rows are shorter or longer, or a
    ///   number is not finite.
    func rows(of name: String, length: Int) throws(FaceError) -> [[Float]] {
        if faceCount == 0 { return [] }
        guard let found = rows[name] else {
            throw FaceError(
                .invalidModel,
                "the model \(model) has no output \(name), only \(names.joined(separator: ", "))"
            )
        }
        for row in found {
            guard row.count == length else {
                throw FaceError(
                    .invalidModel,
                    "the output \(name) of the model \(model) has \(row.count) numbers for a face, wanted are \(length)"
                )
            }
            guard row.allSatisfy(\.isFinite) else {
                throw FaceError(
                    .invalidModel,
                    "the output \(name) of the model \(model) has numbers that are not finite"
                )
            }
        }
        return found
    }
}

/// A network that was run once on black, so that its outputs are known whatever the file declares of them.
struct ProbedModel {
    /// The names of the outputs, in graph order.
    let outputNames: [String]
    private let lengths: [String: Int]
    private let model: LoadedModel

    init(_ model: LoadedModel, input: ModelInput, width: Int, height: Int) throws(FaceError) {
        let black = Image(
            width: width,
            height: height,
            validated: Array(repeating: 0, count: 3 * width * height)
        )
        let results = try model.run(input.tensor(of: [black], width: width, height: height))
        outputNames = model.network.outputs.map(\.name)
        lengths = Dictionary(zip(outputNames, results.map(\.count)), uniquingKeysWith: { first, _ in first })
        self.model = model
    }

    /// How many numbers an output has for a face.
    func rowLength(ofOutput name: String) -> Int? { lengths[name] }

    /// An error for a model that is none of the kinds a stage can read.
    func unexpectedOutputs(wanted: String) -> FaceError { model.unexpectedOutputs(wanted: wanted) }
}

extension Image {
    /// Stretches the levels of all channels together so that the smallest becomes 0 and the largest 255; a picture of one
    /// level becomes black.
    func spreadingLevels() -> Image {
        guard let low = pixels.min(), let high = pixels.max() else { return self }
        let scale = high > low ? 255 / Double(high - low) : 0
        let table = (0...255).map { level in
            UInt8(min(max(((Double(level) - Double(low)) * scale).rounded(.toNearestOrEven), 0), 255))
        }
        return Image(width: width, height: height, validated: pixels.map { table[Int($0)] })
    }
}
