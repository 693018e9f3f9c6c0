// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryConformance {
    static let enrolment: [Check] = [
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
        Check("a name that no subject can have is refused, and found nowhere") { gallery in
            for name in ["", "a\u{0}b", String(repeating: "é", count: 501)] {
                try await expectError(.invalidSubjectName) {
                    try await gallery.enroll([
                        Template(subject: "fine", embedding: axis(0)), Template(subject: name, embedding: axis(1)),
                    ])
                }
                try await expectError(.invalidSubjectName) { try await gallery.addSubject(name) }
                try await expect(gallery.subject(named: name), nil)
                try await expect(gallery.templates(of: name), [])
                try await expect(gallery.renameSubject(name, to: "other"), .notFound)
                try await expect(gallery.removeSubject(name), nil)
            }
            try await expect(gallery.count, 0)
            try await expect(gallery.subjectNames(), [])
            try await gallery.addSubject("a")
            try await expectError(.invalidSubjectName) { _ = try await gallery.renameSubject("a", to: "") }
            try await expect(gallery.subject(named: "a\u{0}b"), nil)
            try await expect(gallery.removeSubject("a\u{0}b"), nil)
            try await expect(gallery.subjectNames(), ["a"])
        },
        Check("everything a template has comes back, and is changed where that is asked for") { gallery in
            let templates = try (0..<5).map { fullTemplate("s\($0)", try axis($0), index: $0) }
            try await gallery.enroll(templates)
            for template in templates { try await expect(gallery.template(id: template.id), template) }

            var expected = templates[2]
            try await expect(gallery.updateTemplate(id: expected.id, .init()), expected)
            expected.quality = 1
            try await expect(gallery.updateTemplate(id: expected.id, .init(quality: 1)), expected)
            expected.metadata = ["only": "this"]
            try await expect(gallery.updateTemplate(id: expected.id, .init(metadata: expected.metadata)), expected)
            expected.metadata = [:]
            expected.subject = "s4"
            try await expect(gallery.updateTemplate(id: expected.id, .init(subject: "s4", metadata: [:])), expected)
            expected.subject = "new"
            try await gallery.updateTemplate(id: expected.id, .init(subject: "new"))
            expected.subject = "s4"
            try await gallery.updateTemplate(id: expected.id, .init(subject: "s4"))
            try await expect(gallery.template(id: expected.id), expected)
            try await expect(gallery.templates(of: "s4"), [expected, templates[4]])
            try await expect(gallery.templates(of: "s2"), [])
            try await expect(gallery.subjectNames(), ["s0", "s1", "s2", "s3", "s4", "new"])
            try await expect(gallery.candidates(for: axis(2), limit: 1).first?.template, expected)
            try await expect(gallery.updateTemplate(id: UUID(), .init(quality: 0)), nil)
        },
        Check("a quality outside 0...1, and metadata that no JSON can hold, are refused") { gallery in
            let template = try Template(subject: "a", embedding: axis(0))
            try await gallery.enroll(template)
            for quality in [-0.1, 1.1, Float.nan] {
                try await expectError(.invalidConfiguration) {
                    try await gallery.enroll(Template(subject: "a", embedding: axis(1), quality: quality))
                }
                try await expectError(.invalidConfiguration) {
                    try await gallery.updateTemplate(id: template.id, .init(quality: quality))
                }
            }
            let metadata: [String: JSONValue] = ["a": .number(.nan)]
            try await expectError(.invalidMetadata) {
                try await gallery.enroll(Template(subject: "a", embedding: axis(1), metadata: metadata))
            }
            try await expectError(.invalidMetadata) {
                try await gallery.updateTemplate(id: template.id, .init(metadata: metadata))
            }
            try await expect(gallery.templates(of: "a"), [template])
        },
        Check("enrolling no templates changes nothing") { gallery in
            try await gallery.enroll([])
            try await expect(gallery.count, 0)
            try await expect(gallery.space, nil)
        },
        Check("subjects are compared by their whole name") { gallery in
            let names = ["Ana", "ana", "Ana ", "Ana/1", "安娜", "a'; --", " ", "%", String(repeating: "é", count: 500)]
            for (index, name) in names.enumerated() {
                try await gallery.enroll(Template(subject: name, embedding: axis(index)))
            }
            for name in names { try await expect(gallery.templates(of: name).map(\.subject), [name]) }
        },
    ]
}
