// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation
import GRDB

/// Galleries in one SQLite database.
///
/// An operation that returned is on disk (write-ahead log, `synchronous = FULL`). Any number of processes may use the
/// database at the same time; a change that another process is in the middle of is waited for. What is removed is
/// overwritten at once in the database file (`secure_delete`), and gone from the write-ahead log as well once
/// ``Gallery/compact()`` has run.
public final class SQLiteGalleryStore: GalleryStore {
    /// How a database is opened.
    public enum Access: Hashable, Sendable {
        /// For searches only.
        case readOnly
        /// For everything; creates the database where there is none, and brings an older one to the present tables.
        case readWrite
    }

    /// Settings of a database.
    public struct Options: Sendable {
        /// How many seconds a change waits for those of other processes; the default is 30.
        public var busyTimeout = 30.0
        /// Readers at the same time; the default is 8.
        public var maximumReaders = 8

        /// The defaults.
        public init() {}
    }

    let database: GalleryDatabase

    /// Opens a database.
    ///
    /// - Parameters:
    ///   - path: The database's file; two more beside it, `-wal` and `-shm`, belong to it while it is in use.
    ///   - access: For reading or for writing.
    ///   - options: Settings.
    /// - Throws: ``FaceError/Code/galleryNotFound`` when there is none to read, ``FaceError/Code/galleryDamaged``,
    ///   ``FaceError/Code/unsupportedGallery`` for a database of something else or of a newer version,
    ///   ``FaceError/Code/fileUnwritable``.
    public init(path: String, access: Access = .readWrite, options: Options = .init()) async throws {
        database = try await Blocking.run { try GalleryDatabase(path: path, access: access, options: options) }
    }

    public func galleryNames() async throws -> [String] {
        try await database.read { try String.fetchAll($0, sql: "SELECT name FROM galleries") }.sorted()
    }

    public func gallery(named name: String) async throws -> (any Gallery)? {
        guard GalleryName.isValid(name) else { return nil }
        let record = try await database.read { try GalleryDatabase.record(named: name, $0) }
        return record.map { SQLiteGallery(database, $0) }
    }

    public func openGallery(named name: String, configuration: GalleryConfiguration) async throws -> any Gallery {
        SQLiteGallery(database, try await record(openingNamed: name, configuration))
    }

    /// The row of a gallery, which is created where there is none.
    func record(openingNamed name: String, _ configuration: GalleryConfiguration) async throws -> GalleryRecord {
        try GalleryName.check(name)
        if let record = try await database.read({ try GalleryDatabase.record(named: name, $0) }) { return record }
        let record = try await database.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO galleries (name, nameMatching) VALUES (?, ?)",
                arguments: [name, configuration.nameMatching.rawValue]
            )
            return try GalleryDatabase.record(named: name, db)
        }
        guard let record else { throw FaceError(.unsupportedGallery, "a gallery cannot be read by this version") }
        return record
    }

    @discardableResult
    public func deleteGallery(named name: String) async throws -> Bool {
        guard GalleryName.isValid(name) else { return false }
        return try await database.write { db in
            try db.execute(sql: "DELETE FROM galleries WHERE name = ?", arguments: [name])
            return db.changesCount > 0
        }
    }

    /// Copies the database with all galleries, while searches and changes go on.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable`` when there is something at the path already, or too little room.
    public func backup(toPath path: String) async throws { try await database.backup(toPath: path) }

    /// Closes the database once running operations have ended.
    public func close() async throws { try await database.close() }
}
