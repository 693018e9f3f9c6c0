// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP

/// Loads models by name when they are first asked for, once each, and keeps them for all systems.
///
/// Requests that ask while a model is being loaded wait for that one load. A load that failed is tried again when the
/// model is asked for the next time, so that one installed meanwhile is found without a restart.
actor ModelLibrary: StageLibrary {
    /// The embedder of systems that name none: the best of the permissively licensed ones.
    static let defaultRecognizer = "face_reidentification_retail_0095"

    private let store: ModelStore
    private let compute: ComputeOptions
    private var detectors: [DetectorSettings: Task<any Detector, any Error>] = [:]
    private var recognizers: [String: Task<Recognizer, any Error>] = [:]
    /// Detectors whose only difference is a size that clients choose are made from these.
    private let maximumVariants = 64

    init(store: ModelStore, compute: ComputeOptions) {
        self.store = store
        self.compute = compute
    }

    func detector(_ settings: DetectorSettings) async throws -> any Detector {
        if detectors[settings] == nil {
            // Clients choose sizes; what they may make the server keep is bounded.
            if detectors.count >= maximumVariants { detectors.removeAll() }
            detectors[settings] = Task.detached { [store, compute] in
                try Self.makeDetector(settings, models: store, compute: compute)
            }
        }
        guard let task = detectors[settings] else { preconditionFailure("the load was begun above") }
        do {
            return try await task.value
        } catch {
            detectors[settings] = nil
            throw error
        }
    }

    func recognizer(_ name: String?) async throws -> Recognizer {
        let name = name ?? Self.defaultRecognizer
        if recognizers[name] == nil {
            recognizers[name] = Task.detached { [store, compute] in
                Recognizer(try ONNXEmbedder(model: store.model(named: name), compute: compute))
            }
        }
        guard let task = recognizers[name] else { preconditionFailure("the load was begun above") }
        do {
            return try await task.value
        } catch {
            recognizers[name] = nil
            throw error
        }
    }

    func attribute(_ attribute: FaceAttribute, model: String?) async throws -> any AttributeStage {
        throw FaceError(.modelNotFound, "there is no model for the attribute \(attribute.rawValue)")
    }

    func fusion(_ name: String?) async throws -> any FusionStage {
        throw FaceError(.modelNotFound, "there is no fuser")
    }

    private static func makeDetector(
        _ settings: DetectorSettings,
        models: ModelStore,
        compute: ComputeOptions
    ) throws -> any Detector {
        guard let name = DetectorName(rawValue: settings.name) else {
            throw FaceError(.invalidConfiguration, "there is no detector \(settings.name)")
        }
        var options = DetectorOptions()
        options.detector = name
        options.model = settings.model
        var singleShot = SingleShotConfiguration()
        singleShot.minimumConfidence = settings.minimumConfidence
        singleShot.minimumFaceSize = settings.minimumFaceSize ?? 0
        singleShot.maximumSide = settings.maximumSide
        var mtcnn = MTCNNDetector.Configuration()
        mtcnn.minimumConfidence = settings.minimumConfidence ?? mtcnn.minimumConfidence
        mtcnn.minimumFaceSize = max(1, settings.minimumFaceSize ?? mtcnn.minimumFaceSize)
        mtcnn.maximumSide = settings.maximumSide
        mtcnn.proposalConfidence = settings.cascade.proposal
        mtcnn.refinementConfidence = settings.cascade.refinement
        mtcnn.scaleFactor = settings.cascade.factor
        return try options.makeDetector(models: models, singleShot: singleShot, mtcnn: mtcnn, compute: compute)
    }
}
