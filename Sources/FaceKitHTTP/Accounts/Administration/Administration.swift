// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// Everything that can be done with accounts, applications and services, with the permissions it needs.
///
/// Each change is checked, made and recorded in one transaction of the store.
public final class Administration: Sendable {
    public let settings: AccountSettings
    public let store: any AccountStore
    let collections: any ServiceCollections
    let mailer: (any Mailer)?
    let hasher: PasswordHasher
    let limiter = AttemptLimiter()
    let counter = RequestCounter()
    let now: @Sendable () -> Date

    /// Creates the administration of a store.
    ///
    /// Without a mailer people are confirmed at once, and administrators hand over links. `now` is the clock.
    public init(
        store: any AccountStore,
        collections: any ServiceCollections,
        settings: AccountSettings = AccountSettings(),
        mailer: (any Mailer)? = nil,
        hasher: PasswordHasher = PasswordHasher(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.store = store
        self.collections = collections
        self.settings = settings
        self.mailer = mailer
        self.hasher = hasher
        self.now = now
    }

    /// Whether mails can be sent.
    public var canMail: Bool { mailer != nil }

    /// Whether nobody has signed up yet.
    public func isFirstRun() async throws -> Bool {
        try await store.read { try $0.serverOwner() == nil }
    }

    /// Whether the demo can be tried: it is there, it is offered, and nobody has signed up yet.
    public func hasDemo() async throws -> Bool {
        guard settings.offersDemo, let key = APIKey(DemoContent.recognitionKey) else { return false }
        return try await store.read { reader in
            try reader.serverOwner() == nil && reader.service(keyDigest: key.digest) != nil
        }
    }

    /// The key of the demo's recognition service.
    ///
    /// - Throws: ``AccountError/Code/demoGone`` after the first sign-up.
    public func demoKey() async throws -> APIKey {
        guard try await hasDemo(), let key = APIKey(DemoContent.recognitionKey) else {
            throw AccountError(.demoGone, "The Demo model is not available any more!")
        }
        return key
    }

    // MARK: Permissions

    /// Returns the caller as the store knows it now, if it may do `action`.
    ///
    /// `application`: The application concerned; it must exist.
    static func authorize(
        _ caller: Caller,
        for action: AdministrativeAction,
        application: Application.ID? = nil,
        in reader: any AccountReader
    ) throws -> User {
        guard let user = try reader.user(caller.user.id) else {
            throw AccountError(.unauthenticated, "The session has ended")
        }
        var role: Role?
        if let application {
            role = try reader.role(of: user.id, in: application)
            guard try reader.application(application) != nil else {
                // Whether an application exists is nothing for those who may see none.
                throw AccountError.unknown(application: application)
            }
        }
        guard PermissionTable.allows(action, global: user.role, application: role) else { throw AccountError.denied }
        return user
    }

    /// Runs `body` in a transaction if the caller may do `action`, and records it with what `body` says it concerned.
    func change<Value: Sendable>(
        _ action: AdministrativeAction,
        record: String,
        application: Application.ID? = nil,
        by caller: Caller,
        _ body: @escaping @Sendable (any AccountWriter, User) throws -> (Value, subject: String?)
    ) async throws -> Value {
        let date = now()
        return try await store.write { writer in
            let user = try Self.authorize(caller, for: action, application: application, in: writer)
            let (value, subject) = try body(writer, user)
            try writer.add(
                AuditEntry(
                    date: date,
                    actor: user.fullName,
                    actorID: user.id,
                    action: record,
                    subject: subject,
                    address: caller.origin.address
                )
            )
            return value
        }
    }

    /// Runs `body` in a transaction if the caller may do `action`.
    func look<Value: Sendable>(
        _ action: AdministrativeAction,
        application: Application.ID? = nil,
        by caller: Caller,
        _ body: @escaping @Sendable (any AccountReader, User) throws -> Value
    ) async throws -> Value {
        try await store.read { reader in
            try body(reader, try Self.authorize(caller, for: action, application: application, in: reader))
        }
    }

    // MARK: Upkeep

    /// Writes the counted requests; call it every few seconds and at shutdown.
    public func writeStatistics() async throws {
        let taken = counter.take()
        guard !taken.isEmpty else { return }
        do {
            try await store.write { writer in
                for (key, count) in taken { try writer.addRequests(count, to: key.service, on: key.day) }
            }
        } catch {
            counter.putBack(taken)
            throw error
        }
    }

    /// Removes what has expired; call it now and then.
    public func removeExpired() async throws {
        let now = now()
        let statistics = Day.text(Self.months(settings.statisticsMonths, before: now))
        try await store.write { writer in
            try writer.deleteExpired(
                now: now,
                statisticsBefore: statistics,
                auditBefore: now.addingTimeInterval(-AccountSettings.auditLifetime),
                unconfirmedBefore: now.addingTimeInterval(-AccountSettings.registrationLinkLifetime)
            )
        }
    }

    static func months(_ count: Int, before date: Date) -> Date {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar.date(byAdding: .month, value: -count, to: date) ?? date
    }

    /// The audit log, newest entry first.
    public func auditLog(
        offset: Int,
        limit: Int,
        by caller: Caller
    ) async throws -> (entries: [AuditEntry], count: Int) {
        try await look(.seeAuditLog, by: caller) { reader, _ in
            (try reader.auditEntries(offset: offset, limit: limit), try reader.auditEntryCount())
        }
    }
}

extension Administration: ServiceDirectory {
    public func service(withKey key: APIKey) async throws -> Service? {
        let digest = key.digest
        let service = try await store.read { try $0.service(keyDigest: digest) }
        guard let service, service.apiKey.matches(key) else { return nil }
        return service
    }

    public func services() async throws -> [Service] {
        try await store.read { try $0.services() }
    }

    public func countRequest(to service: Service.ID) {
        counter.count(service, day: Day.text(now()))
    }
}
