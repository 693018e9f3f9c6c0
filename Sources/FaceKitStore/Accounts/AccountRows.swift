// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import Foundation
import GRDB

/// Rows of the tables of accounts as values.
enum AccountRows {
    static func milliseconds(_ date: Date) -> Int64 { Int64((date.timeIntervalSince1970 * 1000).rounded()) }

    private static func date(_ row: Row, _ column: String) -> Date {
        Date(timeIntervalSince1970: Double(row[column] as Int64) / 1000)
    }

    private static func damaged(_ column: String) -> FaceError {
        FaceError(.fileUnreadable, "the accounts hold something else than was written in \(column)")
    }

    private static func uuid(_ row: Row, _ column: String) throws -> UUID {
        guard let uuid = UUID(uuidString: row[column]) else { throw damaged(column) }
        return uuid
    }

    private static func optionalUUID(_ row: Row, _ column: String) throws -> UUID? {
        guard let text: String = row[column] else { return nil }
        guard let uuid = UUID(uuidString: text) else { throw damaged(column) }
        return uuid
    }

    private static func key(_ row: Row) throws -> APIKey {
        guard let key = APIKey(row["apiKey"]) else { throw damaged("apiKey") }
        return key
    }

    static func role(_ row: Row) throws -> Role { try role(row, "role") }

    static func role(_ row: Row, _ column: String) throws -> Role {
        guard let role = Role(rawValue: row[column]) else { throw damaged(column) }
        return role
    }

    static func user(_ row: Row) throws -> User {
        User(
            id: try uuid(row, "id"),
            email: row["email"],
            firstName: row["firstName"],
            lastName: row["lastName"],
            role: try role(row),
            isConfirmed: row["isConfirmed"],
            createdDate: date(row, "created")
        )
    }

    static func application(_ row: Row) throws -> Application {
        Application(
            id: try uuid(row, "id"),
            name: row["name"],
            apiKey: try key(row),
            createdDate: date(row, "created")
        )
    }

    static func service(_ row: Row) throws -> Service {
        guard let type = ServiceType(rawValue: row["type"]) else { throw damaged("type") }
        return Service(
            id: try uuid(row, "id"),
            applicationID: try uuid(row, "application"),
            name: row["name"],
            type: type,
            apiKey: try key(row),
            createdDate: date(row, "created"),
            settings: Service.Settings(answerVersion: row["answerVersion"])
        )
    }

    static func session(_ row: Row) throws -> Session {
        Session(
            id: try uuid(row, "id"),
            userID: try uuid(row, "user"),
            accessDigest: row["accessDigest"],
            accessExpiry: date(row, "accessExpiry"),
            refreshDigest: row["refreshDigest"],
            refreshExpiry: date(row, "refreshExpiry"),
            previousRefreshDigest: row["previousRefreshDigest"],
            renewedDate: date(row, "renewed"),
            createdDate: date(row, "created"),
            origin: RequestOrigin(address: row["address"], userAgent: row["userAgent"])
        )
    }

    static func link(_ row: Row) throws -> AccountLink {
        guard let purpose = AccountLink.Purpose(rawValue: row["purpose"]) else { throw damaged("purpose") }
        return AccountLink(
            digest: row["digest"],
            purpose: purpose,
            userID: try optionalUUID(row, "user"),
            email: row["email"],
            role: try role(row),
            expiry: date(row, "expiry")
        )
    }

    static func auditEntry(_ row: Row) throws -> AuditEntry {
        AuditEntry(
            date: date(row, "date"),
            actor: row["actor"],
            actorID: try optionalUUID(row, "actorID"),
            action: row["action"],
            subject: row["subject"],
            address: row["address"]
        )
    }
}
