// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What a configuration asks to be there at the start.
///
/// Whatever exists already is left as it is.
public struct Bootstrap: Hashable, Sendable {
    public struct User: Hashable, Sendable {
        public var email: String
        public var password: String
        public var firstName: String
        public var lastName: String
        public var role: Role

        public init(email: String, password: String, firstName: String, lastName: String, role: Role) {
            self.email = email
            self.password = password
            self.firstName = firstName
            self.lastName = lastName
            self.role = role
        }
    }

    public struct Service: Hashable, Sendable {
        public var name: String
        public var type: ServiceType
        public var key: APIKey?

        public init(name: String, type: ServiceType, key: APIKey? = nil) {
            self.name = name
            self.type = type
            self.key = key
        }
    }

    public struct Application: Hashable, Sendable {
        public var name: String
        /// The owner's e-mail; `nil` is the server's owner.
        public var owner: String?
        public var services: [Service]
        /// Roles by e-mail.
        public var members: [String: Role]

        public init(name: String, owner: String? = nil, services: [Service] = [], members: [String: Role] = [:]) {
            self.name = name
            self.owner = owner
            self.services = services
            self.members = members
        }
    }

    public var users: [User]
    public var applications: [Application]
    /// Whether the demo's application and services are created.
    public var demo: Bool

    public init(users: [User] = [], applications: [Application] = [], demo: Bool = false) {
        self.users = users
        self.applications = applications
        self.demo = demo
    }
}

extension Administration {
    /// Creates what `bootstrap` asks for and is not there.
    public func apply(_ bootstrap: Bootstrap) async throws {
        for user in bootstrap.users {
            let email = try AccountRules.email(user.email)
            guard try await store.read({ try $0.user(email: email) }) == nil else { continue }
            _ = try await createUser(
                email: email,
                password: user.password,
                firstName: user.firstName,
                lastName: user.lastName,
                role: user.role
            )
        }
        for wanted in bootstrap.applications {
            let found = try await store.read { try $0.application(named: wanted.name) }
            let application: FaceKitAccounts.Application
            if let found {
                application = found
            } else {
                application = try await createApplication(name: wanted.name, owner: wanted.owner)
            }
            let present = try await store.read { try $0.services(of: application.id).map { $0.name.lowercased() } }
            for service in wanted.services where !present.contains(service.name.lowercased()) {
                _ = try await createService(
                    name: service.name,
                    type: service.type,
                    application: wanted.name,
                    key: service.key
                )
            }
            try await store.write { writer in
                for (email, role) in wanted.members {
                    guard let user = try writer.user(email: email.lowercased()) else {
                        throw AccountError.unknown(user: email)
                    }
                    guard try writer.role(of: user.id, in: application.id) == nil else { continue }
                    guard role != .owner else {
                        throw AccountError(.notAllowed, "The owner of \(wanted.name) is named by owner, not by members")
                    }
                    try writer.setRole(role, of: user.id, in: application.id)
                }
            }
        }
        if bootstrap.demo { try await createDemoContent() }
    }
}
