// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// Keeps accounts, applications and services.
///
/// All rules live in ``Administration``; a store only keeps values, and does so in transactions: what `body` reads stays
/// true until it returns, and when it throws nothing of it is kept.
public protocol AccountStore: Sendable {
    func read<Value: Sendable>(_ body: @escaping @Sendable (any AccountReader) throws -> Value) async throws -> Value
    func write<Value: Sendable>(_ body: @escaping @Sendable (any AccountWriter) throws -> Value) async throws -> Value
}

/// What can be asked within a transaction.
public protocol AccountReader {
    func user(_ id: User.ID) throws -> User?
    /// The e-mail is given in lower case.
    func user(email: String) throws -> User?
    /// Everyone, by name.
    func users() throws -> [User]
    func serverOwner() throws -> User?
    func passwordHash(of user: User.ID) throws -> String?

    func application(_ id: Application.ID) throws -> Application?
    func application(named name: String) throws -> Application?
    /// All, by name.
    func applications() throws -> [Application]
    func role(of user: User.ID, in application: Application.ID) throws -> Role?
    /// Everyone in an application, by name.
    func members(of application: Application.ID) throws -> [Member]
    /// The applications that someone is in, by name.
    func applications(of user: User.ID) throws -> [Application]

    func service(_ id: Service.ID) throws -> Service?
    func service(keyDigest: Data) throws -> Service?
    /// The services of all applications.
    func services() throws -> [Service]
    /// The services of an application in order of creation.
    func services(of application: Application.ID) throws -> [Service]

    func session(accessDigest: Data) throws -> Session?
    /// The session whose current or previous refresh token has this digest.
    func session(refreshDigest: Data) throws -> Session?
    /// Someone's sessions, newest first.
    func sessions(of user: User.ID) throws -> [Session]
    func link(digest: Data) throws -> AccountLink?

    /// The days with requests since `day`, newest first.
    func requestCounts(of service: Service.ID, since day: String) throws -> [DailyCount]
    /// Newest first.
    func auditEntries(offset: Int, limit: Int) throws -> [AuditEntry]
    func auditEntryCount() throws -> Int
}

/// What can be changed within a transaction.
public protocol AccountWriter: AccountReader {
    /// Adds a user, or replaces the one with the same identifier.
    func save(_ user: User) throws
    func setPasswordHash(_ hash: String, of user: User.ID) throws
    /// Removes a user with sessions, links and memberships.
    func deleteUser(_ id: User.ID) throws

    func save(_ application: Application) throws
    /// Removes an application with its memberships and services.
    func deleteApplication(_ id: Application.ID) throws
    /// Gives someone a role in an application, or takes it with `nil`.
    func setRole(_ role: Role?, of user: User.ID, in application: Application.ID) throws

    func save(_ service: Service) throws
    /// Removes a service with its statistics.
    func deleteService(_ id: Service.ID) throws

    func save(_ session: Session) throws
    func deleteSession(_ id: Session.ID) throws
    func deleteSessions(of user: User.ID, except kept: Session.ID?) throws
    func save(_ link: AccountLink) throws
    func deleteLink(digest: Data) throws
    /// Removes the links of one purpose that were made for an e-mail.
    func deleteLinks(to email: String, purpose: AccountLink.Purpose) throws

    func addRequests(_ count: Int, to service: Service.ID, on day: String) throws
    func add(_ entry: AuditEntry) throws
    /// Removes ended sessions and links, people who never confirmed, and statistics and audit entries of long ago.
    func deleteExpired(now: Date, statisticsBefore day: String, auditBefore date: Date, unconfirmedBefore: Date) throws
}
