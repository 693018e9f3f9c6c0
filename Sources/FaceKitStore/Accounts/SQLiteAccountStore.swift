// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
public import FaceKitAccounts
import Foundation
import GRDB

/// Accounts in an SQLite database of their own, which several processes may use at the same time.
///
/// It is kept apart from galleries, so that neither waits for the other's writes and either can be copied alone. The file
/// is readable for its owner only; a write that returned is on disk.
public final class SQLiteAccountStore: AccountStore {
    private let pool: DatabasePool

    /// Opens the database at `path`, and creates it when there is none.
    ///
    /// - Throws: When the file cannot be used, is something else's or of a newer version.
    public init(path: String) throws {
        do {
            if !FileManager.default.fileExists(atPath: path) {
                let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
                guard FileManager.default.createFile(atPath: path, contents: nil, attributes: attributes) else {
                    throw FaceError(.fileUnwritable, "the accounts \(path) cannot be created")
                }
            }
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { db in
                try db.execute(sql: "PRAGMA secure_delete = ON")
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            pool = try DatabasePool(path: path, configuration: configuration)
            let migrator = AccountMigrations.migrator
            let (isForeign, isNewer) = try pool.read { db in
                let tables = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") ?? 0
                return (
                    try migrator.appliedIdentifiers(db).isEmpty && tables > 0, try migrator.hasBeenSuperseded(db)
                )
            }
            guard !isForeign else { throw FaceError(.fileUnreadable, "\(path) is a database of something else") }
            guard !isNewer else {
                throw FaceError(.fileUnreadable, "the accounts \(path) are of a newer version than this one can use")
            }
            try migrator.migrate(pool)
        } catch let error as DatabaseError {
            throw FaceError(
                .fileUnreadable,
                "the accounts \(path) cannot be used (\(error.message ?? "no reason given"))"
            )
        }
    }

    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any AccountReader) throws -> Value
    ) async throws -> Value {
        try await pool.read { try body(AccountTransaction($0)) }
    }

    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any AccountWriter) throws -> Value
    ) async throws -> Value {
        try await pool.write { try body(AccountTransaction($0)) }
    }

    /// Closes the database; it cannot be used any more.
    public func close() throws { try pool.close() }
}
