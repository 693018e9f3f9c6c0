// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation

/// What every ``Gallery`` promises, as checks that run on any implementation under any test framework.
///
/// A test passes each check a closure that makes an empty gallery:
///
///     @Test(arguments: GalleryConformance.checks)
///     func keepsThePromise(check: GalleryConformance.Check) async throws {
///         try await check.run { MemoryGallery() }
///     }
public enum GalleryConformance {
    /// One promise.
    public struct Check: Sendable, CustomStringConvertible {
        /// The promise as a sentence.
        public let description: String
        private let body: @Sendable (any Gallery) async throws -> Void

        init(_ description: String, _ body: @escaping @Sendable (any Gallery) async throws -> Void) {
            self.description = description
            self.body = body
        }

        /// Checks the promise on an empty gallery.
        ///
        /// - Throws: ``Failure`` when the promise is broken, or what the gallery threw.
        public func run(_ makeGallery: @Sendable () async throws -> any Gallery) async throws {
            try await body(makeGallery())
        }
    }

    /// A broken promise: what was expected and what came.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Runs all checks, each on a gallery of its own, and throws the first failure.
    public static func run(_ makeGallery: @Sendable () async throws -> any Gallery) async throws {
        for check in checks {
            do {
                try await check.run(makeGallery)
            } catch {
                throw Failure(description: "\(check.description): \(error)")
            }
        }
    }

    /// All promises.
    public static let checks: [Check] = enrolment + removal + search
}

// MARK: - Enrolment

extension GalleryConformance {
    private static let enrolment: [Check] = [
        Check("an empty gallery has no space, no templates and no candidates") { gallery in
            try await expect(gallery.space, nil)
            try await expect(gallery.count, 0)
            try await expect(gallery.template(id: UUID()), nil)
            try await expect(gallery.templates(of: "nobody"), [])
            try await expect(gallery.candidates(for: axis(0), limit: 3), [])
        },
        Check("what was enrolled comes back bit for bit") { gallery in
            var random = SeededGenerator(seed: 7)
            let templates = try (0..<20).map {
                try Template(subject: "s\($0 % 4)", embedding: randomEmbedding(&random))
            }
            for template in templates { try await gallery.enroll(template) }
            try await expect(gallery.count, 20)
            try await expect(gallery.space, space)
            for template in templates { try await expect(gallery.template(id: template.id), template) }
        },
        Check("a subject's templates come in the order of enrolment, also after others were removed") { gallery in
            let templates = try (0..<8).map { try Template(subject: $0 % 2 == 0 ? "even" : "odd", embedding: axis($0)) }
            try await gallery.enroll(templates)
            try await gallery.removeTemplate(id: templates[0].id)
            try await expect(gallery.templates(of: "even"), [templates[2], templates[4], templates[6]])
            try await expect(gallery.templates(of: "odd"), [templates[1], templates[3], templates[5], templates[7]])
        },
        Check("an id is enrolled once, and a refused batch leaves nothing behind") { gallery in
            let first = try Template(subject: "a", embedding: axis(0))
            let second = try Template(subject: "b", embedding: axis(1))
            try await gallery.enroll(first)
            try await expectError(.duplicateTemplate) { try await gallery.enroll([second, first]) }
            try await expectError(.duplicateTemplate) { try await gallery.enroll([second, second]) }
            try await expect(gallery.count, 1)
            try await expect(gallery.template(id: second.id), nil)
            try await expect(gallery.templates(of: "b"), [])
        },
        Check("embeddings of another space or dimension are refused, and a refused batch leaves nothing behind") {
            gallery in
            let ours = try Template(subject: "a", embedding: axis(0))
            let foreign = try Template(
                subject: "b",
                embedding: Embedding(space: "other", normalizing: [1, 0, 0, 0, 0, 0, 0, 0])
            )
            let short = try Template(subject: "c", embedding: Embedding(space: space, normalizing: [1, 0]))
            try await expectError(.incomparableEmbeddings) { try await gallery.enroll([ours, foreign]) }
            try await expect(gallery.count, 0)
            try await expect(gallery.space, nil)
            try await gallery.enroll(ours)
            try await expectError(.incomparableEmbeddings) { try await gallery.enroll(foreign) }
            try await expectError(.incomparableEmbeddings) { try await gallery.enroll(short) }
            try await expectError(.incomparableEmbeddings) {
                _ = try await gallery.candidates(for: foreign.embedding, limit: 1)
            }
            try await expectError(.incomparableEmbeddings) {
                _ = try await gallery.candidates(for: short.embedding, limit: 1)
            }
            try await expect(gallery.count, 1)
        },
        Check("enrolling no templates changes nothing") { gallery in
            try await gallery.enroll([])
            try await expect(gallery.count, 0)
            try await expect(gallery.space, nil)
        },
        Check("subjects are compared by their whole name") { gallery in
            let names = ["", "Ana", "ana", "Ana ", "Ana/1", "安娜", "a'; --"]
            for (index, name) in names.enumerated() {
                try await gallery.enroll(Template(subject: name, embedding: axis(index)))
            }
            for name in names { try await expect(gallery.templates(of: name).map(\.subject), [name]) }
        },
    ]
}

