// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// The models that the stages of an analysis use, by name.
struct AnalysisModels: Hashable, Sendable {
    /// Dense landmarks.
    var landmarks = "pfld_ghostone_98"
    /// The pose: a model, several joined by `+` whose mean counts, or `pnp` for an estimate from the dense landmarks.
    var pose = "fsanet_var+fsanet_1x1"
    /// The age.
    var age = "age_gender_tinyxception"
    /// Women and men.
    var gender = "age_gender_tinyxception"
    /// Masks.
    var mask = "facemask_aizoo"
    /// The expression.
    var expression = "face_expression"
    /// Faces in person: one model or several joined by `+`.
    var liveness = "minifasnet_v2+minifasnet_v1se"
    /// Open and closed eyes.
    var eyes = "openvino_open_closed_eye_0001"

    /// The name that stands for a pose from landmarks.
    static let landmarkPose = "pnp"

    /// Loads the models of some stages.
    ///
    /// - Parameters:
    ///   - kinds: The stages that are wanted.
    ///   - models: Where the models are.
    ///   - compute: How they are computed.
    /// - Returns: The stages, ready to analyse.
    /// - Throws: What the initialisers of the stages throw; ``FaceError/Code/modelNotFound`` names the model.
    func stages(
        _ kinds: some Sequence<AnalysisStages.Kind>,
        models: ModelStore,
        compute: ComputeOptions
    ) throws -> AnalysisStages {
        var stages = AnalysisStages()
        let kinds = Set(kinds)
        if kinds.contains(.landmarks) { stages.landmarks = try landmarkStage(models, compute) }
        if kinds.contains(.pose) { stages.pose = try poseStage(models, compute) }
        if kinds.contains(.age) { stages.age = try AgeNetwork(model: models.model(named: age), compute: compute) }
        if kinds.contains(.gender) {
            stages.gender = try GenderNetwork(model: models.model(named: gender), compute: compute)
        }
        if kinds.contains(.mask) { stages.mask = try MaskNetwork(model: models.model(named: mask), compute: compute) }
        if kinds.contains(.expression) {
            stages.expression = try ExpressionNetwork(model: models.model(named: expression), compute: compute)
        }
        if kinds.contains(.liveness) {
            stages.liveness = try LivenessNetworks(
                Self.names(liveness).map { LivenessNetworks.Member(model: try models.model(named: $0)) },
                compute: compute
            )
        }
        if kinds.contains(.eyes) {
            stages.eyes = try EyeStateNetwork(model: models.model(named: eyes), compute: compute)
        }
        if kinds.contains(.sharpness) { stages.sharpness = SharpnessMeter() }
        if kinds.contains(.quality) {
            stages.quality = QualityMeter(
                pose: try stages.pose ?? poseStage(models, compute),
                mask: try stages.mask ?? MaskNetwork(model: models.model(named: mask), compute: compute)
            )
        }
        return stages
    }

    private func landmarkStage(
        _ models: ModelStore,
        _ compute: ComputeOptions
    ) throws -> any FaceAnalyzer<DenseLandmarks> {
        try LandmarkNetwork(model: models.model(named: landmarks), compute: compute)
    }

    private func poseStage(_ models: ModelStore, _ compute: ComputeOptions) throws -> any FaceAnalyzer<HeadPose> {
        if pose == Self.landmarkPose { return LandmarkPose(landmarks: try landmarkStage(models, compute)) }
        let networks = try Self.names(pose).map { try PoseNetwork(model: models.model(named: $0), compute: compute) }
        return networks.count == 1 ? networks[0] : MeanPose(of: networks)
    }

    /// The names in a list joined by `+`; an empty one stands for itself, so that an error can name it.
    private static func names(_ list: String) -> [String] {
        list.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    }
}
