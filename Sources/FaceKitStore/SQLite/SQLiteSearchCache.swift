// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import GRDB

/// The search index of one gallery of a database, in memory and without the vectors, which the database has.
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
        /// `nil` while the gallery has no space.
        var index: SearchIndex?

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

    /// Fetches what the index asks for in the last stage of a search.
    static func reader(_ db: Database, _ record: GalleryRecord) throws -> SearchIndex.VectorReader {
        let statement = try db.cachedStatement(sql: "SELECT embedding FROM templates WHERE id = ?")
        return { keys in
            try keys.map { key in
                try Data.fetchOne(statement, arguments: [Int64(key)]).map { try vector($0, of: Int64(key), record) }
            }
        }
    }

    private static func vector(_ data: Data, of template: Int64, _ record: GalleryRecord) throws -> [Float] {
        let vector = TemplateRecord.vector(data)
        guard vector.count == record.dimension else {
            throw FaceError(
                .galleryDamaged,
                "template number \(template) has \(vector.count) dimensions, not \(record.dimension)"
            )
        }
        return vector
    }

    private static func update(_ contents: Contents, _ db: Database, _ record: GalleryRecord) throws {
        guard record.space == nil || (1...65_536).contains(record.dimension) else {
            throw FaceError(.galleryDamaged, "the gallery's embeddings have \(record.dimension) dimensions")
        }
        let isNew = contents.epoch != record.epoch
        // Where an error comes in between, the next search begins anew.
        contents.epoch = -1
        if isNew {
            contents.index = record.space.map {
                SearchIndex(.init(dimension: record.dimension, space: $0), keepsVectors: false)
            }
            contents.lastTemplate = 0
            contents.lastChange = 0
        } else {
            let changed = try Int64.fetchAll(
                db,
                sql: "SELECT template FROM changes WHERE gallery = ? AND id > ? AND template <= ?",
                arguments: [record.id, contents.lastChange, contents.lastTemplate]
            )
            var removed: [SearchIndex.Key] = []
            var moved: [(key: SearchIndex.Key, subject: SearchIndex.Subject)] = []
            for template in Set(changed).sorted() {
                let subject = try Int64.fetchOne(
                    db,
                    sql: "SELECT subject FROM templates WHERE id = ?",
                    arguments: [template]
                )
                if let subject {
                    moved.append((UInt64(template), SearchIndex.Subject(truncatingIfNeeded: subject)))
                } else {
                    removed.append(UInt64(template))
                }
            }
            contents.index?.remove(removed)
            contents.index?.setSubjects(moved)
        }
        var entries: [SearchIndex.Entry] = []
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT id, subject, embedding FROM templates WHERE gallery = ? AND id > ? ORDER BY id",
            arguments: [record.id, contents.lastTemplate]
        )
        while let row = try rows.next() {
            let id: Int64 = row["id"]
            let vector = try vector(row["embedding"], of: id, record)
            let subject: Int64 = row["subject"]
            entries.append(.init(key: UInt64(id), subject: .init(truncatingIfNeeded: subject), vector: vector))
            contents.lastTemplate = id
            if entries.count == 4096 {
                contents.index?.insert(entries)
                entries = []
            }
        }
        contents.index?.insert(entries)
        contents.lastChange =
            try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM changes WHERE gallery = ?", arguments: [record.id])
            ?? contents.lastChange
        contents.revision = record.revision
        contents.epoch = record.epoch
    }
}
