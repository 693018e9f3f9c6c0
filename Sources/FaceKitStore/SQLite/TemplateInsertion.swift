// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import GRDB

/// Puts the templates of one enrolment into the tables, and counts them.
struct TemplateInsertion {
    private let db: Database
    private let gallery: Int64
    private let template: Statement
    private let picture: Statement
    /// How many templates a subject has got.
    private var counts: [Int64: Int] = [:]
    private var pictures = 0

    init(_ db: Database, gallery: Int64) throws {
        self.db = db
        self.gallery = gallery
        template = try db.cachedStatement(
            sql: """
                INSERT INTO templates
                    (gallery, subject, uuid, embedding, box, quality, metadata, enrolled, pictureSize)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (gallery, uuid) DO NOTHING
                """
        )
        picture = try db.cachedStatement(sql: "INSERT INTO pictures (template, bytes) VALUES (?, ?)")
    }

    /// Inserts a template.
    ///
    /// - Throws: ``FaceError/Code/duplicateTemplate``.
    mutating func insert(_ enrollment: Enrollment, subject: Int64) throws {
        let entry = enrollment.template
        try template.execute(
            arguments: [
                gallery, subject, TemplateRecord.data(entry.id), TemplateRecord.data(entry.embedding.vector),
                entry.boundingBox.map { TemplateRecord.data($0) }, entry.quality,
                try JSONValue.text(of: entry.metadata), GalleryTime(entry.enrolled).milliseconds,
                enrollment.picture?.count,
            ]
        )
        guard db.changesCount == 1 else {
            throw FaceError(.duplicateTemplate, "template \(entry.id) is enrolled already")
        }
        counts[subject, default: 0] += 1
        guard let bytes = enrollment.picture else { return }
        try picture.execute(arguments: [db.lastInsertedRowID, Data(bytes)])
        pictures += 1
    }

    /// Adds what was inserted to the counts of gallery and subjects.
    func finish() throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE subjects SET templateCount = templateCount + ? WHERE id = ?"
        )
        for (subject, count) in counts { try statement.execute(arguments: [count, subject]) }
        try db.cachedStatement(
            sql: """
                UPDATE galleries SET templateCount = templateCount + ?, pictureCount = pictureCount + ? WHERE id = ?
                """
        ).execute(arguments: [counts.values.reduce(0, +), pictures, gallery])
    }
}
