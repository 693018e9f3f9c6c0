// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// What is known of a person on a picture.
public struct PersonLabel: Hashable, Sendable {
    /// Age in years.
    public var age: Double
    /// Woman or man.
    public var gender: Gender
    /// Empty when it is not known.
    public var ethnicity: String

    /// Creates a label.
    public init(age: Double, gender: Gender, ethnicity: String = "") {
        self.age = age
        self.gender = gender
        self.ethnicity = ethnicity
    }
}

/// How well age and gender are estimated, by groups of people.
public struct AttributeAccuracy: Hashable, Sendable, Encodable {
    /// People who have something in common.
    public struct Group: Hashable, Sendable, Encodable {
        /// What they have in common, such as `"age 20-39"`.
        public let name: String
        /// How many they are.
        public let faces: Int
        /// Mean absolute error in years, or the share of right answers.
        public let value: Double
        /// Mean signed error in years; `nil` for shares.
        public let bias: Double?
    }

    /// All, then by age band, gender and ethnicity; groups without faces are left out.
    public let groups: [Group]

    private static let bands = [0..<10, 10..<20, 20..<40, 40..<60, 60..<80, 80..<200]

    /// Measures ages.
    public init(ages pairs: [(label: PersonLabel, found: AgeEstimate)]) {
        self.init(
            pairs.map { ($0.label, abs(Double($0.found.years) - $0.label.age), Double($0.found.years) - $0.label.age) }
        )
    }

    /// Measures genders.
    public init(genders pairs: [(label: PersonLabel, found: Judgement<Gender>)]) {
        self.init(pairs.map { ($0.label, $0.found.kind == $0.label.gender ? 1 : 0, nil) })
    }

    private init(_ measured: [(label: PersonLabel, value: Double, bias: Double?)]) {
        var groups: [Group] = []
        func add(_ name: String, _ belongs: (PersonLabel) -> Bool) {
            let members = measured.filter { belongs($0.label) }
            guard !members.isEmpty else { return }
            let biases = members.compactMap(\.bias)
            groups.append(
                Group(
                    name: name,
                    faces: members.count,
                    value: members.reduce(0) { $0 + $1.value } / Double(members.count),
                    bias: biases.isEmpty ? nil : biases.reduce(0, +) / Double(biases.count)
                )
            )
        }
        add("all") { _ in true }
        for band in Self.bands {
            add("age \(band.lowerBound)-\(band.upperBound == 200 ? "" : String(band.upperBound - 1))") {
                band.contains(Int($0.age))
            }
        }
        for gender in Gender.allCases { add(gender.rawValue) { $0.gender == gender } }
        for ethnicity in Set(measured.map(\.label.ethnicity)).sorted() where !ethnicity.isEmpty {
            add(ethnicity) { $0.ethnicity == ethnicity }
        }
        self.groups = groups
    }
}

extension LabelledFaces where Label == PersonLabel {
    /// Reads a comma-separated file with the columns `file`, `age`, `gender` (`female` or `male`) and `ethnicity`.
    ///
    /// - Parameter path: The file; names of pictures start from its folder.
    /// - Throws: ``FaceError/Code/fileUnreadable`` or ``FaceError/Code/invalidEvaluationData`` with what was wrong.
    public init(people path: String) throws(FaceError) {
        let table = try LabelTable(contentsOf: path, columns: ["file", "age", "gender", "ethnicity"])
        let rows = try table.map { row throws(FaceError) -> (file: String, label: PersonLabel) in
            guard let gender = Gender(rawValue: row.text("gender")) else {
                throw FaceError(
                    .invalidEvaluationData,
                    "the labels \(path) call the gender of \(row.text("file")) \"\(row.text("gender"))\","
                        + " wanted is female or male"
                )
            }
            return (
                row.text("file"),
                PersonLabel(age: try row.number("age"), gender: gender, ethnicity: row.text("ethnicity"))
            )
        }
        self.init(folder: URL(fileURLWithPath: path).deletingLastPathComponent().path, pictures: rows)
    }
}
