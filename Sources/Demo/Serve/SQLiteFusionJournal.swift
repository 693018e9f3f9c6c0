// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import Foundation
import GRDB

/// A journal in a SQLite database, in the tables of the original: `users` and `logs`.
final class SQLiteFusionJournal: FusionJournal {
    private let database: DatabaseQueue

    /// Opens the database, which is made when there is none; it holds people's names and pictures.
    init(path: String) throws {
        try Self.makePrivateFile(path)
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(30)
        database = try DatabaseQueue(path: path, configuration: configuration)
        var migrator = DatabaseMigrator()
        migrator.registerMigration("users and logs") { db in
            try db.create(table: "users") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("username", .text).notNull().unique()
            }
            try db.create(table: "logs") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("username", .text).notNull().indexed()
                table.column("imageres", .text).notNull()
                table.column("datetime", .integer).notNull()
                table.column("type", .text).notNull()
            }
        }
        try migrator.migrate(database)
    }

    /// Makes an empty file that only its owner can read, when there is none.
    private static func makePrivateFile(_ path: String) throws {
        let manager = FileManager.default
        guard
            manager.fileExists(atPath: path)
                || manager.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw FaceError(.fileUnwritable, "the file \(path) cannot be made") }
    }

    func checkUser(_ openID: String) async throws -> Bool {
        try await database.write { db in
            try db.execute(sql: "INSERT OR IGNORE INTO users (username) VALUES (?)", arguments: [openID])
            return db.changesCount == 0
        }
    }

    @discardableResult
    func append(_ content: FusionEntry.Content) async throws -> Int {
        try await database.write { db in
            try db.execute(
                sql: "INSERT INTO logs (username, imageres, datetime, type) VALUES (?, ?, ?, ?)",
                arguments: Self.arguments(content)
            )
            return Int(db.lastInsertedRowID)
        }
    }

    func entries(of openID: String) async throws -> [FusionEntry] {
        try await database.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM logs WHERE username = ? ORDER BY id", arguments: [openID])
                .map(Self.entry)
        }
    }

    func entry(_ id: Int) async throws -> FusionEntry? {
        try await database.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM logs WHERE id = ?", arguments: [id]).map(Self.entry)
        }
    }

    func replace(_ id: Int, with content: FusionEntry.Content) async throws {
        try await database.write { db in
            try db.execute(
                sql: "UPDATE logs SET username = ?, imageres = ?, datetime = ?, type = ? WHERE id = ?",
                arguments: Self.arguments(content) + [id]
            )
        }
    }

    private static func arguments(_ content: FusionEntry.Content) -> StatementArguments {
        [content.openID, content.outputImage, Int(content.time.timeIntervalSince1970), content.type]
    }

    private static func entry(_ row: Row) -> FusionEntry {
        FusionEntry(
            id: row["id"],
            content: .init(
                openID: row["username"],
                type: row["type"],
                time: Date(timeIntervalSince1970: TimeInterval(row["datetime"] as Int)),
                outputImage: row["imageres"]
            )
        )
    }
}
