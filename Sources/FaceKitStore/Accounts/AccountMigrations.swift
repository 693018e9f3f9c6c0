// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import GRDB

/// The tables of accounts, step by step.
///
/// Steps that were released are never changed; new ones are appended.
enum AccountMigrations {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("accounts", migrate: accounts)
        return migrator
    }()

    /// Identifiers are the texts of UUIDs, times whole milliseconds since 1970, days `yyyy-MM-dd`, digests SHA-256.
    @Sendable private static func accounts(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE users (
                    id TEXT PRIMARY KEY,
                    email TEXT NOT NULL UNIQUE,
                    firstName TEXT NOT NULL,
                    lastName TEXT NOT NULL,
                    role TEXT NOT NULL,
                    isConfirmed INTEGER NOT NULL,
                    created INTEGER NOT NULL,
                    passwordHash TEXT
                ) WITHOUT ROWID;
                -- There is one owner of the server.
                CREATE UNIQUE INDEX serverOwner ON users(role) WHERE role = 'OWNER';
                CREATE TABLE applications (
                    id TEXT PRIMARY KEY,
                    name TEXT NOT NULL UNIQUE,
                    apiKey TEXT NOT NULL,
                    created INTEGER NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE members (
                    application TEXT NOT NULL REFERENCES applications(id) ON DELETE CASCADE,
                    user TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
                    role TEXT NOT NULL,
                    PRIMARY KEY (application, user)
                ) WITHOUT ROWID;
                CREATE INDEX applicationsOfUser ON members(user);
                CREATE TABLE services (
                    id TEXT PRIMARY KEY,
                    application TEXT NOT NULL REFERENCES applications(id) ON DELETE CASCADE,
                    name TEXT NOT NULL,
                    type TEXT NOT NULL,
                    apiKey TEXT NOT NULL,
                    keyDigest BLOB NOT NULL UNIQUE,
                    created INTEGER NOT NULL,
                    answerVersion TEXT
                ) WITHOUT ROWID;
                CREATE INDEX servicesOfApplication ON services(application);
                CREATE TABLE sessions (
                    id TEXT PRIMARY KEY,
                    user TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
                    accessDigest BLOB NOT NULL UNIQUE,
                    accessExpiry INTEGER NOT NULL,
                    refreshDigest BLOB NOT NULL UNIQUE,
                    refreshExpiry INTEGER NOT NULL,
                    previousRefreshDigest BLOB,
                    renewed INTEGER NOT NULL,
                    created INTEGER NOT NULL,
                    address TEXT NOT NULL,
                    userAgent TEXT NOT NULL
                ) WITHOUT ROWID;
                CREATE INDEX sessionsOfUser ON sessions(user);
                CREATE INDEX sessionsByPrevious ON sessions(previousRefreshDigest);
                CREATE TABLE links (
                    digest BLOB PRIMARY KEY,
                    purpose TEXT NOT NULL,
                    user TEXT REFERENCES users(id) ON DELETE CASCADE,
                    email TEXT NOT NULL,
                    role TEXT NOT NULL,
                    expiry INTEGER NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE requestCounts (
                    service TEXT NOT NULL REFERENCES services(id) ON DELETE CASCADE,
                    day TEXT NOT NULL,
                    requests INTEGER NOT NULL,
                    PRIMARY KEY (service, day)
                ) WITHOUT ROWID;
                CREATE TABLE auditEntries (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    date INTEGER NOT NULL,
                    actor TEXT,
                    actorID TEXT,
                    action TEXT NOT NULL,
                    subject TEXT,
                    address TEXT NOT NULL
                );
                CREATE INDEX auditEntriesByDate ON auditEntries(date);
                """
        )
    }
}
