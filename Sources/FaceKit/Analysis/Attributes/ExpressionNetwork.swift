// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Tells a face's expression with face-api.js's network of seven classes.
public struct ExpressionNetwork: FaceAnalyzer {
    private static let order: [FacialExpression] = [.neutral, .happy, .sad, .angry, .fearful, .disgusted, .surprised]
    private let network: CropNetwork
    private let output: String

    /// Reads the network.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel`` when no output has seven classes,
    ///   ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard``.
    public init(model file: ModelFile, compute: ComputeOptions = .init()) throws(FaceError) {
        var found = ""
        network = try CropNetwork(file, compute: compute) { model throws(FaceError) in
            guard let name = model.outputNames.first(where: { model.rowLength(ofOutput: $0) == Self.order.count })
            else { throw model.unexpectedOutputs(wanted: "\(Self.order.count) probabilities") }
            found = name
            return (.square(scale: 1.1), .averaging)
        }
        output = found
    }

    /// The name of the model.
    public var name: String { network.card.name }

    /// The part of the picture that is looked at.
    public var crops: [FaceCrop] { [network.crop] }

    /// Returns the expression of each face, in the same order.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when the network gives other outputs than it declares.
    public func findings(for faces: FaceViews) throws(FaceError) -> [Judgement<FacialExpression>] {
        try faces.outputs(of: network).rows(of: output, length: Self.order.count).map { row in
            Judgement(zip(Self.order, row).map { ($0, $1) })
        }
    }
}
