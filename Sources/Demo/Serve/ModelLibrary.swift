// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitHTTP

/// Loads models by name when they are first asked for, once each, and keeps them for all systems.
struct ModelLibrary: StageLibrary {
    /// The embedder of systems that name none: the best of the permissively licensed ones.
    static let defaultRecognizer = "face_reidentification_retail_0095"

    private let store: ModelStore
    private let compute: ComputeOptions
    // Clients choose sizes; what they may make the server keep is bounded.
    private let detectors = LoadedOnce<DetectorSettings, any Detector>(limit: 64)
    private let recognizers = LoadedOnce<String, Recognizer>()
    private let stages = LoadedOnce<Stage, AnalysisStages>()
    private let fusionLandmarks = LoadedOnce<String, LandmarkNetwork>()

    /// A stage of an analysis and the model behind it; `nil` stands for the default one.
    private struct Stage: Hashable {
        var kind: AnalysisStages.Kind
        var model: String?
    }

    init(store: ModelStore, compute: ComputeOptions) {
        self.store = store
        self.compute = compute
    }

    func detector(_ settings: DetectorSettings) async throws -> any Detector {
        try await detectors.value(for: settings) { [store, compute] in
            try Self.makeDetector(settings, models: store, compute: compute)
        }
    }

    func recognizer(_ name: String?) async throws -> Recognizer {
        try await recognizers.value(for: name ?? Self.defaultRecognizer) { [store, compute] in
            let name = Self.usable(name ?? Self.defaultRecognizer, in: store)
            return Recognizer(try ONNXEmbedder(model: store.model(named: name), compute: compute))
        }
    }

    /// The model itself; of one that is published in a form that cannot be read, the first that is installed of those that
    /// do the same.
    private static func usable(_ name: String, in store: ModelStore) -> String {
        guard !store.hasModel(named: name), let obstacle = ModelCatalogue.standard.model(named: name)?.obstacle else {
            return name
        }
        return obstacle.instead.first(where: store.hasModel) ?? name
    }

    func attributes(
        _ attributes: Set<FaceAttribute>,
        models: [FaceAttribute: String]
    ) async throws -> any AttributeStage {
        var all = AnalysisStages()
        for attribute in attributes {
            let one = try await stage(Stage(kind: attribute.kind, model: models[attribute]))
            switch attribute.kind {
            case .age: all.age = one.age
            case .gender: all.gender = one.gender
            case .pose: all.pose = one.pose
            case .mask: all.mask = one.mask
            case .quality: all.quality = one.quality
            case .landmarks: all.landmarks = one.landmarks
            case .expression, .liveness, .eyes, .sharpness: continue
            }
        }
        return AnalysisAttributeStage(stages: all)
    }

    private func stage(_ stage: Stage) async throws -> AnalysisStages {
        try await stages.value(for: stage) { [store, compute] in
            var names = AnalysisModels()
            names.landmarks = AnalysisAttributeStage.landmarkModel
            if let model = stage.model {
                switch stage.kind {
                case .age: names.age = model
                case .gender: names.gender = model
                case .pose: names.pose = model
                case .mask: names.mask = model
                case .landmarks: names.landmarks = model
                case .expression, .liveness, .eyes, .sharpness, .quality: break
                }
            }
            return try names.stages([stage.kind], models: store, compute: compute)
        }
    }

    func fusion(_ name: String?) async throws -> any FusionStage {
        guard let fuser = FuserName(rawValue: name ?? FuserName.seamless.rawValue) else {
            let names = FuserName.allCases.map(\.rawValue).joined(separator: ", ")
            throw FaceError(.invalidConfiguration, "fuser: one of \(names) is wanted")
        }
        let landmarks = try await fusionLandmarks.value(for: "facemesh_468") { [store, compute] in
            try LandmarkNetwork(model: store.model(named: "facemesh_468"), looksTwice: true, compute: compute)
        }
        return NamedFusionStage(fuser: fuser, landmarks: landmarks)
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
