// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import GRDB

/// The embeddings of one gallery of a database in memory, for searching.
///
/// Another process may change the database at any time, so each search first asks it for its revision, and takes over
/// what came since.
final class SQLiteSearchCache: Sendable {
    /// What is known of the database.
    final class Contents {
        /// The revision and the epoch that are known, -1 before the first look.
        var revision: Int64 = -1
        var epoch: Int64 = -1
        /// The highest template and change that were seen.
        var lastTemplate: Int64 = 0
        var lastChange: Int64 = 0
        var subjectOfTemplate: [UInt64: Int64] = [:]
        var index = ExactIndex(dimension: 0)

        func isCurrent(_ record: GalleryRecord) -> Bool { revision == record.revision && epoch == record.epoch }
    }

    private let contents = Guarded(Contents())

    /// Calls `body` with what the database holds at the moment of the transaction, or with something newer.
    ///
    /// Blocks the calling thread.
    func withContents<Result>(
        _ db: Database,
        _ record: GalleryRecord,
        _ body: (Contents) throws -> Result
    ) throws -> Result {
        let isCurrent = contents.readBlocking { $0.isCurrent(record) || $0.revision > record.revision }
        if !isCurrent {
            try contents.writeBlocking { contents in
                if !contents.isCurrent(record), contents.revision < record.revision || contents.epoch < record.epoch {
                    try Self.update(contents, db, record)
                }
            }
        }
        return try contents.readBlocking(body)
    }

    private static func update(_ contents: Contents, _ db: Database, _ record: GalleryRecord) throws {
        if contents.epoch != record.epoch {
            contents.index = ExactIndex(dimension: record.dimension)
            contents.subjectOfTemplate = [:]
            contents.lastTemplate = 0
            contents.lastChange = 0
        } else {
            let changed = try Int64.fetchAll(
                db,
                sql: "SELECT template FROM changes WHERE gallery = ? AND id > ? AND template <= ?",
                arguments: [record.id, contents.lastChange, contents.lastTemplate]
            )
            for template in Set(changed).sorted() {
                let number = UInt64(template)
                let subject = try Int64.fetchOne(
                    db,
                    sql: "SELECT subject FROM templates WHERE id = ?",
                    arguments: [template]
                )
                if let subject {
                    contents.subjectOfTemplate[number] = subject
                } else if contents.subjectOfTemplate.removeValue(forKey: number) != nil {
                    contents.index.remove(number: number)
                }
            }
        }
        if contents.subjectOfTemplate.isEmpty { contents.index = ExactIndex(dimension: record.dimension) }
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT id, subject, embedding FROM templates WHERE gallery = ? AND id > ? ORDER BY id",
            arguments: [record.id, contents.lastTemplate]
        )
        while let row = try rows.next() {
            let id: Int64 = row["id"]
            let vector = TemplateRecord.vector(row["embedding"])
            guard vector.count == record.dimension else {
                throw FaceError(
                    .galleryDamaged,
                    "template number \(id) has \(vector.count) dimensions, not \(record.dimension)"
                )
            }
            contents.index.insert(number: UInt64(id), vector)
            contents.subjectOfTemplate[UInt64(id)] = row["subject"]
            contents.lastTemplate = id
        }
        contents.lastChange =
            try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM changes WHERE gallery = ?", arguments: [record.id])
            ?? contents.lastChange
        contents.revision = record.revision
        contents.epoch = record.epoch
    }
}
