// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Tells a face in person from a picture of one with MiniFASNet networks, whose answers are averaged.
///
/// The method of minivision's Silent-Face-Anti-Spoofing, whose authors combine MiniFASNetV2 on 2.7 times the box with
/// MiniFASNetV1SE on 4 times the box. Class 1 of three is a real face.
public struct LivenessNetworks: FaceAnalyzer {
    private let networks: [CropNetwork]
    private let outputs: [String]

    /// A network and how much of the picture about the box it sees.
    public struct Member: Sendable {
        /// The network.
        public var model: ModelFile
        /// The sides of what it sees, as multiples of the box's.
        public var scale: Float

        /// Pairs a network with what it sees.
        public init(model: ModelFile, scale: Float) {
            self.model = model
            self.scale = scale
        }

        /// Takes the scale that the authors use for a network of this name: 4 for the variants with squeeze and excitation
        /// (`minifasnet_v1se`), 2.7 for others.
        public init(model: ModelFile) {
            self.init(model: model, scale: model.card.name.contains("v1se") ? 4 : 2.7)
        }
    }

    /// Reads the networks.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel`` when one has not three classes,
    ///   ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard``.
    /// - Precondition: There is at least one.
    public init(_ members: [Member], compute: ComputeOptions = .init()) throws(FaceError) {
        precondition(!members.isEmpty, "liveness needs a network")
        var (networks, outputs): ([CropNetwork], [String]) = ([], [])
        for member in members {
            networks.append(
                try CropNetwork(member.model, compute: compute) { model throws(FaceError) in
                    guard let name = model.outputNames.first(where: { model.rowLength(ofOutput: $0) == 3 }) else {
                        throw model.unexpectedOutputs(wanted: "3 probabilities")
                    }
                    outputs.append(name)
                    return (.insidePicture(scale: member.scale), .bilinear)
                }
            )
        }
        (self.networks, self.outputs) = (networks, outputs)
    }

    /// The names of the models, joined by `+`.
    public var name: String { networks.map(\.card.name).joined(separator: "+") }

    /// The parts of the picture that are looked at.
    public var crops: [FaceCrop] { networks.map(\.crop) }

    /// Returns whether each face is there in person, in the same order.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when a network gives other outputs than it declares.
    public func findings(for faces: FaceViews) throws(FaceError) -> [Judgement<Liveness>] {
        var sums = Array(repeating: SIMD3<Float>.zero, count: faces.detections.count)
        for (network, output) in zip(networks, outputs) {
            for (face, row) in try faces.outputs(of: network).rows(of: output, length: 3).enumerated() {
                sums[face] += SIMD3(row[0], row[1], row[2]) / Float(networks.count)
            }
        }
        return sums.map { shares in
            // The largest of the three decides, as with the authors, also where two kinds of spoof together have more.
            let isReal = shares.y > max(shares.x, shares.z)
            let spoof = max(0, 1 - shares.y)
            return isReal
                ? Judgement(kind: .real, probabilities: [.real: shares.y, .spoof: spoof])
                : Judgement(kind: .spoof, probabilities: [.real: shares.y, .spoof: spoof])
        }
    }
}
