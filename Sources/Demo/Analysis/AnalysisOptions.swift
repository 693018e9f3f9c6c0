// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

/// Which stages an analysis has, and with which models.
struct AnalysisOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What to tell of each face, with commas between: \(Self.kindList), or all.",
            valueName: "list"
        )
    )
    var attributes = "all"

    @Option(help: ArgumentHelp("The model for dense landmarks.", valueName: "name"))
    var landmarkModel = AnalysisModels().landmarks

    @Option(
        help: ArgumentHelp(
            "The model for the pose; the mean of several joined by +; or pnp, from the dense landmarks.",
            valueName: "name"
        )
    )
    var poseModel = AnalysisModels().pose

    @Option(help: ArgumentHelp("The model for the age.", valueName: "name"))
    var ageModel = AnalysisModels().age

    @Option(help: ArgumentHelp("The model for the gender.", valueName: "name"))
    var genderModel = AnalysisModels().gender

    @Option(help: ArgumentHelp("The models for liveness, joined by +.", valueName: "name"))
    var livenessModel = AnalysisModels().liveness

    private static var kindList: String { AnalysisStages.Kind.allCases.map(\.rawValue).joined(separator: ", ") }

    func validate() throws { _ = try kinds }

    /// The stages that were asked for.
    var kinds: [AnalysisStages.Kind] {
        get throws {
            if attributes == "all" { return AnalysisStages.Kind.allCases }
            return try attributes.split(separator: ",").map { name in
                guard let kind = AnalysisStages.Kind(rawValue: String(name)) else {
                    throw ValidationError("--attributes knows \(Self.kindList) and all, not \"\(name)\"")
                }
                return kind
            }
        }
    }

    /// The models that were asked for.
    var models: AnalysisModels {
        var models = AnalysisModels()
        models.landmarks = landmarkModel
        models.pose = poseModel
        models.age = ageModel
        models.gender = genderModel
        models.liveness = livenessModel
        return models
    }
}