// MARK: - Removal

extension GalleryConformance {
    private static let removal: [Check] = [
        Check("a removed template is found no more, and the others are") { gallery in
            let templates = try (0..<6).map { try Template(subject: "s\($0)", embedding: axis($0)) }
            try await gallery.enroll(templates)
            try await expect(gallery.removeTemplate(id: templates[2].id), true)
            try await expect(gallery.removeTemplate(id: templates[2].id), false)
            try await expect(gallery.count, 5)
            try await expect(gallery.template(id: templates[2].id), nil)
            let found = try await gallery.candidates(for: axis(2), limit: 10).map(\.template.id)
            try expect(Set(found), Set(templates.map(\.id)).subtracting([templates[2].id]))
            for template in templates where template.id != templates[2].id {
                try await expect(gallery.template(id: template.id), template)
                try await expect(gallery.candidates(for: template.embedding, limit: 1).first?.template, template)
            }
        },
        Check("removing a subject removes all its templates and says how many") { gallery in
            let templates = try (0..<8).map { try Template(subject: $0 < 3 ? "a" : "b", embedding: axis($0)) }
            try await gallery.enroll(templates)
            try await expect(gallery.removeTemplates(of: "a"), 3)
            try await expect(gallery.removeTemplates(of: "a"), 0)
            try await expect(gallery.count, 5)
            try await expect(gallery.templates(of: "b").count, 5)
            try await expect(
                gallery.candidates(for: axis(1), limit: 10).allSatisfy { $0.template.subject == "b" },
                true
            )
        },
        Check("an emptied gallery takes another space") { gallery in
            try await gallery.enroll(Template(subject: "a", embedding: axis(0)))
            try await gallery.removeTemplates(of: "a")
            try await expect(gallery.space, nil)
            let other = try Template(subject: "a", embedding: Embedding(space: "other", normalizing: [3, 4]))
            try await gallery.enroll(other)
            try await expect(gallery.space, "other")
            try await expect(gallery.template(id: other.id), other)
        },
        Check("a removed id can be enrolled again") { gallery in
            let template = try Template(subject: "a", embedding: axis(0))
            try await gallery.enroll(template)
            try await gallery.removeTemplate(id: template.id)
            try await gallery.enroll(template)
            try await expect(gallery.template(id: template.id), template)
        },
    ]
}

// MARK: - Search

