// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

extension Administration {
    private static let registrations = AttemptLimiter.Limit(failures: 30, window: 3600)
    private static let resetRequests = AttemptLimiter.Limit(failures: 5, window: 900)

    /// What came of a registration.
    public enum Registration: Sendable {
        /// The person can log in.
        case usable
        /// A mail with a link is on its way.
        case confirmationMailed
    }

    /// A link that was made for someone.
    public struct HandedLink: Hashable, Sendable {
        public let email: String
        public let link: String
        /// Whether it went out by mail too.
        public let isMailed: Bool
    }

    /// Signs someone up.
    ///
    /// The first person of all owns the server.
    ///
    /// `invitation`: The token of an invitation, which also confirms the e-mail.
    public func register(
        email: String?,
        password: String?,
        firstName: String?,
        lastName: String?,
        invitation: String? = nil,
        origin: RequestOrigin
    ) async throws -> Registration {
        let date = now()
        let firstName = try AccountRules.personName(firstName, field: "firstName")
        let lastName = try AccountRules.personName(lastName, field: "lastName")
        let email = try AccountRules.email(email)
        guard let password, !password.isEmpty else {
            throw AccountError(.emptyField, "Field password cannot be empty")
        }
        guard password.count <= AccountRules.passwordLengths.upperBound else {
            throw AccountError(.invalidValue, "Password size must be between 8 and 255")
        }
        try limiter.admit("register \(origin.address)", limit: Self.registrations, now: date)
        limiter.noteFailure("register \(origin.address)", limit: Self.registrations, now: date)

        let digest = invitation.map { SecretToken.digest(of: $0) }
        let settings = settings
        let hash = try await hasher.hash(password)
        let mustConfirm = mailer != nil
        let user = try await store.write { writer -> User in
            let isFirst = try writer.serverOwner() == nil
            guard try writer.user(email: email) == nil else {
                throw AccountError(.emailTaken, "This email already registered")
            }
            var role = isFirst ? Role.owner : .user
            var isConfirmed = isFirst || !mustConfirm
            if let digest {
                guard let link = try writer.link(digest: digest), link.purpose == .invitation, link.expiry > date,
                    link.email == email
                else { throw AccountError(.expiredRegistration, "User registration token is expired!") }
                try writer.deleteLinks(to: email, purpose: .invitation)
                role = isFirst ? .owner : link.role
                isConfirmed = true
            } else if settings.signUp == .invitation, !isFirst {
                throw AccountError(.invitationOnly, "This server takes new users by invitation")
            }
            let user = User(
                email: email,
                firstName: firstName,
                lastName: lastName,
                role: role,
                isConfirmed: isConfirmed,
                createdDate: date
            )
            try writer.save(user)
            try writer.setPasswordHash(hash, of: user.id)
            if isFirst { try Self.handOverApplications(to: user, in: writer) }
            try writer.add(
                AuditEntry(
                    date: date,
                    actor: user.fullName,
                    actorID: user.id,
                    action: "register",
                    subject: nil,
                    address: origin.address
                )
            )
            return user
        }
        guard !user.isConfirmed, let mailer else { return .usable }
        let token = SecretToken()
        let link = AccountLink(
            digest: token.digest,
            purpose: .confirmRegistration,
            userID: user.id,
            email: email,
            role: user.role,
            expiry: date.addingTimeInterval(AccountSettings.registrationLinkLifetime)
        )
        do {
            try await store.write { try $0.save(link) }
            try await mailer.send(
                Mail(
                    recipient: email,
                    subject: "CompreFace Registration",
                    text: """
                        Please confirm your registration:

                        \(settings.host)/admin/user/registration/confirm?token=\(token.text)

                        The link is valid for one hour. If you have not signed up, please ignore this mail.
                        """
                )
            )
        } catch {
            // Nobody is to be stuck with an account that cannot be confirmed.
            try await store.write { try $0.deleteUser(user.id) }
            throw AccountError(
                .mailFailed,
                "We couldn't send email to the given address(\(email)). Please make sure that it's correct!"
            )
        }
        return .confirmationMailed
    }

