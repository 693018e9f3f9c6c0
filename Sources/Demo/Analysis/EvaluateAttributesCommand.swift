// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct EvaluateAttributesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attributes",
        abstract: "Measure estimates of age and gender on labelled faces.",
        discussion: """
            Prints, for each model, the mean absolute and signed error of the age in years and the share of right \
            genders: over all faces and by age band, gender and ethnicity.
            """
    )

    @Option(
        help: ArgumentHelp(
            "A comma-separated file with the columns file, age, gender and ethnicity, beside the pictures.",
            valueName: "file"
        )
    )
    var labels: String

    @Option(
        help: ArgumentHelp(
            "A model to measure, repeatable (default: every known one that is installed).",
            valueName: "name"
        )
    )
    var attributeModel: [String] = []

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    static let ageModels = [
        "age_gender_tinyxception", "insightface_genderage_v1", "ssrnet_age_imdb", "openvino_age_gender_retail_0013",
    ]
    static let genderModels = [
        "age_gender_tinyxception", "dlib_gender_v1", "insightface_genderage_v1", "openvino_age_gender_retail_0013",
        "ssrnet_gender_imdb",
    ]

    /// The answer in JSON.
    private struct Answer: Encodable {
        var age: [EvaluatedModels.Row<AttributeAccuracy>] = []
        var gender: [EvaluatedModels.Row<AttributeAccuracy>] = []
    }

    func run() throws {
        let faces = try LabelledFaces(people: labels)
        let store = models.store
        let single = ComputeOptions(threads: 1)
        func names(_ known: [String]) -> [String] {
            let wanted = attributeModel.filter { known.contains($0) }
            if !attributeModel.isEmpty, wanted.isEmpty { return [] }
            return EvaluatedModels.names(wanted, known: known, in: store)
        }
        let unknown = attributeModel.first { !Self.ageModels.contains($0) && !Self.genderModels.contains($0) }
        if let unknown { throw ValidationError("\(unknown) is no known model for age or gender") }
        let ages = try names(Self.ageModels).map { try AgeNetwork(model: store.model(named: $0), compute: single) }
        let genders = try names(Self.genderModels).map {
            try GenderNetwork(model: store.model(named: $0), compute: single)
        }
        let detections = try faces.detect(
            with: detector.makeDetector(models: store, compute: single),
            workers: models.threadCount
        )
        var found = Answer()
        for stage in ages {
            let outcome = try faces.outcome(of: stage, on: detections, workers: models.threadCount)
            found.age.append(
                .init(
                    model: stage.name,
                    missing: outcome.missing,
                    milliseconds: outcome.milliseconds,
                    accuracy: AttributeAccuracy(ages: outcome.found.map { ($0.label, $0.finding) })
                )
            )
        }
        for stage in genders {
            let outcome = try faces.outcome(of: stage, on: detections, workers: models.threadCount)
            found.gender.append(
                .init(
                    model: stage.name,
                    missing: outcome.missing,
                    milliseconds: outcome.milliseconds,
                    accuracy: AttributeAccuracy(genders: outcome.found.map { ($0.label, $0.finding) })
                )
            )
        }
        try answer.print(found) {
            [
                found.age.isEmpty
                    ? nil
                    : Self.text("age: mean absolute error in years (mean signed error)", found.age) {
                        "\($0.value.formatted(digits: 2)) (\(($0.bias ?? 0).formatted(digits: 1)))"
                    },
                found.gender.isEmpty
                    ? nil
                    : Self.text("gender: per cent right", found.gender) { (100 * $0.value).formatted(digits: 1) },
            ].compactMap(\.self).joined(separator: "\n\n")
        }
    }

    private static func text(
        _ title: String,
        _ rows: [EvaluatedModels.Row<AttributeAccuracy>],
        cell: (AttributeAccuracy.Group) -> String
    ) -> String {
        let groups = rows.first?.accuracy.groups ?? []
        let table = TextTable(
            heading: ["group", "faces"] + rows.map(\.model),
            rows: groups.indices.map { index in
                [groups[index].name, "\(groups[index].faces)"] + rows.map { cell($0.accuracy.groups[index]) }
            } + [["ms for a face", ""] + rows.map { $0.milliseconds.formatted(digits: 2) }]
        )
        return title + "\n" + table.text
    }
}