extension GalleryConformance {
    private static let search: [Check] = [
        Check("candidates are the most similar templates, best first, with the cosine as similarity") { gallery in
            var random = SeededGenerator(seed: 42)
            var templates = try (0..<300).map { try Template(subject: "s\($0)", embedding: randomEmbedding(&random)) }
            try await gallery.enroll(templates)
            // Removal is part of the search's story: what an index forgets to forget shows up here.
            for index in [299, 150, 0] {
                try await gallery.removeTemplate(id: templates[index].id)
                templates.remove(at: index)
            }
            for _ in 0..<20 {
                let probe = try randomEmbedding(&random)
                let exact = templates.map { (template: $0, cosine: cosine(probe, $0.embedding)) }
                    .sorted { $0.cosine > $1.cosine }
                let found = try await gallery.candidates(for: probe, limit: 10)
                try expect(found.map(\.template), exact.prefix(10).map(\.template))
                for (candidate, expected) in zip(found, exact) {
                    let difference = abs(Double(candidate.similarity.rawValue) - expected.cosine)
                    guard difference < 1e-5 else {
                        throw Failure(
                            description: "similarity \(candidate.similarity.rawValue), not \(expected.cosine)"
                        )
                    }
                }
            }
        },
        Check("of equal candidates the earlier enrolled comes first, also after removals") { gallery in
            let templates = try (0..<9).map { try Template(subject: "s\($0)", embedding: axis(0)) }
            try await gallery.enroll(templates)
            try await gallery.removeTemplate(id: templates[1].id)
            try await gallery.removeTemplate(id: templates[4].id)
            let expected = [0, 2, 3, 5, 6, 7, 8].map { templates[$0].id }
            try await expect(gallery.candidates(for: axis(0), limit: 9).map(\.template.id), expected)
            try await expect(gallery.candidates(for: axis(0), limit: 3).map(\.template.id), Array(expected.prefix(3)))
        },
        Check("similarity lies in -1...1, with the ends at equal and at opposite vectors") { gallery in
            var random = SeededGenerator(seed: 3)
            for index in 0..<50 {
                try await gallery.enroll(Template(subject: "s\(index)", embedding: randomEmbedding(&random)))
            }
            let first = try await gallery.candidates(for: axis(0), limit: 1)
            guard let probe = first.first?.template.embedding else { throw Failure(description: "no candidate") }
            let same = try await gallery.candidates(for: probe, limit: 50)
            let opposite = try Embedding(space: space, normalizing: probe.vector.map { -$0 })
            let reversed = try await gallery.candidates(for: opposite, limit: 50)
            for similarity in (same + reversed).map(\.similarity.rawValue) where !(-1...1).contains(similarity) {
                throw Failure(description: "similarity \(similarity) is outside -1...1")
            }
            guard let best = same.first, let worst = reversed.last,
                best.similarity.rawValue > 0.99999, worst.similarity.rawValue < -0.99999
            else { throw Failure(description: "equal or opposite vectors do not reach the ends of the scale") }
        },
        Check("the limit bounds the answer, whatever it is") { gallery in
            try await gallery.enroll((0..<5).map { try Template(subject: "s", embedding: axis($0)) })
            for (limit, count) in [(Int.min, 0), (-1, 0), (0, 0), (1, 1), (5, 5), (6, 5), (Int.max, 5)] {
                try await expect(gallery.candidates(for: axis(0), limit: limit).count, count)
            }
        },
        Check("readers and writers at once lose nothing") { gallery in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for index in 0..<25 {
                            let template = try Template(subject: "w\(writer)", embedding: axis(index % dimension))
                            try await gallery.enroll(template)
                            if index % 5 == 4 { try await gallery.removeTemplate(id: template.id) }
                        }
                    }
                }
                for reader in 0..<4 {
                    group.addTask {
                        for _ in 0..<25 { _ = try await gallery.candidates(for: axis(reader), limit: 5) }
                    }
                }
                try await group.waitForAll()
            }
            try await expect(gallery.count, 80)
            for writer in 0..<4 { try await expect(gallery.templates(of: "w\(writer)").count, 20) }
        },
    ]
}

// MARK: - Material

extension GalleryConformance {
    private static let space = "conformance@1"
    private static let dimension = 24

    /// The unit vector along one axis.
    private static func axis(_ index: Int) throws -> Embedding {
        try Embedding(space: space, normalizing: (0..<dimension).map { $0 == index ? 1 : 0 })
    }

    private static func randomEmbedding(_ generator: inout SeededGenerator) throws -> Embedding {
        let components = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
        return try Embedding(space: space, normalizing: components)
    }

    private static func cosine(_ left: Embedding, _ right: Embedding) -> Double {
        zip(left.vector, right.vector).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private static func expect<Value: Equatable>(_ actual: Value, _ expected: Value) throws {
        guard actual == expected else { throw Failure(description: "expected \(expected), got \(actual)") }
    }

    private static func expectError(_ code: FaceError.Code, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as FaceError {
            return try expect(error.code, code)
        }
        throw Failure(description: "expected the error \(code), got none")
    }
}
