// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import Foundation
import GRDB

/// What is read and changed within one transaction of the database.
struct AccountTransaction: AccountWriter {
    private let db: Database

    init(_ db: Database) {
        self.db = db
    }

    // MARK: Users

    private static let nameOrder = "ORDER BY lastName, firstName, email"

    func user(_ id: User.ID) throws -> User? {
        try one("SELECT * FROM users WHERE id = ?", [id.text], AccountRows.user)
    }

    func user(email: String) throws -> User? {
        try one("SELECT * FROM users WHERE email = ?", [email], AccountRows.user)
    }

    func users() throws -> [User] {
        try all("SELECT * FROM users \(Self.nameOrder)", [], AccountRows.user)
    }

    func serverOwner() throws -> User? {
        try one("SELECT * FROM users WHERE role = 'OWNER'", [], AccountRows.user)
    }

    func passwordHash(of user: User.ID) throws -> String? {
        try String.fetchOne(db, sql: "SELECT passwordHash FROM users WHERE id = ?", arguments: [user.text])
    }

    func save(_ user: User) throws {
        try db.execute(
            sql: """
                INSERT INTO users (id, email, firstName, lastName, role, isConfirmed, created) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET email = excluded.email, firstName = excluded.firstName,
                    lastName = excluded.lastName, role = excluded.role, isConfirmed = excluded.isConfirmed
                """,
            arguments: [
                user.id.text, user.email, user.firstName, user.lastName, user.role.rawValue, user.isConfirmed,
                AccountRows.milliseconds(user.createdDate),
            ]
        )
    }

    func setPasswordHash(_ hash: String, of user: User.ID) throws {
        try db.execute(sql: "UPDATE users SET passwordHash = ? WHERE id = ?", arguments: [hash, user.text])
    }

    func deleteUser(_ id: User.ID) throws {
        try db.execute(sql: "DELETE FROM users WHERE id = ?", arguments: [id.text])
    }

    // MARK: Applications

    func application(_ id: Application.ID) throws -> Application? {
        try one("SELECT * FROM applications WHERE id = ?", [id.text], AccountRows.application)
    }

    func application(named name: String) throws -> Application? {
        try one("SELECT * FROM applications WHERE name = ?", [name], AccountRows.application)
    }

    func applications() throws -> [Application] {
        try all("SELECT * FROM applications ORDER BY name", [], AccountRows.application)
    }

    func applications(of user: User.ID) throws -> [Application] {
        try all(
            "SELECT applications.* FROM applications JOIN members ON application = id WHERE user = ? ORDER BY name",
            [user.text],
            AccountRows.application
        )
    }

    func role(of user: User.ID, in application: Application.ID) throws -> Role? {
        try one(
            "SELECT role FROM members WHERE user = ? AND application = ?",
            [user.text, application.text],
            AccountRows.role
        )
    }

    func members(of application: Application.ID) throws -> [Member] {
        try all(
            """
            SELECT users.*, members.role AS memberRole FROM users JOIN members ON user = id WHERE application = ?
            \(Self.nameOrder)
            """,
            [application.text]
        ) { row in
            Member(user: try AccountRows.user(row), role: try AccountRows.role(row, "memberRole"))
        }
    }

    func save(_ application: Application) throws {
        try db.execute(
            sql: """
                INSERT INTO applications (id, name, apiKey, created) VALUES (?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, apiKey = excluded.apiKey
                """,
            arguments: [
                application.id.text, application.name, application.apiKey.text,
                AccountRows.milliseconds(application.createdDate),
            ]
        )
    }

    func deleteApplication(_ id: Application.ID) throws {
        try db.execute(sql: "DELETE FROM applications WHERE id = ?", arguments: [id.text])
    }

    func setRole(_ role: Role?, of user: User.ID, in application: Application.ID) throws {
        guard let role else {
            try db.execute(
                sql: "DELETE FROM members WHERE user = ? AND application = ?",
                arguments: [user.text, application.text]
            )
            return
        }
        try db.execute(
            sql: "INSERT OR REPLACE INTO members (application, user, role) VALUES (?, ?, ?)",
            arguments: [application.text, user.text, role.rawValue]
        )
    }

    // MARK: Services

    func service(_ id: Service.ID) throws -> Service? {
        try one("SELECT * FROM services WHERE id = ?", [id.text], AccountRows.service)
    }

    func service(keyDigest: Data) throws -> Service? {
        try one("SELECT * FROM services WHERE keyDigest = ?", [keyDigest], AccountRows.service)
    }

    func services() throws -> [Service] {
        try all("SELECT * FROM services ORDER BY created, name", [], AccountRows.service)
    }

    func services(of application: Application.ID) throws -> [Service] {
        try all(
            "SELECT * FROM services WHERE application = ? ORDER BY created, name",
            [application.text],
            AccountRows.service
        )
    }

    func save(_ service: Service) throws {
        try db.execute(
            sql: """
                INSERT INTO services (id, application, name, type, apiKey, keyDigest, created, answerVersion)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, apiKey = excluded.apiKey,
                    keyDigest = excluded.keyDigest, answerVersion = excluded.answerVersion
                """,
            arguments: [
                service.id.text, service.applicationID.text, service.name, service.type.rawValue, service.apiKey.text,
                service.apiKey.digest, AccountRows.milliseconds(service.createdDate), service.settings.answerVersion,
            ]
        )
    }

    func deleteService(_ id: Service.ID) throws {
        try db.execute(sql: "DELETE FROM services WHERE id = ?", arguments: [id.text])
    }

    // MARK: Sessions and links

