// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

extension Administration {
    private static let guessesOfOne = AttemptLimiter.Limit(failures: 5, window: 300)
    private static let guessesOfAccount = AttemptLimiter.Limit(failures: 50, window: 900)
    private static let guessesOfAddress = AttemptLimiter.Limit(failures: 50, window: 900)

    /// Logs someone in.
    ///
    /// - Throws: ``AccountError/Code/badCredentials``, ``AccountError/Code/unconfirmed``,
    ///   ``AccountError/Code/tooManyAttempts``.
    public func logIn(email: String, password: String, origin: RequestOrigin) async throws -> SessionTokens {
        let email = email.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
        let start = now()
        let names: [(String, AttemptLimiter.Limit)] = [
            ("one \(email) \(origin.address)", Self.guessesOfOne),
            ("account \(email)", Self.guessesOfAccount),
            ("address \(origin.address)", Self.guessesOfAddress),
        ]
        for (name, limit) in names { try limiter.admit(name, limit: limit, now: start) }
        // Counted before the slow hash, so that tries at the same time count too.
        for (name, limit) in names { limiter.noteFailure(name, limit: limit, now: start) }

        let (user, hash) = try await store.read { reader -> (User?, String?) in
            guard let user = try reader.user(email: email) else { return (nil, nil) }
            return (user, try reader.passwordHash(of: user.id))
        }
        let matches = try await hasher.matches(password, hash: hash)
        guard let user, matches else {
            try await store.write { writer in
                try writer.add(
                    AuditEntry(
                        date: start,
                        actor: nil,
                        actorID: nil,
                        action: "log-in-failed",
                        subject: String(email.prefix(AccountRules.longestEmail)),
                        address: origin.address
                    )
                )
            }
            throw AccountError(.badCredentials, "Bad credentials")
        }
        limiter.forget(names[0].0)
        for (name, _) in names.dropFirst() { limiter.withdraw(name) }
        guard user.isConfirmed else { throw AccountError(.unconfirmed, "User is disabled") }
        if let hash, hasher.isOutdated(hash) {
            let fresh = try await hasher.hash(password)
            try await store.write { try $0.setPasswordHash(fresh, of: user.id) }
        }
        return try await openSession(for: user, origin: origin)
    }

    private func openSession(for user: User, origin: RequestOrigin) async throws -> SessionTokens {
        let tokens = SessionTokens(access: SecretToken(), refresh: SecretToken())
        let date = now()
        let session = Session(
            userID: user.id,
            accessDigest: tokens.access.digest,
            accessExpiry: date.addingTimeInterval(settings.accessTokenLifetime),
            refreshDigest: tokens.refresh.digest,
            refreshExpiry: date.addingTimeInterval(settings.refreshTokenLifetime),
            renewedDate: date,
            createdDate: date,
            origin: origin
        )
        try await store.write { writer in
            try writer.save(session)
            try writer.add(
                AuditEntry(
                    date: date,
                    actor: user.fullName,
                    actorID: user.id,
                    action: "log-in",
                    subject: nil,
                    address: origin.address
                )
            )
        }
        return tokens
    }

    /// Gives a session new tokens; the old ones stop working.
    ///
    /// - Throws: ``AccountError/Code/unauthenticated``.
    public func renewSession(refreshToken: String) async throws -> SessionTokens {
        let digest = SecretToken.digest(of: refreshToken)
        let tokens = SessionTokens(access: SecretToken(), refresh: SecretToken())
        let date = now()
        let settings = settings
        return try await store.write { writer in
            guard var session = try writer.session(refreshDigest: digest), session.refreshExpiry > date,
                let user = try writer.user(session.userID), user.isConfirmed
            else { throw AccountError(.unauthenticated, "Invalid refresh token") }
            if session.refreshDigest != digest {
                guard date.timeIntervalSince(session.renewedDate) <= AccountSettings.renewalGrace else {
                    throw AccountError(.unauthenticated, "Invalid refresh token")
                }
            }
            session.previousRefreshDigest = session.refreshDigest
            session.accessDigest = tokens.access.digest
            session.accessExpiry = date.addingTimeInterval(settings.accessTokenLifetime)
            session.refreshDigest = tokens.refresh.digest
            session.refreshExpiry = date.addingTimeInterval(settings.refreshTokenLifetime)
            session.renewedDate = date
            try writer.save(session)
            return tokens
        }
    }

    /// Returns who an access token belongs to.
    ///
    /// - Throws: ``AccountError/Code/unauthenticated`` when it is unknown or has expired.
    public func caller(accessToken: String?, origin: RequestOrigin) async throws -> Caller {
        let missing = AccountError(
            .unauthenticated,
            "Full authentication is required to access this resource"
        )
        guard let accessToken, !accessToken.isEmpty else { throw missing }
        let digest = SecretToken.digest(of: accessToken)
        let date = now()
        return try await store.read { reader in
            guard let session = try reader.session(accessDigest: digest), session.accessExpiry > date,
                let user = try reader.user(session.userID), user.isConfirmed
            else { throw missing }
            return Caller(user: user, sessionID: session.id, origin: origin)
        }
    }

    /// Ends the session of an access token; an unknown one is no error.
    public func logOut(accessToken: String, origin: RequestOrigin) async throws {
        let digest = SecretToken.digest(of: accessToken)
        let date = now()
        try await store.write { writer in
            guard let session = try writer.session(accessDigest: digest) else { return }
            try writer.deleteSession(session.id)
            let user = try writer.user(session.userID)
            try writer.add(
                AuditEntry(
                    date: date,
                    actor: user?.fullName,
                    actorID: user?.id,
                    action: "log-out",
                    subject: nil,
                    address: origin.address
                )
            )
        }
    }

    /// The caller's own sessions, newest first.
    public func sessions(by caller: Caller) async throws -> [Session] {
        let date = now()
        return try await store.read { try $0.sessions(of: caller.user.id).filter { $0.refreshExpiry > date } }
    }

    /// Ends one of the caller's own sessions.
    ///
    /// - Throws: ``AccountError/Code/unknownSession``.
    public func endSession(_ id: Session.ID, by caller: Caller) async throws {
        let date = now()
        try await store.write { writer in
            guard try writer.sessions(of: caller.user.id).contains(where: { $0.id == id }) else {
                throw AccountError(.unknownSession, "Session \(id.text) not found")
            }
            try writer.deleteSession(id)
            try writer.add(
                AuditEntry(
                    date: date,
                    actor: caller.user.fullName,
                    actorID: caller.user.id,
                    action: "end-session",
                    subject: nil,
                    address: caller.origin.address
                )
            )
        }
    }
}
