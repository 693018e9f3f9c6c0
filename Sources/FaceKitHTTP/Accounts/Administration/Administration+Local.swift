// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// What the machine's own operator may do without a log-in: the command line and the configuration.
extension Administration {
    /// Creates an account; the first one owns the server whatever `role` says.
    public func createUser(
        email: String,
        password: String,
        firstName: String,
        lastName: String,
        role: Role
    ) async throws -> User {
        let email = try AccountRules.email(email)
        let password = try AccountRules.newPassword(password)
        let firstName = try AccountRules.personName(firstName, field: "firstName")
        let lastName = try AccountRules.personName(lastName, field: "lastName")
        let hash = try await hasher.hash(password)
        let date = now()
        return try await store.write { writer in
            guard try writer.user(email: email) == nil else {
                throw AccountError(.emailTaken, "This email already registered")
            }
            let owner = try writer.serverOwner()
            guard role != .owner || owner == nil else {
                throw AccountError(.notAllowed, "The server is owned by \(owner?.email ?? "") already")
            }
            let user = User(
                email: email,
                firstName: firstName,
                lastName: lastName,
                role: owner == nil ? .owner : role,
                createdDate: date
            )
            try writer.save(user)
            try writer.setPasswordHash(hash, of: user.id)
            if owner == nil { try Self.handOverApplications(to: user, in: writer) }
            try writer.add(Self.localEntry("register", subject: email, date: date))
            return user
        }
    }

    /// Creates an application that someone owns.
    ///
    /// `owner`: An e-mail; `nil` is the server's owner.
    public func createApplication(name: String, owner: String?) async throws -> Application {
        let name = try AccountRules.name(name, of: "Application name")
        let date = now()
        return try await store.write { writer in
            try Self.checkFree(applicationName: name, in: writer)
            let user: User?
            if let owner {
                guard let found = try writer.user(email: owner.lowercased()) else {
                    throw AccountError.unknown(user: owner)
                }
                user = found
            } else {
                user = try writer.serverOwner()
            }
            let application = Application(name: name, createdDate: date)
            try writer.save(application)
            if let user { try writer.setRole(.owner, of: user.id, in: application.id) }
            try writer.add(Self.localEntry("create-application", subject: name, date: date))
            return application
        }
    }

    /// Creates a service in an application that is named by its name.
    ///
    /// `key`: The key it gets; `nil` makes one. `makesApplication`: Whether an application that is not there is created too,
    /// owned by the server's owner or, until there is one, by nobody.
    public func createService(
        name: String,
        type: ServiceType,
        application applicationName: String,
        key: APIKey? = nil,
        makesApplication: Bool = false
    ) async throws -> Service {
        let name = try AccountRules.name(name, of: "Model name")
        let date = now()
        if makesApplication, try await store.read({ try $0.application(named: applicationName) }) == nil {
            _ = try await createApplication(name: applicationName, owner: nil)
        }
        return try await store.write { writer in
            guard let application = try writer.application(named: applicationName) else {
                throw AccountError(.unknownApplication, "App \(applicationName) not found")
            }
            try Self.checkFree(serviceName: name, in: application.id, reader: writer)
            if let key, try writer.service(keyDigest: key.digest) != nil {
                throw AccountError(.nameTaken, "Another service has this API key")
            }
            let service = Service(
                applicationID: application.id,
                name: name,
                type: type,
                apiKey: key ?? APIKey(),
                createdDate: date
            )
            try writer.save(service)
            try writer.add(Self.localEntry("create-service", subject: name, date: date))
            return service
        }
    }

    /// Sets someone's password and ends all sessions of that account.
    public func setPassword(_ password: String, of email: String) async throws {
        let password = try AccountRules.newPassword(password)
        let hash = try await hasher.hash(password)
        let date = now()
        try await store.write { writer in
            guard var user = try writer.user(email: email.lowercased()) else { throw AccountError.unknown(user: email) }
            user.isConfirmed = true
            try writer.save(user)
            try writer.setPasswordHash(hash, of: user.id)
            try writer.deleteSessions(of: user.id, except: nil)
            try writer.add(Self.localEntry("reset-password", subject: user.email, date: date))
        }
    }

    /// Makes a link by which someone can choose a new password.
    public func passwordLink(for email: String) async throws -> String {
        guard let user = try await store.read({ try $0.user(email: email.lowercased()) }) else {
            throw AccountError.unknown(user: email)
        }
        let token = SecretToken()
        let date = now()
        try await store.write { writer in
            try writer.deleteLinks(to: user.email, purpose: .resetPassword)
            try writer.save(
                AccountLink(
                    digest: token.digest,
                    purpose: .resetPassword,
                    userID: user.id,
                    email: user.email,
                    role: user.role,
                    expiry: date.addingTimeInterval(AccountSettings.resetLinkLifetime)
                )
            )
            try writer.add(Self.localEntry("make-password-link", subject: user.email, date: date))
        }
        return "\(settings.host)/reset-password?token=\(token.text)"
    }

    /// Creates the demo's application and services, with the keys that CompreFace's own tests use, unless they are there.
    public func createDemoContent() async throws {
        let date = now()
        try await store.write { writer in
            let application =
                try writer.application(named: DemoContent.applicationName)
                ?? Application(name: DemoContent.applicationName, createdDate: date)
            try writer.save(application)
            if let owner = try writer.serverOwner(), try writer.members(of: application.id).isEmpty {
                try writer.setRole(.owner, of: owner.id, in: application.id)
            }
            for content in DemoContent.services {
                guard let key = APIKey(content.key), try writer.service(keyDigest: key.digest) == nil else { continue }
                try writer.save(
                    Service(
                        applicationID: application.id,
                        name: content.name,
                        type: content.type,
                        apiKey: key,
                        createdDate: date
                    )
                )
            }
        }
    }

    private static func localEntry(_ action: String, subject: String, date: Date) -> AuditEntry {
        AuditEntry(
            date: date,
            actor: nil,
            actorID: nil,
            action: action,
            subject: subject,
            address: RequestOrigin.local.address
        )
    }
}
