// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Pictures of people, divided for a trial of identification (1:N).
public struct IdentificationSet: Hashable, Sendable {
    /// A person's name and the paths of pictures.
    public struct Person: Hashable, Sendable {
        public var name: String
        public var pictures: [String]

        /// Describes a person.
        public init(name: String, pictures: [String]) {
            self.name = name
            self.pictures = pictures
        }
    }

    /// People with the picture that is enrolled, the first, and those that are searched for, the others.
    public var enrolled: [Person]
    /// People whose pictures are searched for although nobody of that name is enrolled.
    public var others: [Person]

    /// Divides a folder with a folder of pictures for each person, such as Labeled Faces in the Wild: of people with
    /// several pictures the first by name is enrolled, those with a single one are the others.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidEvaluationData`` when either kind is missing.
    public init(folder path: String) throws {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw FaceError(.fileUnreadable, "the folder \(path) cannot be read", cause: error)
        }
        enrolled = []
        others = []
        for name in names.sorted() where !name.hasPrefix(".") {
            let pictures = ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + name)) ?? [])
                .filter { !$0.hasPrefix(".") }.sorted()
            let person = Person(name: name, pictures: pictures.map { "\(path)/\(name)/\($0)" })
            if pictures.count > 1 { enrolled.append(person) } else if pictures.count == 1 { others.append(person) }
        }
        guard !enrolled.isEmpty, !others.isEmpty else {
            throw FaceError(
                .invalidEvaluationData,
                "\(path) has \(enrolled.count) people with several pictures and \(others.count) with one; both are needed"
            )
        }
    }
}
