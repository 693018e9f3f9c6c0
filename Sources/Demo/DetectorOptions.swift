// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

/// The detectors by the names they have on the command line.
enum DetectorName: String, CaseIterable, ExpressibleByArgument {
    case yunet
    case mtcnn
}

/// Which detector looks for faces.
struct DetectorOptions: ParsableArguments {
    @Option(help: "The detector.")
    var detector = DetectorName.yunet

    @Option(help: ArgumentHelp(Self.modelHelp, valueName: "name"))
    var model: String?

    @Option(help: ArgumentHelp("Drop faces below this confidence, 0 to 1 (default: the detector's).", valueName: "p"))
    var confidence: Float?

    /// The YuNet models by how well they find faces; without a wish the first of them that is installed is used.
    static let yuNetNames = ["yunet_n", "yunet_n_dynamic_upstream", "yunet_s", "yunet_2023mar_upstream"]
    private static let modelHelp =
        "The YuNet model (default: the first that is installed of \(yuNetNames.joined(separator: ", ")))."

    func validate() throws {
        if detector == .mtcnn, let model {
            throw ValidationError("--model \(model) goes with --detector yunet; mtcnn has three models of its own")
        }
        if let confidence, !(0...1).contains(confidence) {
            throw ValidationError("--confidence lies within 0 and 1, \(confidence) does not")
        }
    }

    func makeDetector(models: ModelStore, compute: ComputeOptions) throws -> any Detector {
        switch detector {
        case .yunet:
            var configuration = YuNetDetector.Configuration()
            if let confidence { configuration.minimumConfidence = confidence }
            return try YuNetDetector(
                model: models.model(named: model ?? Self.yuNetName(in: models)),
                configuration: configuration,
                compute: compute
            )
        case .mtcnn:
            var configuration = MTCNNDetector.Configuration()
            if let confidence { configuration.minimumConfidence = confidence }
            return try MTCNNDetector(models: models, configuration: configuration, compute: compute)
        }
    }

    /// The first model that is installed, or the preferred one, which an error should name.
    private static func yuNetName(in models: ModelStore) -> String {
        yuNetNames.first(where: models.hasModel) ?? yuNetNames[0]
    }
}
