// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// Stores references and searches them (1:N): one collection of subjects and their templates.
///
/// Asynchronous, because it may do I/O. All templates of a gallery are of one embedding space and dimension. A gallery
/// without templates has no space yet and takes that of the first one. Every operation happens as a whole or, when it
/// throws, not at all; one that returned is as durable as the gallery's kind promises. Operations may be called from any
/// number of tasks at the same time.
///
/// Names of subjects are 1 to 1000 bytes of UTF-8 without NUL; any other is refused with
/// ``FaceError/Code/invalidSubjectName`` where it would be stored, and found nowhere. Which names are the same is fixed
/// by the gallery's ``configuration``.
public protocol Gallery: Sendable {
    /// What was fixed when the gallery was created.
    var configuration: GalleryConfiguration { get }

    /// Numbers about the gallery; at hand without a pass over it.
    var statistics: GalleryStatistics { get async throws }

    // MARK: Subjects

    /// Creates a subject without templates; returns false when there is one of that name.
    ///
    /// The time of its creation is rounded to milliseconds.
    @discardableResult
    func addSubject(_ name: String, created: Date) async throws -> Bool

    /// Returns the subject of that name, or `nil` when there is none.
    func subject(named name: String) async throws -> Subject?

    /// Returns a part of the list of subjects, which is in the order of their creation.
    func subjects(_ page: Page) async throws -> SubjectPage

    /// Renames a subject; where another one has the new name already, that one takes over the templates.
    ///
    /// A merged subject's templates keep their places in the order of enrolment.
    func renameSubject(_ name: String, to newName: String) async throws -> RenameOutcome

    /// Removes a subject with its templates and pictures; returns what was removed, or `nil` when there was none.
    @discardableResult
    func removeSubject(_ name: String) async throws -> Subject?

    /// Removes everything; returns the numbers of before.
    @discardableResult
    func removeAll() async throws -> GalleryStatistics

    // MARK: Templates

    /// Adds templates, and their subjects where these are new: all of them, or none when it throws.
    ///
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when a template's space or dimension is not the gallery's,
    ///   ``FaceError/Code/duplicateTemplate`` when an id is enrolled already or occurs twice in `enrollments`,
    ///   ``FaceError/Code/invalidSubjectName``.
    func enroll(_ enrollments: [Enrollment]) async throws

    /// Returns the template with this id, or `nil` when there is none; its embedding is bit for bit the enrolled one.
    func template(id: Template.ID) async throws -> Template?

    /// Returns a part of the list of templates that pass the filter, in the order of their enrolment.
    func templates(matching filter: TemplateFilter, _ page: Page) async throws -> TemplatePage

    /// Returns how many templates pass the filter.
    func count(matching filter: TemplateFilter) async throws -> Int

    /// Returns the kept picture of a template byte for byte, or `nil` when there is no such template or picture.
    func picture(of id: Template.ID) async throws -> [UInt8]?

    /// Changes a template; returns it as it is then, or `nil` when there is none.
    @discardableResult
    func updateTemplate(id: Template.ID, _ changes: TemplateChanges) async throws -> Template?

    /// Removes templates with their pictures and returns those that were there, in the given order.
    ///
    /// Their subjects stay, even without templates.
    @discardableResult
    func removeTemplates(ids: [Template.ID]) async throws -> [Template]

    // MARK: Search

    /// Returns for each probe the candidates, best first; of equal ones the earlier enrolled comes first.
    ///
    /// An empty gallery, and a limit below 1, give empty arrays.
    /// - Complexity: O(*n* · *d*) for *n* templates of *d* dimensions, unless indexed.
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when a probe's space or dimension is not the gallery's.
    func candidates(for probes: [Embedding], _ options: SearchOptions) async throws -> [[Candidate]]

    // MARK: Re-embedding

    /// Keeps embeddings of another space beside the ones that are served, for templates that are enrolled.
    ///
    /// Ids that are not enrolled are passed over; an embedding that is there already is replaced.
    ///
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when the embeddings are not all of one space and dimension, are
    ///   of the gallery's own space, or when a re-embedding into yet another space is not finished.
    func stageEmbeddings(_ embeddings: [Template.ID: Embedding]) async throws

    /// Returns a part of the list of templates that have no embedding in the space in preparation, in the order of
    /// enrolment; all templates when there is no such space.
    func templatesToStage(_ page: Page) async throws -> TemplatePage

    /// Serves the space in preparation from now on and forgets the embeddings of the old one.
    ///
    /// - Parameter removingOthers: Whether templates without an embedding in the new space are removed.
    /// - Throws: ``FaceError/Code/reembeddingIncomplete`` when there are such templates and they are not to be removed,
    ///   or when no space is in preparation.
    func switchToStagedSpace(removingOthers: Bool) async throws

    /// Forgets the embeddings of the space in preparation.
    func discardStagedEmbeddings() async throws

    // MARK: Erasure

    /// Rewrites the gallery's files without what was removed: once this has returned, the bytes of every embedding,
    /// picture and name removed before are in none of them.
    ///
    /// Frees disk space as well. Searches go on meanwhile; changes may have to wait.
    func compact() async throws
}
