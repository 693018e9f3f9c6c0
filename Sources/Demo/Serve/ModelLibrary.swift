// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
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
    private let analysis = AnalysisModels()
    private var detectors: [DetectorSettings: Task<any Detector, any Error>] = [:]
    private var recognizers: [String: Task<Recognizer, any Error>] = [:]
    private var stages: [AnalysisStages.Kind: Task<AnalysisStages, any Error>] = [:]
    private var fusionLandmarks: Task<LandmarkNetwork, any Error>?
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

    func attributes(_ attributes: Set<FaceAttribute>) async throws -> any AttributeStage {
        var all = AnalysisStages()
        for attribute in attributes {
            guard let kind = attribute.kind else {
                throw FaceError(.modelNotFound, "no model for the attribute \(attribute.rawValue) is installed")
            }
            let one = try await stage(kind)
            switch kind {
            case .age: all.age = one.age
            case .gender: all.gender = one.gender
            case .pose: all.pose = one.pose
            case .mask: all.mask = one.mask
            case .quality: all.quality = one.quality
            case .landmarks, .expression, .liveness, .eyes, .sharpness: continue
            }
        }
        return AnalysisAttributeStage(stages: all)
    }

    private func stage(_ kind: AnalysisStages.Kind) async throws -> AnalysisStages {
        if stages[kind] == nil {
            stages[kind] = Task.detached { [analysis, store, compute] in
                try analysis.stages([kind], models: store, compute: compute)
            }
        }
        guard let task = stages[kind] else { preconditionFailure("the load was begun above") }
        do {
            return try await task.value
        } catch {
            stages[kind] = nil
            throw error
        }
    }

    func fusion(_ name: String?) async throws -> any FusionStage {
        guard let fuser = FuserName(rawValue: name ?? FuserName.seamless.rawValue) else {
            let names = FuserName.allCases.map(\.rawValue).joined(separator: ", ")
            throw FaceError(.invalidConfiguration, "fuser: one of \(names) is wanted")
        }
        let loading =
            fusionLandmarks
            ?? Task.detached { [store, compute] in
                try LandmarkNetwork(model: store.model(named: "facemesh_468"), looksTwice: true, compute: compute)
            }
        fusionLandmarks = loading
        do {
            return NamedFusionStage(fuser: fuser, landmarks: try await loading.value)
        } catch {
            fusionLandmarks = nil
            throw error
        }
    }

    private static func makeDetector(
        _ settings: DetectorSettings,
        models: ModelStore,
        compute: ComputeOptions
    ) throws -> any Detector {
        guard let name = DetectorName(rawValue: settings.name) else {
            throw FaceError(.invalidConfiguration, "there is no detector \(settings.name)")
        }
        // An instance of its own initializer has no values that can be read.
        var options = try DetectorOptions.parse([])
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