    /// Applications that were there before anyone belong to the first person.
    static func handOverApplications(to user: User, in writer: any AccountWriter) throws {
        for application in try writer.applications() where try writer.members(of: application.id).isEmpty {
            try writer.setRole(.owner, of: user.id, in: application.id)
        }
    }

    /// Confirms the e-mail of whoever got `token`.
    public func confirmRegistration(token: String, origin: RequestOrigin) async throws {
        let digest = SecretToken.digest(of: token)
        let date = now()
        try await store.write { writer in
            guard let link = try writer.link(digest: digest), link.purpose == .confirmRegistration,
                link.expiry > date, let id = link.userID, var user = try writer.user(id)
            else { throw AccountError(.expiredRegistration, "User registration token is expired!") }
            user.isConfirmed = true
            try writer.save(user)
            try writer.deleteLink(digest: digest)
            try writer.add(
                AuditEntry(
                    date: date,
                    actor: user.fullName,
                    actorID: user.id,
                    action: "confirm-registration",
                    subject: nil,
                    address: origin.address
                )
            )
        }
    }

    // MARK: The own account

    public func updateProfile(firstName: String?, lastName: String?, by caller: Caller) async throws -> User {
        let firstName = try AccountRules.personName(firstName, field: "firstName")
        let lastName = try AccountRules.personName(lastName, field: "lastName")
        let date = now()
        return try await store.write { writer in
            guard var user = try writer.user(caller.user.id) else {
                throw AccountError(.unauthenticated, "The session has ended")
            }
            user.firstName = firstName
            user.lastName = lastName
            try writer.save(user)
            try writer.add(Self.ownEntry("update-profile", of: user, caller: caller, date: date))
            return user
        }
    }

    /// Changes the caller's password and ends all other sessions.
    public func changePassword(old: String?, new: String?, by caller: Caller) async throws {
        let new = try AccountRules.newPassword(new)
        let id = caller.user.id
        let date = now()
        let limit = AttemptLimiter.Limit(failures: 5, window: 300)
        try limiter.admit("change \(id)", limit: limit, now: date)
        limiter.noteFailure("change \(id)", limit: limit, now: date)
        let hash = try await store.read { try $0.passwordHash(of: id) }
        guard try await hasher.matches(old ?? "", hash: hash) else {
            throw AccountError(.wrongPassword, "User's password is incorrect")
        }
        limiter.forget("change \(id)")
        let fresh = try await hasher.hash(new)
        try await store.write { writer in
            try writer.setPasswordHash(fresh, of: id)
            try writer.deleteSessions(of: id, except: caller.sessionID)
            try writer.add(Self.ownEntry("change-password", of: caller.user, caller: caller, date: date))
        }
    }

    private static func ownEntry(_ action: String, of user: User, caller: Caller, date: Date) -> AuditEntry {
        AuditEntry(
            date: date,
            actor: user.fullName,
            actorID: user.id,
            action: action,
            subject: nil,
            address: caller.origin.address
        )
    }

    /// Mails a link to choose a new password.
    public func forgotPassword(email: String?, origin: RequestOrigin) async throws {
        guard let mailer else {
            throw AccountError(.mailOff, "We cannot send an email. No email server enabled!")
        }
        let email = try AccountRules.email(email)
        let date = now()
        try limiter.admit("forgot \(origin.address)", limit: Self.resetRequests, now: date)
        limiter.noteFailure("forgot \(origin.address)", limit: Self.resetRequests, now: date)
        guard let user = try await store.read({ try $0.user(email: email) }) else {
            throw AccountError.unknown(user: email)
        }
        let link = try await resetLink(for: user, record: nil)
        try await mail(link, to: user, with: mailer)
        try await store.write { writer in
            try writer.add(
                AuditEntry(
                    date: date,
                    actor: nil,
                    actorID: nil,
                    action: "forget-password",
                    subject: email,
                    address: origin.address
                )
            )
        }
    }

