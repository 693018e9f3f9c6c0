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

    @Flag(help: "Search pictures without a face again, turned by quarters, for heads that lie on their side.")
    var rotatedHeads = false

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
    }

    func makeDetector(models: ModelStore, compute: ComputeOptions) throws -> any Detector {
        var singleShot = SingleShotConfiguration()
        singleShot.minimumConfidence = confidence
        var mtcnn = MTCNNDetector.Configuration()
        if let confidence { mtcnn.minimumConfidence = confidence }
        let detector = try makeDetector(models: models, singleShot: singleShot, mtcnn: mtcnn, compute: compute)
        return rotatedHeads ? RotationRetryingDetector(detector) : detector
    }

    /// The detector that was asked for, with a configuration for either kind.
    func makeDetector(
        models: ModelStore,
        singleShot: SingleShotConfiguration,
        mtcnn: MTCNNDetector.Configuration,
        compute: ComputeOptions
    ) throws -> any Detector {
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
