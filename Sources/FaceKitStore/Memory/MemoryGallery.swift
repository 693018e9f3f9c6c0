// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
public import Foundation

/// A gallery that lives in memory and is gone with the process.
///
/// Any number of searches run at the same time; a change waits for the searches before it.
public final class MemoryGallery: Gallery {
    private let state: Guarded<GalleryState>
    public let configuration: GalleryConfiguration

    /// Creates an empty gallery.
    public init(configuration: GalleryConfiguration = .init()) {
        self.configuration = configuration
        state = Guarded(GalleryState(configuration: configuration))
    }

    /// Nothing removed is kept, so nothing ever awaits erasure.
    public var statistics: GalleryStatistics {
        get async throws {
            try await read { $0.statistics }
        }
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

    public func enroll(_ enrollments: [Enrollment]) async throws {
        let newcomers = enrollments.map { enrollment in
            GalleryChange.Newcomer(
                template: enrollment.template,
                picture: enrollment.picture.map(StoredPicture.bytes)
            )
        }
        try await change(.enroll(newcomers, at: .now))
    }

    public func template(id: Template.ID) async throws -> Template? {
        try await read { $0.template(id: id) }
    }

    public func templates(matching filter: TemplateFilter, _ page: Page) async throws -> TemplatePage {
        try await read { $0.templates(matching: filter, page) }
    }

    public func count(matching filter: TemplateFilter) async throws -> Int {
        try await read { $0.count(matching: filter) }
    }

    public func picture(of id: Template.ID) async throws -> [UInt8]? {
        try await read { state in
            if case .bytes(let bytes)? = state.picture(of: id) { bytes } else { nil }
        }
    }

    @discardableResult
    public func updateTemplate(id: Template.ID, _ changes: TemplateChanges) async throws -> Template? {
        try await change(
            .update(id, changes, at: .now),
            before: { _ in },
            after: { state, _ in state.template(id: id) }
        )
    }

    @discardableResult
    public func removeTemplates(ids: [Template.ID]) async throws -> [Template] {
        try await change(.removeTemplates(ids)) { $0.templates(ids: ids) }
    }

    // MARK: Search

    public func candidates(for probes: [Embedding], _ options: SearchOptions) async throws -> [[Candidate]] {
        try await read { try $0.candidates(for: probes, options) }
    }

    // MARK: Re-embedding

    public func stageEmbeddings(_ embeddings: [Template.ID: Embedding]) async throws {
        try await change(.stage(embeddings))
    }

    public func templatesToStage(_ page: Page) async throws -> TemplatePage {
        try await read { $0.templatesToStage(page) }
    }

    public func switchToStagedSpace(removingOthers: Bool) async throws {
        try await change(.switchToStaged(removingOthers: removingOthers))
    }

    public func discardStagedEmbeddings() async throws {
        try await change(.discardStaged)
    }

    /// Gives back the memory of what was removed.
    public func compact() async throws {
        try await read { try $0.index?.compact() }
    }

    // MARK: Changing

    /// Applies a change.
    private func change(_ change: GalleryChange) async throws {
        try await self.change(change, before: { _ in }, after: { _, _ in })
    }

    /// Applies a change and returns what `before` saw of the state that it was applied to.
    private func change<Result: Sendable>(
        _ change: GalleryChange,
        before: @escaping @Sendable (GalleryState) -> Result
    ) async throws -> Result {
        try await self.change(change, before: before, after: { $1 })
    }

    /// Applies a change; `after` sees the new state and what `before` saw of the old one.
    private func change<Seen, Result: Sendable>(
        _ change: GalleryChange,
        before: @escaping @Sendable (GalleryState) -> Seen,
        after: @escaping @Sendable (GalleryState, Seen) -> Result
    ) async throws -> Result {
        try await state.write { state in
            try Self.checkPresence(state)
            try state.check(change)
            let seen = before(state)
            state.apply(change)
            state.awaitingErasure = 0
            return after(state, seen)
        }
    }

    private func read<Result: Sendable>(
        _ body: @escaping @Sendable (GalleryState) throws -> Result
    ) async throws -> Result {
        try await state.read { state in
            try Self.checkPresence(state)
            return try body(state)
        }
    }

    private static func checkPresence(_ state: GalleryState) throws {
        if state.isRetired { throw FaceError(.galleryNotFound, "the gallery was deleted") }
    }

    /// Forgets everything for good: the gallery was deleted from its store.
    func retire() async throws {
        try await state.write { state in
            state.apply(.removeAll)
            state.isRetired = true
        }
    }
}
