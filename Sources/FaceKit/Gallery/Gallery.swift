// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// Stores references and searches them (1:N).
///
/// Asynchronous, because it may do I/O. All templates of a gallery are of one embedding space and dimension. An empty gallery has no space yet and takes
/// that of the first template.
public protocol Gallery: Sendable {
    /// The space of every embedding in the gallery; `nil` while it is empty.
    var space: String? { get async throws }

    /// How many templates are enrolled.
    var count: Int { get async throws }

    /// Adds templates: all of them, or none when it throws.
    ///
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when a template's space or dimension is not the gallery's,
    ///   ``FaceError/Code/duplicateTemplate`` when an id is enrolled already or occurs twice in `templates`.
    func enroll(_ templates: [Template]) async throws

    /// Returns the template with this id, or `nil` when there is none; its embedding is bit for bit the enrolled one.
    func template(id: Template.ID) async throws -> Template?

    /// Returns a subject's templates in the order of their enrolment.
    func templates(of subject: String) async throws -> [Template]

    /// Removes one template and returns whether it was there.
    @discardableResult
    func removeTemplate(id: Template.ID) async throws -> Bool

    /// Removes a subject's templates and returns how many there were.
    @discardableResult
    func removeTemplates(of subject: String) async throws -> Int

    /// Returns at most `limit` candidates, best first; of equal ones the earlier enrolled comes first.
    ///
    /// An empty gallery, and a `limit` below 1, give an empty array.
    /// - Complexity: O(*n* · *d*) for *n* templates of *d* dimensions, unless indexed.
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when the probe's space or dimension is not the gallery's.
    func candidates(for probe: Embedding, limit: Int) async throws -> [Candidate]
}

extension Gallery {
    /// Adds one template.
    ///
    /// - Throws: As ``enroll(_:)-([Template])`` does.
    public func enroll(_ template: Template) async throws {
        try await enroll([template])
    }
}
