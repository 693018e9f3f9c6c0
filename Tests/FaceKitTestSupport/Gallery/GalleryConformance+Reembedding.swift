// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryConformance {
    private static let nextSpace = "conformance@2"

    private static func next(_ index: Int) throws -> Embedding {
        try Embedding(space: nextSpace, normalizing: (0..<6).map { $0 == index ? 1 : 0.125 })
    }

    static let reembedding: [Check] = [
        Check("the old space is served until the switch, the new one after it") { gallery in
            let templates = try (0..<5).map { fullTemplate("s\($0)", try axis($0), index: $0) }
            try await gallery.enroll(templates.map { Enrollment($0, picture: [UInt8($0.quality! * 100)]) })
            try await expect(
                gallery.templatesToStage(Page(limit: 2)).templates.map(\.id),
                templates.prefix(2).map(\.id)
            )
            try await gallery.stageEmbeddings([
                templates[0].id: next(0), templates[3].id: next(3), UUID(): next(4),
            ])
            try await expect(gallery.statistics.staged, .init(space: nextSpace, templateCount: 2))
            try await expect(
                gallery.templatesToStage(Page(limit: 9)).templates.map(\.id),
                [1, 2, 4].map { templates[$0].id }
            )
            try await expect(gallery.space, space)
            try await expect(gallery.candidates(for: axis(3), limit: 1).first?.template.id, templates[3].id)
            try await expectError(.incomparableEmbeddings) { _ = try await gallery.candidates(for: next(0), limit: 1) }
            try await expectError(.reembeddingIncomplete) {
                try await gallery.switchToStagedSpace(removingOthers: false)
            }

            // What is enrolled meanwhile is of the old space and has to be embedded again as well.
            let late = try Template(subject: "late", embedding: axis(7))
            try await gallery.enroll(late)
            try await gallery.removeTemplate(id: templates[4].id)
            try await gallery.stageEmbeddings([templates[1].id: next(1), templates[2].id: next(2), late.id: next(5)])
            try await gallery.switchToStagedSpace(removingOthers: false)
            try await expect(gallery.statistics.staged, nil)
            try await expect(gallery.space, nextSpace)
            try await expect(gallery.statistics.dimension, 6)
            for index in 0..<4 {
                var expected = templates[index]
                expected.embedding = try next(index)
                let found = try await gallery.candidates(for: next(index), limit: 1).first?.template
                try expect(found.map { Enrollment($0).template }, Enrollment(expected).template)
                try await expect(gallery.picture(of: expected.id), [UInt8(expected.quality! * 100)])
            }
            try await expect(gallery.template(id: late.id)?.embedding, next(5))
            try await expectError(.incomparableEmbeddings) {
                try await gallery.enroll(Template(subject: "x", embedding: axis(0)))
            }
        },
        Check("a switch may remove the templates that have no embedding in the new space") { gallery in
            let templates = try (0..<4).map { try Template(subject: "s\($0)", embedding: axis($0)) }
            try await gallery.enroll(templates)
            try await gallery.stageEmbeddings([templates[2].id: next(2)])
            try await gallery.switchToStagedSpace(removingOthers: true)
            try await expect(gallery.count, 1)
            try await expect(gallery.templates(of: "s2").map(\.embedding), [next(2)])
            try await expect(gallery.subjectNames().count, 4)
        },
        Check("embeddings in preparation are of one other space, and can be given up") { gallery in
            let template = try Template(subject: "a", embedding: axis(0))
            try await gallery.enroll(template)
            try await expectError(.reembeddingIncomplete) {
                try await gallery.switchToStagedSpace(removingOthers: false)
            }
            try await expectError(.incomparableEmbeddings) { try await gallery.stageEmbeddings([template.id: axis(1)]) }
            try await gallery.stageEmbeddings([template.id: next(0)])
            let third = try Embedding(space: "third", normalizing: [1, 2])
            try await expectError(.incomparableEmbeddings) { try await gallery.stageEmbeddings([template.id: third]) }
            try await gallery.discardStagedEmbeddings()
            try await expect(gallery.statistics.staged, nil)
            try await gallery.stageEmbeddings([template.id: third])
            try await gallery.switchToStagedSpace(removingOthers: false)
            try await expect(gallery.space, "third")
            try await expect(gallery.candidates(for: third, limit: 1).first?.template.id, template.id)
            try await gallery.discardStagedEmbeddings()
            try await expect(gallery.count, 1)
        },
    ]
}
