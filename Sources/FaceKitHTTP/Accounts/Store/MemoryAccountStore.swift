// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import Synchronization

/// Accounts in memory, for tests and servers that need not remember.
public final class MemoryAccountStore: AccountStore {
    private let state = Mutex(AccountState())

    public init() {}

    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any AccountReader) throws -> Value
    ) async throws -> Value {
        try body(MemoryTransaction(state.withLock { $0 }))
    }

    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any AccountWriter) throws -> Value
    ) async throws -> Value {
        try state.withLock { state in
            let transaction = MemoryTransaction(state)
            let value = try body(transaction)
            state = transaction.state
            return value
        }
    }
}

private struct AccountState: Sendable {
    struct Membership: Hashable {
        var user: User.ID
        var application: Application.ID
    }

    var users: [User.ID: User] = [:]
    var hashes: [User.ID: String] = [:]
    var applications: [Application.ID: Application] = [:]
    var roles: [Membership: Role] = [:]
    var services: [Service.ID: Service] = [:]
    var sessions: [Session.ID: Session] = [:]
    var links: [Data: AccountLink] = [:]
    var requests: [Service.ID: [String: Int]] = [:]
    var audit: [AuditEntry] = []
}

/// A copy of the state that a transaction works on.
private final class MemoryTransaction: AccountWriter {
    var state: AccountState

    init(_ state: AccountState) {
        self.state = state
    }

    func user(_ id: User.ID) -> User? { state.users[id] }
    func user(email: String) -> User? { state.users.values.first { $0.email == email } }
    func users() -> [User] { Self.byName(Array(state.users.values)) }
    func serverOwner() -> User? { state.users.values.first { $0.role == .owner } }
    func passwordHash(of user: User.ID) -> String? { state.hashes[user] }

    func application(_ id: Application.ID) -> Application? { state.applications[id] }
    func application(named name: String) -> Application? { state.applications.values.first { $0.name == name } }
    func applications() -> [Application] {
        state.applications.values.sorted { ($0.name, $0.id.text) < ($1.name, $1.id.text) }
    }
    func role(of user: User.ID, in application: Application.ID) -> Role? {
        state.roles[.init(user: user, application: application)]
    }
    func members(of application: Application.ID) -> [Member] {
        users().compactMap { user in role(of: user.id, in: application).map { Member(user: user, role: $0) } }
    }
    func applications(of user: User.ID) -> [Application] { applications().filter { role(of: user, in: $0.id) != nil } }

    func service(_ id: Service.ID) -> Service? { state.services[id] }
    func service(keyDigest: Data) -> Service? { state.services.values.first { $0.apiKey.digest == keyDigest } }
    func services() -> [Service] { Array(state.services.values) }
    func services(of application: Application.ID) -> [Service] {
        state.services.values.filter { $0.applicationID == application }
            .sorted { ($0.createdDate, $0.name) < ($1.createdDate, $1.name) }
    }

    func session(accessDigest: Data) -> Session? { state.sessions.values.first { $0.accessDigest == accessDigest } }
    func session(refreshDigest: Data) -> Session? {
        state.sessions.values.first {
            $0.refreshDigest == refreshDigest || $0.previousRefreshDigest == refreshDigest
        }
    }
    func sessions(of user: User.ID) -> [Session] {
        state.sessions.values.filter { $0.userID == user }.sorted { $0.createdDate > $1.createdDate }
    }
    func link(digest: Data) -> AccountLink? { state.links[digest] }

    func requestCounts(of service: Service.ID, since day: String) -> [DailyCount] {
        (state.requests[service] ?? [:]).filter { $0.key >= day }.sorted { $0.key > $1.key }
            .map { DailyCount(day: $0.key, requests: $0.value) }
    }
    func auditEntries(offset: Int, limit: Int) -> [AuditEntry] {
        Array(state.audit.reversed().dropFirst(offset).prefix(limit))
    }
    func auditEntryCount() -> Int { state.audit.count }

    func save(_ user: User) { state.users[user.id] = user }
    func setPasswordHash(_ hash: String, of user: User.ID) { state.hashes[user] = hash }
    func deleteUser(_ id: User.ID) {
        state.users[id] = nil
        state.hashes[id] = nil
        state.sessions = state.sessions.filter { $0.value.userID != id }
        state.links = state.links.filter { $0.value.userID != id }
        state.roles = state.roles.filter { $0.key.user != id }
    }

    func save(_ application: Application) { state.applications[application.id] = application }
    func deleteApplication(_ id: Application.ID) {
        for service in services(of: id) { deleteService(service.id) }
        state.applications[id] = nil
        state.roles = state.roles.filter { $0.key.application != id }
    }
    func setRole(_ role: Role?, of user: User.ID, in application: Application.ID) {
        state.roles[.init(user: user, application: application)] = role
    }

    func save(_ service: Service) { state.services[service.id] = service }
    func deleteService(_ id: Service.ID) {
        state.services[id] = nil
        state.requests[id] = nil
    }

    func save(_ session: Session) { state.sessions[session.id] = session }
    func deleteSession(_ id: Session.ID) { state.sessions[id] = nil }
    func deleteSessions(of user: User.ID, except kept: Session.ID?) {
        state.sessions = state.sessions.filter { $0.value.userID != user || $0.key == kept }
    }
    func save(_ link: AccountLink) { state.links[link.digest] = link }
    func deleteLink(digest: Data) { state.links[digest] = nil }
    func deleteLinks(to email: String, purpose: AccountLink.Purpose) {
        state.links = state.links.filter { $0.value.email != email || $0.value.purpose != purpose }
    }

    func addRequests(_ count: Int, to service: Service.ID, on day: String) {
        guard state.services[service] != nil else { return }
        state.requests[service, default: [:]][day, default: 0] += count
    }
    func add(_ entry: AuditEntry) { state.audit.append(entry) }
    func deleteExpired(now: Date, statisticsBefore day: String, auditBefore date: Date, unconfirmedBefore: Date) {
        state.sessions = state.sessions.filter { $0.value.refreshExpiry > now }
        state.links = state.links.filter { $0.value.expiry > now }
        for user in state.users.values where !user.isConfirmed && user.createdDate < unconfirmedBefore {
            deleteUser(user.id)
        }
        state.requests = state.requests.mapValues { days in days.filter { $0.key >= day } }
        state.audit.removeAll { $0.date < date }
    }

    private static func byName(_ users: [User]) -> [User] {
        users.sorted { ($0.lastName, $0.firstName, $0.email) < ($1.lastName, $1.firstName, $1.email) }
    }
}
