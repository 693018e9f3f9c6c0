// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// A gallery whose subjects and templates are a ``GalleryState`` in memory: what such galleries have in common.
protocol StateGallery: Gallery {
    /// Calls `body` with the state while nobody changes it.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (GalleryState) throws -> Result
    ) async throws -> Result

    /// Makes a change; `after` sees the new state, and what `before` saw of the old one.
    ///
    /// Nothing has changed when `before` throws.
    func change<Seen: Sendable, Result: Sendable>(
        _ change: GalleryChange,
        before: @escaping @Sendable (GalleryState) throws -> Seen,
        after: @escaping @Sendable (GalleryState, Seen) -> Result
    ) async throws -> Result
}

extension StateGallery {
    /// Makes a change and returns what `before` saw of the state that it was applied to.
    @discardableResult
    func change<Result: Sendable>(
        _ change: GalleryChange,
        before: @escaping @Sendable (GalleryState) throws -> Result = { _ in }
    ) async throws -> Result {
        try await self.change(change, before: before, after: { $1 })
    }

    public var statistics: GalleryStatistics {
        get async throws { try await read { $0.statistics } }
    }

    // MARK: Subjects

    @discardableResult
    public func addSubject(_ name: String, created: Date) async throws -> Bool {
        try await change(.addSubject(name, at: GalleryTime(created))) { $0.subject(named: name) == nil }
    }

    public func subject(named name: String) async throws -> Subject? {
        try await read { $0.subject(named: name) }
    }

    public func subjects(_ page: Page) async throws -> SubjectPage {
        try await read { $0.subjects(page) }
    }

    public func renameSubject(_ name: String, to newName: String) async throws -> RenameOutcome {
        try await change(.renameSubject(name, to: newName)) { $0.outcome(ofRenaming: name, to: newName) }
    }

    @discardableResult
    public func removeSubject(_ name: String) async throws -> Subject? {
        try await change(.removeSubject(name)) { $0.subject(named: name) }
    }

    @discardableResult
    public func removeAll() async throws -> GalleryStatistics {
        try await change(.removeAll) { $0.statistics }
    }

    // MARK: Templates

    public func template(id: Template.ID) async throws -> Template? {
        try await read { try $0.template(id: id) }
    }

    public func templates(matching filter: TemplateFilter, _ page: Page) async throws -> TemplatePage {
        try await read { try $0.templates(matching: filter, page) }
    }

    public func count(matching filter: TemplateFilter) async throws -> Int {
        try await read { $0.count(matching: filter) }
    }

    @discardableResult
    public func updateTemplate(id: Template.ID, _ changes: TemplateChanges) async throws -> Template? {
        try await change(
            .update(id, changes, at: .now),
            before: { try $0.template(id: id) },
            after: { state, old in old.flatMap(state.refreshed) }
        )
    }

    @discardableResult
    public func removeTemplates(ids: [Template.ID]) async throws -> [Template] {
        try await change(.removeTemplates(ids)) { try $0.templates(ids: ids) }
    }

    // MARK: Search

    public func candidates(for probes: [Embedding], _ options: SearchOptions) async throws -> [[Candidate]] {
        try await read { try $0.candidates(for: probes, options) }
    }

    // MARK: Re-embedding

    public func stageEmbeddings(_ embeddings: [Template.ID: Embedding]) async throws {
        try await change(.staging(embeddings))
    }

    public func templatesToStage(_ page: Page) async throws -> TemplatePage {
        try await read { try $0.templatesToStage(page) }
    }

    public func switchToStagedSpace(removingOthers: Bool) async throws {
        try await change(.switchToStaged(removingOthers: removingOthers))
    }

    public func discardStagedEmbeddings() async throws {
        try await change(.discardStaged)
    }
}
