// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Estimates the age of a face with a network.
///
/// Which network it is follows from its outputs: face-api.js's AgeGenderNet and SSR-Net (`age`), OpenVINO's
/// age-gender-recognition-retail-0013 (`age_conv3`), or InsightFace's gender-age (202 numbers).
public struct AgeNetwork: FaceAnalyzer {
    private let network: CropNetwork
    private let form: AgeGenderForm

    /// Reads the network.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel`` when the outputs are none of the
    ///   known kinds, ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard``.
    public init(model file: ModelFile, compute: ComputeOptions = .init()) throws(FaceError) {
        (network, form) = try AgeGenderForm.network(file, compute: compute) { $0.tellsAge }
    }

    /// The name of the model.
    public var name: String { network.card.name }

    /// The part of the picture that is looked at.
    public var crops: [FaceCrop] { [network.crop] }

    /// Returns the age of each face, in the same order.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when the network gives other outputs than it declares.
    public func findings(for faces: FaceViews) throws(FaceError) -> [AgeEstimate] {
        let outputs = try faces.outputs(of: network)
        switch form {
        case .tinyXception, .ssrAge:
            return try outputs.rows(of: "age", length: 1).map { AgeEstimate(years: $0[0]) }
        case .openVINO:
            return try outputs.rows(of: "age_conv3", length: 1).map { AgeEstimate(years: 100 * $0[0]) }
        case .insightFace(let output):
            // A hundred questions whether the face is older than so many years.
            return try outputs.rows(of: output, length: 202).map { row in
                AgeEstimate(years: Float((0..<100).count { row[2 + 2 * $0 + 1] > row[2 + 2 * $0] }))
            }
        case .ssrGender, .dlibGender:
            preconditionFailure("a network that tells no age was accepted")
        }
    }
}

/// Estimates whether a face is a woman's or a man's with a network.
///
/// Which network it is follows from its outputs: those of ``AgeNetwork``, SSR-Net's for gender (`gender`, one number), or
/// dlib's gender classifier (two numbers).
public struct GenderNetwork: FaceAnalyzer {
    private let network: CropNetwork
    private let form: AgeGenderForm

    /// Reads the network.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel`` when the outputs are none of the
    ///   known kinds, ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard``.
    public init(model file: ModelFile, compute: ComputeOptions = .init()) throws(FaceError) {
        (network, form) = try AgeGenderForm.network(file, compute: compute) { $0.tellsGender }
    }

    /// The name of the model.
    public var name: String { network.card.name }

    /// The part of the picture that is looked at.
    public var crops: [FaceCrop] { [network.crop] }

    /// Returns the gender of each face, in the same order.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when the network gives other outputs than it declares.
    public func findings(for faces: FaceViews) throws(FaceError) -> [Judgement<Gender>] {
        let outputs = try faces.outputs(of: network)
        let shares: [Float] =
            switch form {
            case .tinyXception: try outputs.rows(of: "gender", length: 2).map { $0[0] }
            case .openVINO: try outputs.rows(of: "prob", length: 2).map { $0[1] }
            case .ssrGender: try outputs.rows(of: "gender", length: 1).map { min(max($0[0], 0), 1) }
            case .dlibGender(let output): try outputs.rows(of: output, length: 2).map { $0.softmax()[1] }
            case .insightFace(let output):
                try outputs.rows(of: output, length: 202).map { Array($0[0..<2]).softmax()[1] }
            case .ssrAge: preconditionFailure("a network that tells no gender was accepted")
            }
        return shares.map { Judgement([(.male, $0), (.female, 1 - $0)]) }
    }
}

/// The networks for age and gender that can be read, by the form of their outputs.
private enum AgeGenderForm: Sendable {
    case tinyXception
    case openVINO
    case insightFace(output: String)
    case ssrAge
    case ssrGender
    case dlibGender(output: String)

    var tellsAge: Bool {
        switch self {
        case .tinyXception, .openVINO, .insightFace, .ssrAge: true
        case .ssrGender, .dlibGender: false
        }
    }

    var tellsGender: Bool {
        switch self {
        case .tinyXception, .openVINO, .insightFace, .ssrGender, .dlibGender: true
        case .ssrAge: false
        }
    }

    /// Where dlib's chip of a face has its landmarks, for a side of 1.
    private static let dlibTemplate = AlignmentTemplate(
        landmarks: Landmarks(
            rightEye: Point(x: 0.31, y: 0.34),
            leftEye: Point(x: 0.69, y: 0.34),
            noseTip: Point(x: 0.5, y: 0.56),
            rightMouthCorner: Point(x: 0.36, y: 0.72),
            leftMouthCorner: Point(x: 0.64, y: 0.72)
        ),
        width: 1,
        height: 1
    )

    private init?(_ model: ProbedModel) {
        let names = model.outputNames
        if let output = names.first(where: { model.rowLength(ofOutput: $0) == 202 }) {
            self = .insightFace(output: output)
        } else if names.contains("age_conv3"), names.contains("prob") {
            self = .openVINO
        } else if names.contains("age") {
            self = names.contains("gender") ? .tinyXception : .ssrAge
        } else if names == ["gender"] {
            self = .ssrGender
        } else if names.count == 1, model.rowLength(ofOutput: names[0]) == 2 {
            self = .dlibGender(output: names[0])
        } else {
            return nil
        }
    }

    /// How a face is shown; scales are those of the networks' cards.
    private var view: (FaceCrop.Region, FaceCrop.Sampling) {
        switch self {
        case .tinyXception: (.square(scale: 1.1), .averaging)
        case .openVINO: (.square(scale: 1), .averaging)
        case .ssrAge, .ssrGender: (.square(scale: 1.8), .averaging)
        case .insightFace: (.aligned(.arcFace112), .bilinear)
        case .dlibGender: (.aligned(Self.dlibTemplate), .bilinear)
        }
    }

    static func network(
        _ file: ModelFile,
        compute: ComputeOptions,
        where isWanted: (Self) -> Bool
    ) throws(FaceError) -> (CropNetwork, Self) {
        var found: Self?
        let spreads = file.card.outputs == ["age"] || file.card.outputs == ["gender"]
        let network = try CropNetwork(file, compute: compute, spreadsLevels: spreads) { model throws(FaceError) in
            guard let form = Self(model), isWanted(form) else {
                throw model.unexpectedOutputs(wanted: "those of a known network for age or gender")
            }
            found = form
            return form.view
        }
        guard let found else { preconditionFailure("a crop was chosen for outputs that are not known") }
        return (network, found)
    }
}