    func session(accessDigest: Data) throws -> Session? {
        try one("SELECT * FROM sessions WHERE accessDigest = ?", [accessDigest], AccountRows.session)
    }

    func session(refreshDigest: Data) throws -> Session? {
        try one(
            "SELECT * FROM sessions WHERE refreshDigest = ? OR previousRefreshDigest = ?",
            [refreshDigest, refreshDigest],
            AccountRows.session
        )
    }

    func sessions(of user: User.ID) throws -> [Session] {
        try all("SELECT * FROM sessions WHERE user = ? ORDER BY created DESC", [user.text], AccountRows.session)
    }

    func save(_ session: Session) throws {
        try db.execute(
            sql: """
                INSERT INTO sessions (id, user, accessDigest, accessExpiry, refreshDigest, refreshExpiry,
                    previousRefreshDigest, renewed, created, address, userAgent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET accessDigest = excluded.accessDigest,
                    accessExpiry = excluded.accessExpiry, refreshDigest = excluded.refreshDigest,
                    refreshExpiry = excluded.refreshExpiry, previousRefreshDigest = excluded.previousRefreshDigest,
                    renewed = excluded.renewed
                """,
            arguments: [
                session.id.text, session.userID.text, session.accessDigest,
                AccountRows.milliseconds(session.accessExpiry), session.refreshDigest,
                AccountRows.milliseconds(session.refreshExpiry), session.previousRefreshDigest,
                AccountRows.milliseconds(session.renewedDate), AccountRows.milliseconds(session.createdDate),
                session.origin.address, session.origin.userAgent,
            ]
        )
    }

    func deleteSession(_ id: Session.ID) throws {
        try db.execute(sql: "DELETE FROM sessions WHERE id = ?", arguments: [id.text])
    }

    func deleteSessions(of user: User.ID, except kept: Session.ID?) throws {
        try db.execute(
            sql: "DELETE FROM sessions WHERE user = ? AND id IS NOT ?",
            arguments: [user.text, kept?.text]
        )
    }

    func link(digest: Data) throws -> AccountLink? {
        try one("SELECT * FROM links WHERE digest = ?", [digest], AccountRows.link)
    }

    func save(_ link: AccountLink) throws {
        try db.execute(
            sql: "INSERT INTO links (digest, purpose, user, email, role, expiry) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                link.digest, link.purpose.rawValue, link.userID?.text, link.email, link.role.rawValue,
                AccountRows.milliseconds(link.expiry),
            ]
        )
    }

    func deleteLink(digest: Data) throws {
        try db.execute(sql: "DELETE FROM links WHERE digest = ?", arguments: [digest])
    }

    func deleteLinks(to email: String, purpose: AccountLink.Purpose) throws {
        try db.execute(
            sql: "DELETE FROM links WHERE email = ? AND purpose = ?",
            arguments: [email, purpose.rawValue]
        )
    }

    // MARK: Statistics and audit log

    func requestCounts(of service: Service.ID, since day: String) throws -> [DailyCount] {
        try all(
            "SELECT day, requests FROM requestCounts WHERE service = ? AND day >= ? ORDER BY day DESC",
            [service.text, day]
        ) { row in
            DailyCount(day: row["day"], requests: row["requests"])
        }
    }

    func addRequests(_ count: Int, to service: Service.ID, on day: String) throws {
        // The service may have been removed since the requests were counted.
        try db.execute(
            sql: """
                INSERT INTO requestCounts (service, day, requests) SELECT id, ?, ? FROM services WHERE id = ?
                ON CONFLICT (service, day) DO UPDATE SET requests = requests + excluded.requests
                """,
            arguments: [day, count, service.text]
        )
    }

    func auditEntries(offset: Int, limit: Int) throws -> [AuditEntry] {
        try all(
            "SELECT * FROM auditEntries ORDER BY id DESC LIMIT ? OFFSET ?",
            [limit, offset],
            AccountRows.auditEntry
        )
    }

    func auditEntryCount() throws -> Int {
        try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM auditEntries") ?? 0
    }

    func add(_ entry: AuditEntry) throws {
        try db.execute(
            sql: "INSERT INTO auditEntries (date, actor, actorID, action, subject, address) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                AccountRows.milliseconds(entry.date), entry.actor, entry.actorID?.text, entry.action, entry.subject,
                entry.address,
            ]
        )
    }

    func deleteExpired(now: Date, statisticsBefore day: String, auditBefore date: Date, unconfirmedBefore: Date) throws
    {
        let moment = AccountRows.milliseconds(now)
        try db.execute(sql: "DELETE FROM sessions WHERE refreshExpiry <= ?", arguments: [moment])
        try db.execute(sql: "DELETE FROM links WHERE expiry <= ?", arguments: [moment])
        try db.execute(
            sql: "DELETE FROM users WHERE NOT isConfirmed AND created < ?",
            arguments: [AccountRows.milliseconds(unconfirmedBefore)]
        )
        try db.execute(sql: "DELETE FROM requestCounts WHERE day < ?", arguments: [day])
        try db.execute(sql: "DELETE FROM auditEntries WHERE date < ?", arguments: [AccountRows.milliseconds(date)])
    }

    // MARK: Rows

    private func one<Value>(
        _ sql: String,
        _ arguments: StatementArguments,
        _ make: (Row) throws -> Value
    ) throws -> Value? {
        try Row.fetchOne(db, sql: sql, arguments: arguments).map(make)
    }

    private func all<Value>(
        _ sql: String,
        _ arguments: StatementArguments,
        _ make: (Row) throws -> Value
    ) throws -> [Value] {
        try Row.fetchAll(db, sql: sql, arguments: arguments).map(make)
    }
}