    /// Makes a link by which someone can choose a new password; mailed when possible.
    public func makePasswordLink(for id: User.ID, by caller: Caller) async throws -> HandedLink {
        let user = try await look(.makePasswordLink, by: caller) { reader, actor -> User in
            guard let user = try reader.user(id) else { throw AccountError.unknown(user: id.text) }
            // Whoever could take over the owner's account would be the owner.
            guard user.role != .owner || actor.id == user.id else {
                throw AccountError(.notAllowed, "Action not allowed for current user")
            }
            guard user.role == .user || actor.role == .owner || actor.id == user.id else {
                throw AccountError.denied
            }
            return user
        }
        let link = try await resetLink(for: user, record: caller)
        guard let mailer else { return HandedLink(email: user.email, link: link, isMailed: false) }
        let isMailed = (try? await mail(link, to: user, with: mailer)) != nil
        return HandedLink(email: user.email, link: link, isMailed: isMailed)
    }

    private func resetLink(for user: User, record caller: Caller?) async throws -> String {
        let token = SecretToken()
        let date = now()
        let link = AccountLink(
            digest: token.digest,
            purpose: .resetPassword,
            userID: user.id,
            email: user.email,
            role: user.role,
            expiry: date.addingTimeInterval(AccountSettings.resetLinkLifetime)
        )
        try await store.write { writer in
            try writer.deleteLinks(to: user.email, purpose: .resetPassword)
            try writer.save(link)
            guard let caller else { return }
            try writer.add(
                AuditEntry(
                    date: date,
                    actor: caller.user.fullName,
                    actorID: caller.user.id,
                    action: "make-password-link",
                    subject: user.email,
                    address: caller.origin.address
                )
            )
        }
        return "\(settings.host)/reset-password?token=\(token.text)"
    }

    private func mail(_ link: String, to user: User, with mailer: any Mailer) async throws {
        do {
            try await mailer.send(
                Mail(
                    recipient: user.email,
                    subject: "CompreFace Reset Password",
                    text: """
                        You can choose a new password here:

                        \(link)

                        The link is valid for 15 minutes. If you have not asked for it, please ignore this mail.
                        """
                )
            )
        } catch {
            throw AccountError(
                .mailFailed,
                "We couldn't send email to the given address(\(user.email)). Please make sure that it's correct!"
            )
        }
    }

    /// Sets the password of whoever got `token`, and ends all sessions of that account.
    public func resetPassword(token: String, password: String?, origin: RequestOrigin) async throws {
        let password = try AccountRules.newPassword(password)
        let digest = SecretToken.digest(of: token)
        let date = now()
        let invalid = AccountError(.invalidResetToken, "The reset password token is invalid!")
        let known = try await store.read { reader in
            guard let link = try reader.link(digest: digest) else { return false }
            return link.purpose == .resetPassword && link.expiry > date
        }
        guard known else { throw invalid }
        let hash = try await hasher.hash(password)
        let email = try await store.write { writer -> String in
            guard let link = try writer.link(digest: digest), link.purpose == .resetPassword, link.expiry > date,
                let id = link.userID, var user = try writer.user(id)
            else { throw invalid }
            // Whoever got the mail owns the address.
            user.isConfirmed = true
            try writer.save(user)
            try writer.setPasswordHash(hash, of: id)
            try writer.deleteLinks(to: link.email, purpose: .resetPassword)
            try writer.deleteSessions(of: id, except: nil)
            try writer.add(
                AuditEntry(
                    date: date,
                    actor: user.fullName,
                    actorID: user.id,
                    action: "reset-password",
                    subject: nil,
                    address: origin.address
                )
            )
            return user.email
        }
        limiter.forget("account \(email)")
        limiter.forget("one \(email) \(origin.address)")
    }

    // MARK: Other people

    /// Everyone on the server.
    public func users(by caller: Caller) async throws -> [User] {
        try await look(.seeUsers, by: caller) { reader, _ in try reader.users() }
    }

    /// At most ten people whose name or e-mail contains `query`.
    ///
    /// - Throws: ``AccountError/Code/accessDenied`` for people who could not add anyone anywhere.
    public func users(matching query: String, by caller: Caller) async throws -> [User] {
        let query = query.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
        return try await store.read { reader in
            guard let user = try reader.user(caller.user.id) else {
                throw AccountError(.unauthenticated, "The session has ended")
            }
            let mayAdd =
                try PermissionTable.allows(.addMember, global: user.role)
                || reader.applications(of: user.id).contains { application in
                    PermissionTable.allows(
                        .addMember,
                        global: user.role,
                        application: try reader.role(of: user.id, in: application.id)
                    )
                }
            guard mayAdd else { throw AccountError.denied }
            guard !query.isEmpty else { return [] }
            return Array(
                try reader.users().filter { Self.matches($0, query: query) }.prefix(10)
            )
        }
    }

