// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import GRDB

/// A database of galleries: opening, errors, erasing, copying.
final class GalleryDatabase: Sendable {
    let path: String
    private let pool: DatabasePool
    private let group: TransactionGroup
    private let isReadOnly: Bool

    init(path: String, access: SQLiteGalleryStore.Access, options: SQLiteGalleryStore.Options) throws {
        self.path = path
        isReadOnly = access == .readOnly
        let exists = FileManager.default.fileExists(atPath: path)
        if isReadOnly, !exists { throw FaceError(.galleryNotFound, "there is no gallery database \(path)") }
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(options.busyTimeout)
        configuration.maximumReaderCount = options.maximumReaders
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
            try db.execute(sql: "PRAGMA mmap_size = 0")
            // Of a new database: three templates of 512 dimensions fit a page, of the usual size only one.
            try db.execute(sql: "PRAGMA page_size = 8192")
        }
        do {
            if !exists { try Self.create(path) }
            pool = try DatabasePool(path: path, configuration: configuration)
            group = TransactionGroup(pool)
            let migrator = GalleryMigrations.migrator
            let isForeign = try pool.read { db in
                try migrator.appliedIdentifiers(db).isEmpty
                    && (Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") ?? 0) > 0
            }
            let isNewer = try pool.read { try migrator.hasBeenSuperseded($0) }
            guard !isForeign, !isNewer else {
                throw FaceError(
                    .unsupportedGallery,
                    isForeign
                        ? "\(path) is a database of something else"
                        : "the gallery database \(path) is of a newer version than this one can use"
                )
            }
            if isReadOnly {
                guard try pool.read(migrator.hasCompletedMigrations) else {
                    throw FaceError(
                        .unsupportedGallery,
                        "the gallery database \(path) is of an older version; open it for writing once"
                    )
                }
            } else {
                // By default the last transactions before a power cut could be lost.
                try pool.writeWithoutTransaction { db in
                    try db.execute(sql: "PRAGMA synchronous = FULL")
                    // 32 MiB: a call with a thousand templates stays in memory until it is committed.
                    try db.execute(sql: "PRAGMA cache_size = -32768")
                }
                try migrator.migrate(pool)
            }
        } catch {
            throw Self.translated(error, path)
        }
    }

    /// Makes the file, readable for its owner alone.
    private static func create(_ path: String) throws {
        let file = try StoredFile(path, .create)
        try file.synchronize()
        try StoredFile.synchronizeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    /// The row of a gallery.
    static func record(named name: String, _ db: Database) throws -> GalleryRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM galleries WHERE name = ?", arguments: [name])
            .flatMap(GalleryRecord.init)
    }

    /// The row of a gallery.
    static func record(id: Int64, _ db: Database) throws -> GalleryRecord? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM galleries WHERE id = ?"), arguments: [id])
            .flatMap(GalleryRecord.init)
    }

    /// Reads what is there at one moment.
    func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        try await Blocking.run { try self.readBlocking(body) }
    }

    /// Reads what is there at one moment; blocks the calling thread.
    func readBlocking<Result>(_ body: (Database) throws -> Result) throws -> Result {
        do { return try pool.read(body) } catch { throw Self.translated(error, path) }
    }

    /// Makes changes, all or none.
    func write<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        try requireWritable()
        return try await Blocking.run {
            do { return try self.pool.write(body) } catch { throw Self.translated(error, self.path) }
        }
    }

    /// Makes changes, all or none, in a transaction that other changes may share.
    func writeTogether(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        try requireWritable()
        do { try await group.write(body) } catch { throw Self.translated(error, path) }
    }

    private func requireWritable() throws {
        guard isReadOnly else { return }
        throw FaceError(.galleryReadOnly, "the gallery database \(path) was opened for reading only")
    }

    /// Writes the database anew without what was removed, and empties the write-ahead log.
    func compact() async throws {
        try requireWritable()
        try await Blocking.run {
            do {
                try self.pool.barrierWriteWithoutTransaction { db in
                    try db.inTransaction(.immediate) {
                        // Indexes that had not noticed the latest changes are made anew.
                        try db.execute(
                            sql: """
                                UPDATE galleries SET awaitingErasure = 0;
                                UPDATE galleries SET epoch = epoch + 1 WHERE id IN (SELECT gallery FROM changes);
                                DELETE FROM changes;
                                """
                        )
                        return .commit
                    }
                    do {
                        try db.execute(sql: "VACUUM")
                        try Self.emptyLog(db)
                    } catch {
                        try? db.execute(sql: "UPDATE galleries SET awaitingErasure = awaitingErasure + 1")
                        throw error
                    }
                }
            } catch {
                throw Self.translated(error, self.path)
            }
        }
    }

    private static func emptyLog(_ db: Database) throws {
        let row = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        guard let busy: Int = row?[0], busy == 0 else {
            throw FaceError(
                .galleryInUse,
                "another process is reading the gallery, so that what was removed may still be in its write-ahead log; "
                    + "compact it again"
            )
        }
    }

    func backup(toPath target: String) async throws {
        guard !FileManager.default.fileExists(atPath: target) else {
            throw FaceError(.fileUnwritable, "a backup to \(target) would replace what is there")
        }
        try await Blocking.run {
            do {
                try Self.create(target)
                let copy = try DatabaseQueue(path: target)
                try self.pool.backup(to: copy)
                try copy.close()
                let file = try StoredFile(target, .update)
                try file.synchronize()
            } catch {
                throw Self.translated(error, target)
            }
        }
    }

    func close() async throws {
        try await Blocking.run {
            do { try self.pool.close() } catch { throw Self.translated(error, self.path) }
        }
    }

    /// An error of the database as one of ours.
    static func translated(_ error: any Error, _ path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        // The message of a constraint may quote values; codes and their names do not.
        let reason = "\(error.resultCode)".contains("constraint") ? "a constraint" : error.message ?? "no reason given"
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_PERM:
            return FaceError(.fileUnwritable, "\(path) cannot be written (\(reason))")
        case .SQLITE_CANTOPEN:
            return FaceError(.fileUnreadable, "\(path) cannot be opened (\(reason))")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return FaceError(.galleryInUse, "another process keeps \(path) busy (\(reason))")
        case .SQLITE_CORRUPT:
            return FaceError(.galleryDamaged, "\(path) is damaged (\(reason))")
        case .SQLITE_NOTADB:
            return FaceError(.unsupportedGallery, "\(path) is no gallery database (\(reason))")
        case .SQLITE_MISUSE:
            return FaceError(.galleryNotFound, "the gallery database \(path) was closed")
        default:
            return FaceError(.fileUnwritable, "\(path) cannot be used (\(reason))")
        }
    }
}
