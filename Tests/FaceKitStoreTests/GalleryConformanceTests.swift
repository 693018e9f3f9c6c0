// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitStore
import FaceKitTestSupport
import Foundation
import Testing

/// A gallery that breaks promises, so that the suite itself is seen to fail.
private struct ForgetfulGallery: Gallery {
    let kept = MemoryGallery()
    var configuration: GalleryConfiguration { kept.configuration }
    var statistics: GalleryStatistics { get async throws { try await kept.statistics } }
    func addSubject(_ name: String, created: Date) async throws -> Bool { true }
    func subject(named name: String) async throws -> Subject? { try await kept.subject(named: name) }
    func subjects(_ page: Page) async throws -> SubjectPage { try await kept.subjects(page) }
    func renameSubject(_ name: String, to newName: String) async throws -> RenameOutcome { .renamed }
    func removeSubject(_ name: String) async throws -> Subject? { try await kept.removeSubject(name) }
    func removeAll() async throws -> GalleryStatistics { try await kept.statistics }
    func enroll(_ enrollments: [Enrollment]) async throws { try await kept.enroll(enrollments.map(\.template)) }
    func template(id: Template.ID) async throws -> Template? { try await kept.template(id: id) }
    func templates(matching filter: TemplateFilter, _ page: Page) async throws -> TemplatePage {
        try await kept.templates(matching: .all, page)
    }
    func count(matching filter: TemplateFilter) async throws -> Int { try await kept.count }
    func picture(of id: Template.ID) async throws -> [UInt8]? { nil }
    func updateTemplate(id: Template.ID, _ changes: TemplateChanges) async throws -> Template? { nil }
    func removeTemplates(ids: [Template.ID]) async throws -> [Template] { [] }
    func candidates(for probes: [Embedding], _ options: SearchOptions) async throws -> [[Candidate]] {
        try await kept.candidates(for: probes, SearchOptions(limit: options.limit)).map { $0.reversed() }
    }
    func stageEmbeddings(_ embeddings: [Template.ID: Embedding]) async throws {}
    func templatesToStage(_ page: Page) async throws -> TemplatePage { try await kept.templatesToStage(page) }
    func switchToStagedSpace(removingOthers: Bool) async throws {}
    func discardStagedEmbeddings() async throws {}
    func compact() async throws {}
}

@Suite("GalleryConformance")
struct GalleryConformanceTests {
    @Test("fails on a gallery that breaks a promise, and names the promise")
    func failsOnABrokenGallery() async throws {
        let failure = try await #require(throws: GalleryConformance.Failure.self) {
            try await GalleryConformance.run { _ in ForgetfulGallery() }
        }
        #expect(failure.description.contains("expected"))
        #expect(GalleryConformance.checks.contains { failure.description.hasPrefix($0.description) })
    }

    @Test("most promises are seen to be broken by a gallery that breaks most")
    func catchesMostOfABrokenGallery() async throws {
        var caught = 0
        for check in GalleryConformance.checks {
            do { try await check.run { _ in ForgetfulGallery() } } catch { caught += 1 }
        }
        #expect(caught * 3 > GalleryConformance.checks.count * 2)
    }
}
