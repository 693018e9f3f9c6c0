// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

extension Gallery {
    /// The space of every embedding in the gallery; `nil` while it has no templates.
    public var space: String? { get async throws { try await statistics.space } }

    /// How many templates are enrolled.
    public var count: Int { get async throws { try await statistics.templateCount } }

    /// Creates a subject without templates; returns false when there is one of that name.
    @discardableResult
    public func addSubject(_ name: String) async throws -> Bool {
        try await addSubject(name, created: Date())
    }

    /// Adds one template, with the picture it was made from where that shall be kept.
    ///
    /// - Throws: As ``enroll(_:)-([Enrollment])`` does.
    public func enroll(_ template: Template, picture: [UInt8]? = nil) async throws {
        try await enroll([Enrollment(template, picture: picture)])
    }

    /// Adds templates without pictures: all of them, or none when it throws.
    ///
    /// - Throws: As ``enroll(_:)-([Enrollment])`` does.
    public func enroll(_ templates: [Template]) async throws {
        try await enroll(templates.map { Enrollment($0) })
    }

    /// Returns all templates of a subject in the order of their enrolment.
    public func templates(of subject: String) async throws -> [Template] {
        try await templates(matching: .subject(subject), Page(limit: .max)).templates
    }

    /// Returns the names of all subjects in the order of their creation.
    public func subjectNames() async throws -> [String] {
        try await subjects(Page(limit: .max)).subjects.map(\.name)
    }

    /// Removes one template with its picture; returns it, or `nil` when there was none.
    @discardableResult
    public func removeTemplate(id: Template.ID) async throws -> Template? {
        try await removeTemplates(ids: [id]).first
    }

    /// Returns at most `limit` candidates for one probe, best first.
    ///
    /// - Throws: As ``candidates(for:_:)`` does.
    public func candidates(for probe: Embedding, limit: Int) async throws -> [Candidate] {
        try await candidates(for: probe, SearchOptions(limit: limit))
    }

    /// Returns the candidates for one probe, best first.
    ///
    /// - Throws: As ``candidates(for:_:)-([Embedding],_)`` does.
    public func candidates(for probe: Embedding, _ options: SearchOptions) async throws -> [Candidate] {
        try await candidates(for: [probe], options).first ?? []
    }
}
