// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryConformance {
    static let subjects: [Check] = [
        Check("subjects exist with and without templates, in the order of their creation") { gallery in
            let before = Date()
            try await expect(gallery.addSubject("z"), true)
            try await expect(gallery.addSubject("z"), false)
            let template = try Template(subject: "a", embedding: axis(0))
            try await gallery.enroll(template)
            let created = Date(timeIntervalSince1970: 1_234_567_890.123)
            try await expect(gallery.addSubject("m", created: created), true)
            try await expect(gallery.subject(named: "m")?.created, created)
            try await expect(gallery.subjectNames(), ["z", "a", "m"])
            try await expect(gallery.statistics.subjectCount, 3)
            let subject = try await gallery.subject(named: "a")
            try expect(subject?.templateCount, 1)
            try expect(abs((subject?.created ?? .distantPast).timeIntervalSince(before)) < 3600, true)
            try await gallery.removeTemplate(id: template.id)
            try await expect(gallery.subject(named: "a")?.templateCount, 0)
            try await expect(gallery.subject(named: "A"), nil)
            try await gallery.removeSubject("z")
            try await gallery.addSubject("z")
            try await expect(gallery.subjectNames(), ["a", "m", "z"])
        },
        Check("a renamed subject keeps its templates and its place") { gallery in
            let templates = try (0..<6).map { try Template(subject: $0 < 3 ? "a" : "b", embedding: axis($0)) }
            try await gallery.enroll(templates)
            try await expect(gallery.renameSubject("nobody", to: "x"), .notFound)
            try await expect(gallery.renameSubject("a", to: "a"), .unchanged)
            try await expect(gallery.renameSubject("a", to: "c"), .renamed)
            try await expect(gallery.subjectNames(), ["c", "b"])
            try await expect(gallery.templates(of: "a"), [])
            try await expect(gallery.templates(of: "c").map(\.id), templates.prefix(3).map(\.id))
            try await expect(gallery.template(id: templates[0].id)?.subject, "c")
            try await expect(gallery.candidates(for: axis(1), limit: 1).first?.template.subject, "c")
            try await gallery.addSubject("a")
            try await expect(gallery.subjectNames(), ["c", "b", "a"])
        },
        Check("renaming to a name that is taken merges, in the order of enrolment") { gallery in
            let templates = try (0..<8).map { try Template(subject: $0 % 2 == 0 ? "a" : "b", embedding: axis($0)) }
            try await gallery.enroll(templates)
            try await expect(gallery.renameSubject("a", to: "b"), .merged(templates: 4))
            try await expect(gallery.subjectNames(), ["b"])
            try await expect(gallery.templates(of: "b").map(\.id), templates.map(\.id))
            try await expect(gallery.subject(named: "b")?.templateCount, 8)
            try await expect(
                gallery.candidates(for: axis(0), SearchOptions(limit: 9, ranking: .subjects)).map(\.template.subject),
                ["b"]
            )
            try await expect(gallery.removeSubject("b")?.templateCount, 8)
            try await expect(gallery.statistics.templateCount, 0)
        },
        Check(
            "names with letters of either case are the same where the gallery ignores case",
            configuration: .init(nameMatching: .ignoringCase)
        ) { gallery in
            try expect(gallery.configuration.nameMatching, .ignoringCase)
            try await expect(gallery.addSubject("Änne"), true)
            try await expect(gallery.addSubject("äNNE"), false)
            try await gallery.enroll(Template(subject: "ÄNNE", embedding: axis(0)))
            try await expect(gallery.subjectNames(), ["Änne"])
            try await expect(gallery.templates(of: "änne").map(\.subject), ["Änne"])
            try await expect(gallery.count(matching: .subject("änNE")), 1)
            try await expect(gallery.renameSubject("änne", to: "ÄNNE"), .renamed)
            try await expect(gallery.subjectNames(), ["ÄNNE"])
            try await expect(gallery.subject(named: "änne")?.name, "ÄNNE")
            try await gallery.addSubject("b")
            try await expect(gallery.renameSubject("B", to: "änne"), .merged(templates: 0))
            try await expect(gallery.subjectNames(), ["ÄNNE"])
            try await expect(gallery.removeSubject("änne")?.name, "ÄNNE")
        },
        Check("canonically equivalent names are the same") { gallery in
            try await gallery.enroll(Template(subject: "Zoe\u{308}", embedding: axis(0)))
            try await expect(gallery.addSubject("Zo\u{EB}"), false)
            try await expect(gallery.templates(of: "Zo\u{EB}").count, 1)
            try await expect(gallery.renameSubject("Zo\u{EB}", to: "Zo\u{EB}"), .renamed)
            try await expect(gallery.subjectNames().map { Array($0.utf8) }, [Array("Zo\u{EB}".utf8)])
        },
        Check("removing everything leaves an empty gallery, and says what there was") { gallery in
            let template = Enrollment(try Template(subject: "a", embedding: axis(0)), picture: [1])
            try await gallery.enroll([template])
            try await gallery.addSubject("b")
            let before = try await gallery.removeAll()
            try expect([before.subjectCount, before.templateCount, before.pictureCount], [2, 1, 1])
            try await gallery.compact()
            try await expect(gallery.statistics, GalleryStatistics())
            try await expect(gallery.subjectNames(), [])
            try await expect(gallery.candidates(for: axis(0), limit: 1), [])
            try await expect(gallery.removeAll(), GalleryStatistics())
            try await gallery.enroll([template])
            try await expect(gallery.picture(of: template.template.id), [1])
        },
    ]

    static let pages: [Check] = [
        Check("pages join to the whole list, by offset and by position") { gallery in
            let templates = try (0..<23).map { try Template(subject: "s\($0 % 7)", embedding: axis($0)) }
            try await gallery.enroll(templates)
            let removed = [0, 5, 6, 22].map { templates[$0].id }
            try await expect(gallery.removeTemplates(ids: removed).map(\.id), removed)
            let expected = templates.filter { !removed.contains($0.id) }
            for filter in [TemplateFilter.all, .subject("s1"), .init(subjects: ["s1", "s2", "nobody"])] {
                let wanted = expected.filter { filter.subjects?.contains($0.subject) ?? true }
                try await expect(gallery.count(matching: filter), wanted.count)
                for limit in [1, 2, 4, 19, 100] {
                    var found: [Template] = []
                    for offset in stride(from: 0, through: 24, by: limit) {
                        found += try await gallery.templates(matching: filter, Page(offset: offset, limit: limit))
                            .templates
                    }
                    try expect(found, wanted)
                    found = []
                    var page = Page(limit: limit)
                    while true {
                        let part = try await gallery.templates(matching: filter, page)
                        found += part.templates
                        guard let next = part.next else { break }
                        try expect(part.templates.count, limit)
                        page = Page(after: next, limit: limit)
                    }
                    try expect(found, wanted)
                }
            }
            try await expect(gallery.templates(matching: .all, Page(offset: -3, limit: -1)).templates, [])
            try await expect(gallery.templates(matching: .all, Page(offset: .max, limit: .max)).templates, [])
        },
        Check("a walk by position misses nothing when entries behind it are removed") { gallery in
            let templates = try (0..<10).map { try Template(subject: "s\($0)", embedding: axis($0)) }
            try await gallery.enroll(templates)
            let first = try await gallery.templates(matching: .all, Page(limit: 4))
            try await gallery.removeTemplates(ids: templates.prefix(4).map(\.id))
            guard let next = first.next else { throw Failure(description: "no second page") }
            try await expect(
                gallery.templates(matching: .all, Page(after: next, limit: 100)).templates,
                Array(templates.dropFirst(4))
            )
        },
        Check("pages of subjects join to the whole list") { gallery in
            for index in 0..<9 { try await gallery.addSubject("s\(index)") }
            try await gallery.removeSubject("s3")
            var names: [String] = []
            var page = Page(limit: 3)
            while true {
                let part = try await gallery.subjects(page)
                names += part.subjects.map(\.name)
                guard let next = part.next else { break }
                page = Page(after: next, limit: 3)
            }
            try expect(names, ["s0", "s1", "s2", "s4", "s5", "s6", "s7", "s8"])
            try await expect(gallery.subjects(Page(offset: 6, limit: 5)).subjects.map(\.name), ["s7", "s8"])
        },
        Check("several templates are removed at once; unknown ids are passed over") { gallery in
            let templates = try (0..<6).map { try Template(subject: "s", embedding: axis($0)) }
            try await gallery.enroll(templates)
            let ids = [templates[4].id, UUID(), templates[1].id, templates[4].id]
            try await expect(gallery.removeTemplates(ids: ids), [templates[4], templates[1]])
            try await expect(gallery.removeTemplates(ids: ids), [])
            try await expect(gallery.templates(of: "s"), [0, 2, 3, 5].map { templates[$0] })
        },
    ]
}