    static func matches(_ user: User, query: String) -> Bool {
        user.email.contains(query) || user.fullName.lowercased().contains(query)
    }

    /// The server roles that someone may give.
    public func assignableGlobalRoles(by caller: Caller) async throws -> [Role] {
        try await store.read { reader in
            switch try reader.user(caller.user.id)?.role {
            case .owner: [.owner, .administrator, .user]
            case .administrator: [.administrator, .user]
            case .user, nil: []
            }
        }
    }

    /// Gives someone a role on the server.
    ///
    /// Giving away ``Role/owner`` makes the caller an administrator.
    public func setGlobalRole(_ role: Role, of id: User.ID, by caller: Caller) async throws -> User {
        try await change(.changeGlobalRole, record: "change-global-role", by: caller) { writer, actor in
            guard var user = try writer.user(id) else { throw AccountError.unknown(user: id.text) }
            guard user.id != actor.id else { throw AccountError(.ownRole, "User can't change their role") }
            guard user.role != .owner, role != .owner || actor.role == .owner else {
                throw AccountError(.notAllowed, "Action not allowed for current user")
            }
            if role == .owner {
                var former = actor
                former.role = .administrator
                try writer.save(former)
            }
            user.role = role
            try writer.save(user)
            return (user, "\(user.email) (\(role.rawValue))")
        }
    }

    /// Who gets what someone owned.
    public enum Replacer: String, Sendable {
        case deleter
        case owner
    }

    /// Removes a person; owned applications go to the one who removes, or to the server's owner.
    public func deleteUser(_ id: User.ID, replacer: Replacer, by caller: Caller) async throws {
        try await change(.deleteUser, record: "delete-user", by: caller) { writer, actor in
            guard let user = try writer.user(id) else { throw AccountError.unknown(user: id.text) }
            guard user.role != .owner else {
                throw AccountError(.notAllowed, "Global owner cannot be removed!")
            }
            let heir = replacer == .deleter ? actor : try writer.serverOwner() ?? actor
            // Someone who removes the own account leaves what is owned to the server's owner.
            let successor = heir.id == user.id ? try writer.serverOwner() ?? heir : heir
            for application in try writer.applications(of: id)
            where try writer.role(of: id, in: application.id) == .owner {
                try writer.setRole(.owner, of: successor.id, in: application.id)
            }
            try writer.deleteUser(id)
            return ((), user.email)
        }
    }

    /// Makes a link by which someone can sign up with a role; mailed when possible.
    public func invite(email: String?, role: Role, by caller: Caller) async throws -> HandedLink {
        let email = try AccountRules.email(email)
        let token = SecretToken()
        let date = now()
        try await change(.inviteUser, record: "invite-user", by: caller) { writer, actor in
            guard role != .owner else { throw AccountError(.notAllowed, "Action not allowed for current user") }
            guard try writer.user(email: email) == nil else {
                throw AccountError(.emailTaken, "This email already registered")
            }
            try writer.deleteLinks(to: email, purpose: .invitation)
            try writer.save(
                AccountLink(
                    digest: token.digest,
                    purpose: .invitation,
                    userID: nil,
                    email: email,
                    role: role,
                    expiry: date.addingTimeInterval(AccountSettings.invitationLifetime)
                )
            )
            return ((), email)
        }
        let escaped = email.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? email
        let link = "\(settings.host)/sign-up?invitation=\(token.text)&email=\(escaped)"
        guard let mailer else { return HandedLink(email: email, link: link, isMailed: false) }
        let mail = Mail(
            recipient: email,
            subject: "CompreFace Invitation",
            text: """
                \(caller.user.fullName) invites you to sign up:

                \(link)

                The link is valid for seven days.
                """
        )
        let isMailed = (try? await mailer.send(mail)) != nil
        return HandedLink(email: email, link: link, isMailed: isMailed)
    }
}
