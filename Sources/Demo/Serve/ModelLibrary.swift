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
    // Loaded once whatever is looked for: clients choose sizes and thresholds.
    private let detectors = LoadedOnce<DetectorModel, any Detector>()
    private let recognizers = LoadedOnce<String, Recognizer>()
    private let stages = LoadedOnce<Stage, AnalysisStages>()
    private let fusionLandmarks = LoadedOnce<String, LandmarkNetwork>()

    /// A detector and its model; `nil` stands for the first that is installed.
    private struct DetectorModel: Hashable {
        var name: String
        var model: String?
    }

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
        let key = DetectorModel(name: settings.name, model: settings.model)
        let loaded = try await detectors.value(for: key) { [store, compute] in
            guard let name = DetectorName(rawValue: key.name) else {
                throw FaceError(.invalidConfiguration, "there is no detector \(key.name)")
            }
            // An instance of its own initializer has no values that can be read.
            var options = try DetectorOptions.parse([])
            options.detector = name
            options.model = key.model
            return try options.makeDetector(models: store, compute: compute)
        }
        return try Self.configured(loaded, settings)
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

    private static func configured(_ detector: any Detector, _ settings: DetectorSettings) throws -> any Detector {
        switch detector {
        case let detector as YuNetDetector: try detector.configured(settings.singleShot)
        case let detector as RetinaFaceDetector: try detector.configured(settings.singleShot)
        case let detector as SCRFDDetector: try detector.configured(settings.singleShot)
        case let detector as MTCNNDetector: try detector.configured(settings.mtcnn)
        default: detector
        }
    }
}

extension DetectorSettings {
    fileprivate var singleShot: SingleShotConfiguration {
        var configuration = SingleShotConfiguration()
        configuration.minimumConfidence = minimumConfidence
        configuration.minimumFaceSize = minimumFaceSize ?? 0
        configuration.maximumSide = maximumSide
        return configuration
    }

    fileprivate var mtcnn: MTCNNDetector.Configuration {
        var configuration = MTCNNDetector.Configuration()
        configuration.minimumConfidence = minimumConfidence ?? configuration.minimumConfidence
        configuration.minimumFaceSize = max(1, minimumFaceSize ?? configuration.minimumFaceSize)
        configuration.maximumSide = maximumSide
        configuration.proposalConfidence = cascade.proposal
        configuration.refinementConfidence = cascade.refinement
        configuration.scaleFactor = cascade.factor
        return configuration
    }
}
