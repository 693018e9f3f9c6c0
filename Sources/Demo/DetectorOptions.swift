// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

/// The detectors by the names they have on the command line.
enum DetectorName: String, CaseIterable, ExpressibleByArgument {
    case yunet
    case mtcnn
    case retinaface
    case scrfd

    /// The models that are used when none is named: the first of them that is installed, by how well they find faces.
    ///
    /// Empty for a detector with models of its own.
    var models: [String] {
        switch self {
        case .yunet: ["yunet_n", "yunet_n_dynamic_upstream", "yunet_s", "yunet_2023mar", "yunet_2023mar_upstream"]
        case .mtcnn: []
        case .retinaface:
            [
                "retinaface_mnet025", "retinaface_rfb", "retinaface_slim", "retinaface_mnet025_leaky",
                "retinaface_mv1_0.25", "retinaface_r34",
            ]
        case .scrfd: ["scrfd_10g", "scrfd_2.5g", "scrfd_500m", "scrfd_500m_upstream"]
        }
    }
}

/// Which detector looks for faces.
struct DetectorOptions: ParsableArguments {
    @Option(help: "The detector.")
    var detector = DetectorName.yunet

    @Option(
        help: ArgumentHelp(
            "The detector's model (default: the first that is installed of \(Self.modelLists)).",
            valueName: "name"
        )
    )
    var model: String?

    @Option(help: ArgumentHelp("Drop faces below this confidence, 0 to 1 (default: the detector's).", valueName: "p"))
    var confidence: Float?

    @Option(
        help: ArgumentHelp(
            "Of faces that overlap by more than this share, keep the better, 0 to 1 (default: the detector's).",
            valueName: "share"
        )
    )
    var overlap: Float?

    @Option(
        help: ArgumentHelp("Drop faces smaller than this; MTCNN does not look for them.", valueName: "pixels")
    )
    var minimumFace: Float?

    @Option(
        help: ArgumentHelp(
            "Search pictures with a longer side scaled down to this (default: 1280).",
            valueName: "pixels"
        )
    )
    var maximumSide: Int?

    @Option(help: ArgumentHelp("Keep at most this many faces of a picture, the surest.", valueName: "n"))
    var maximumFaces: Int?

    @Flag(help: "Search pictures turned by quarters too, for heads that lie on their side; takes four times as long.")
    var rotatedHeads = false

    private static let longestSide: Float = 16384

    private static var modelLists: String {
        DetectorName.allCases.map(\.models).filter { !$0.isEmpty }.map { $0.joined(separator: ", ") }
            .joined(separator: "; ")
    }

    func validate() throws {
        if detector == .mtcnn, let model {
            throw ValidationError(
                "--model \(model) does not go with --detector mtcnn, which has three models of its own"
            )
        }
        if let confidence, !(0...1).contains(confidence) {
            throw ValidationError("--confidence lies within 0 and 1, \(confidence) does not")
        }
        if let overlap, !(0...1).contains(overlap) {
            throw ValidationError("--overlap lies within 0 and 1, \(overlap) does not")
        }
        if let minimumFace, !(1...Self.longestSide).contains(minimumFace) {
            throw ValidationError("--minimum-face is 1 to \(Self.longestSide) pixels, not \(minimumFace)")
        }
        if let maximumSide, !(32...Int(Self.longestSide)).contains(maximumSide) {
            throw ValidationError("--maximum-side is 32 to \(Int(Self.longestSide)) pixels, not \(maximumSide)")
        }
        if let maximumFaces, maximumFaces < 1 {
            throw ValidationError("--maximum-faces is 1 or more, not \(maximumFaces)")
        }
    }

    func makeDetector(models: ModelStore, compute: ComputeOptions) throws -> any Detector {
        let detector = try makeDetector(models: models, singleShot: .init(), mtcnn: .init(), compute: compute)
        return rotatedHeads ? RotationRetryingDetector(detector) : detector
    }

    /// The detector that was asked for, with a configuration for either kind, which the options change.
    func makeDetector(
        models: ModelStore,
        singleShot: SingleShotConfiguration,
        mtcnn: MTCNNDetector.Configuration,
        compute: ComputeOptions
    ) throws -> any Detector {
        var (singleShot, mtcnn) = (singleShot, mtcnn)
        if let confidence { (singleShot.minimumConfidence, mtcnn.minimumConfidence) = (confidence, confidence) }
        if let overlap { (singleShot.maximumOverlap, mtcnn.maximumOverlap) = (overlap, overlap) }
        if let minimumFace { (singleShot.minimumFaceSize, mtcnn.minimumFaceSize) = (minimumFace, minimumFace) }
        if let maximumSide { (singleShot.maximumSide, mtcnn.maximumSide) = (maximumSide, maximumSide) }
        if let maximumFaces { (singleShot.maximumFaces, mtcnn.maximumFaces) = (maximumFaces, maximumFaces) }

        func namedModel() throws -> ModelFile {
            let installed = detector.models.first(where: models.hasModel)
            // Where none is installed, the error should name the preferred one.
            return try models.model(named: model ?? installed ?? detector.models.first ?? "")
        }

        return switch detector {
        case .yunet: try YuNetDetector(model: namedModel(), configuration: singleShot, compute: compute)
        case .mtcnn: try MTCNNDetector(models: models, configuration: mtcnn, compute: compute)
        case .retinaface: try RetinaFaceDetector(model: namedModel(), configuration: singleShot, compute: compute)
        case .scrfd: try SCRFDDetector(model: namedModel(), configuration: singleShot, compute: compute)
        }
    }
}
