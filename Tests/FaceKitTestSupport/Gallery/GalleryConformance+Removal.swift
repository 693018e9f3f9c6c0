// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryConformance {
    static let removal: [Check] = [
        Check("a removed template is found no more, and the others are") { gallery in
            let templates = try (0..<6).map { try Template(subject: "s\($0)", embedding: axis($0)) }
            try await gallery.enroll(templates)
            try await expect(gallery.removeTemplate(id: templates[2].id), templates[2])
            try await expect(gallery.removeTemplate(id: templates[2].id), nil)
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
            try await expect(gallery.removeSubject("a")?.templateCount, 3)
            try await expect(gallery.removeSubject("a"), nil)
            try await expect(gallery.subject(named: "a"), nil)
            try await expect(gallery.count, 5)
            try await expect(gallery.templates(of: "b").count, 5)
            try await expect(
                gallery.candidates(for: axis(1), limit: 10).allSatisfy { $0.template.subject == "b" },
                true
            )
        },
        Check("an emptied gallery takes another space") { gallery in
            try await gallery.enroll(Template(subject: "a", embedding: axis(0)))
            try await gallery.removeSubject("a")
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
