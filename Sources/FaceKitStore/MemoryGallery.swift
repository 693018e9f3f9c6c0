// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
public import Foundation

/// A gallery that lives in memory and is searched exactly.
///
/// Rows of one contiguous matrix hold the embeddings, so that a search is a single pass over memory. Calls are
/// serialised by the actor; a search keeps it busy for the whole pass.
public actor MemoryGallery: Gallery {
    /// What is known of a row besides its components.
    private struct Row {
        var id: Template.ID
        var subject: String
        /// Rises with every enrolment; removing moves rows, so their position says nothing about age.
        var enrolment: UInt64
    }

    private var matrix = EmbeddingMatrix(dimension: 0)
    private var rows: [Row] = []
    private var rowOfID: [Template.ID: Int] = [:]
    private var idsOfSubject: [String: Set<Template.ID>] = [:]
    private var nextEnrolment: UInt64 = 0

    public private(set) var space: String?

    /// Creates an empty gallery.
    public init() {}

    public var count: Int { rows.count }

    public func enroll(_ templates: [Template]) throws {
        guard let first = templates.first?.embedding else { return }
        let (targetSpace, dimension) = space.map { ($0, matrix.dimension) } ?? (first.space, first.vector.count)
        var newIDs: Set<Template.ID> = []
        for template in templates {
            try Self.check(template.embedding, fits: targetSpace, dimension: dimension)
            guard rowOfID[template.id] == nil, newIDs.insert(template.id).inserted else {
                throw FaceError(.duplicateTemplate, "template \(template.id) is enrolled already")
            }
        }

        if space == nil {
            space = targetSpace
            matrix = EmbeddingMatrix(dimension: dimension)
        }
        for template in templates {
            rowOfID[template.id] = rows.count
            idsOfSubject[template.subject, default: []].insert(template.id)
            rows.append(Row(id: template.id, subject: template.subject, enrolment: nextEnrolment))
            matrix.append(template.embedding.vector)
            nextEnrolment += 1
        }
    }

    public func template(id: Template.ID) -> Template? {
        rowOfID[id].flatMap(template(at:))
    }

    public func templates(of subject: String) -> [Template] {
        (idsOfSubject[subject] ?? [])
            .compactMap { rowOfID[$0] }
            .sorted { rows[$0].enrolment < rows[$1].enrolment }
            .compactMap(template(at:))
    }

    @discardableResult
    public func removeTemplate(id: Template.ID) -> Bool {
        guard let row = rowOfID.removeValue(forKey: id) else { return false }
        let subject = rows[row].subject
        idsOfSubject[subject]?.remove(id)
        if idsOfSubject[subject]?.isEmpty == true { idsOfSubject[subject] = nil }

        // The last row takes the place of the removed one: constant time, and the matrix stays without gaps.
        matrix.removeBySwapping(at: row)
        let last = rows.removeLast()
        if row < rows.count {
            rows[row] = last
            rowOfID[last.id] = row
        }
        if rows.isEmpty { space = nil }
        return true
    }

    @discardableResult
    public func removeTemplates(of subject: String) -> Int {
        let ids = idsOfSubject[subject] ?? []
        for id in ids { removeTemplate(id: id) }
        return ids.count
    }

    public func candidates(for probe: Embedding, limit: Int) throws -> [Candidate] {
        guard let space else { return [] }
        try Self.check(probe, fits: space, dimension: matrix.dimension)

        var best = BestRows(limit: min(max(limit, 0), rows.count))
        let packedProbe = matrix.packed(probe.vector)
        for row in rows.indices {
            best.offer(
                .init(row: row, similarity: matrix.dotProduct(row: row, packedProbe), enrolment: rows[row].enrolment)
            )
        }
        return best.sorted().compactMap { entry in
            template(at: entry.row).map {
                // Two unit vectors rounded to Float can give a hair more than 1.
                Candidate(template: $0, similarity: Similarity(rawValue: min(max(entry.similarity, -1), 1)))
            }
        }
    }

    private func template(at row: Int) -> Template? {
        space.map {
            Template(
                id: rows[row].id,
                subject: rows[row].subject,
                embedding: Embedding(space: $0, stored: matrix.components(row: row))
            )
        }
    }

    private static func check(_ embedding: Embedding, fits space: String, dimension: Int) throws {
        guard embedding.space == space, embedding.vector.count == dimension else {
            throw FaceError(
                .incomparableEmbeddings,
                "an embedding of \(embedding.space) with \(embedding.vector.count) dimensions does not fit a gallery "
                    + "of \(space) with \(dimension)"
            )
        }
    }
}
