// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// An application as someone sees it.
public struct SeenApplication: Hashable, Sendable {
    public let application: Application
    /// The caller's role in it; `nil` for administrators of the server who are not in it.
    public let role: Role?
    public let owner: User?
}

extension Administration {
    private static func seen(
        _ application: Application,
        by user: User,
        in reader: any AccountReader
    ) throws -> SeenApplication {
        SeenApplication(
            application: application,
            role: try reader.role(of: user.id, in: application.id),
            owner: try reader.members(of: application.id).first { $0.role == .owner }?.user
        )
    }

    /// The applications that the caller may see, by name.
    public func applications(by caller: Caller) async throws -> [SeenApplication] {
        try await store.read { reader in
            guard let user = try reader.user(caller.user.id) else {
                throw AccountError(.unauthenticated, "The session has ended")
            }
            let seesAll = PermissionTable.allows(.seeAllApplications, global: user.role)
            let applications = try seesAll ? reader.applications() : reader.applications(of: user.id)
            return try applications.map { try Self.seen($0, by: user, in: reader) }
        }
    }

    public func application(_ id: Application.ID, by caller: Caller) async throws -> SeenApplication {
        try await look(.seeApplication, application: id, by: caller) { reader, user in
            guard let application = try reader.application(id) else { throw AccountError.unknown(application: id) }
            return try Self.seen(application, by: user, in: reader)
        }
    }

    /// Creates an application that the caller owns.
    public func createApplication(name: String?, by caller: Caller) async throws -> SeenApplication {
        let name = try AccountRules.name(name, of: "Application name")
        let date = now()
        return try await change(.createApplication, record: "create-application", by: caller) { writer, user in
            try Self.checkFree(applicationName: name, in: writer)
            let application = Application(name: name, createdDate: date)
            try writer.save(application)
            try writer.setRole(.owner, of: user.id, in: application.id)
            return (try Self.seen(application, by: user, in: writer), name)
        }
    }

    static func checkFree(applicationName name: String, in reader: any AccountReader) throws {
        guard try reader.application(named: name) == nil else {
            throw AccountError(.nameTaken, "Name \(name) is not unique")
        }
    }

    public func renameApplication(
        _ id: Application.ID,
        to name: String?,
        by caller: Caller
    ) async throws -> SeenApplication {
        let name = try AccountRules.name(name, of: "Application name")
        return try await change(.renameApplication, record: "rename-application", application: id, by: caller) {
            writer,
            user in
            guard var application = try writer.application(id) else { throw AccountError.unknown(application: id) }
            let former = application.name
            if name != former {
                try Self.checkFree(applicationName: name, in: writer)
                application.name = name
                try writer.save(application)
            }
            return (try Self.seen(application, by: user, in: writer), "\(former) → \(name)")
        }
    }

    /// Removes an application with its services and their collections.
    public func deleteApplication(_ id: Application.ID, by caller: Caller) async throws {
        let services = try await change(.deleteApplication, record: "delete-application", application: id, by: caller) {
            writer,
            _ -> ([Service], subject: String?) in
            let name = try writer.application(id)?.name
            let services = try writer.services(of: id)
            try writer.deleteApplication(id)
            return (services, name)
        }
        for service in services { try await collections.remove(service.id) }
    }

    public func renewApplicationKey(_ id: Application.ID, by caller: Caller) async throws -> SeenApplication {
        try await change(.renewApplicationKey, record: "renew-application-key", application: id, by: caller) {
            writer,
            user in
            guard var application = try writer.application(id) else { throw AccountError.unknown(application: id) }
            application.apiKey = APIKey()
            try writer.save(application)
            return (try Self.seen(application, by: user, in: writer), application.name)
        }
    }

    // MARK: People

    /// The people of an application.
    ///
    /// `query`: When not empty, only people whose name or e-mail contains it.
    public func members(
        of id: Application.ID,
        matching query: String = "",
        by caller: Caller
    ) async throws -> [Member] {
        let query = query.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
        return try await look(.seeMembers, application: id, by: caller) { reader, _ in
            try reader.members(of: id).filter { query.isEmpty || Self.matches($0.user, query: query) }
        }
    }

    /// The roles in an application that someone may give.
    public func assignableRoles(in id: Application.ID, by caller: Caller) async throws -> [Role] {
        try await look(.seeApplication, application: id, by: caller) { reader, user in
            let role = try reader.role(of: user.id, in: id)
            return PermissionTable.allows(.changeMemberRole, global: user.role, application: role)
                ? Role.allCases : []
        }
    }

    /// Adds someone with an account to an application.
    public func addMember(
        email: String?,
        role: Role,
        to id: Application.ID,
        by caller: Caller
    ) async throws -> Member {
        let email = try AccountRules.email(email)
        return try await change(.addMember, record: "add-member", application: id, by: caller) { writer, _ in
            guard let application = try writer.application(id) else { throw AccountError.unknown(application: id) }
            guard let user = try writer.user(email: email) else { throw AccountError.unknown(user: email) }
            guard try writer.role(of: user.id, in: id) == nil else {
                throw AccountError(
                    .alreadyMember,
                    "User \(email) already has access to application \(application.name)"
                )
            }
            if role == .owner { try Self.demoteOwner(of: id, in: writer) }
            try writer.setRole(role, of: user.id, in: id)
            return (Member(user: user, role: role), "\(email) (\(role.rawValue)), \(application.name)")
        }
    }

    private static func demoteOwner(of id: Application.ID, in writer: any AccountWriter) throws {
        for member in try writer.members(of: id) where member.role == .owner {
            try writer.setRole(.administrator, of: member.user.id, in: id)
        }
    }

    /// Gives someone another role.
    ///
    /// Giving ``Role/owner`` makes the former owner an administrator.
    public func setRole(
        _ role: Role,
        of userID: User.ID,
        in id: Application.ID,
        by caller: Caller
    ) async throws -> Member {
        try await change(.changeMemberRole, record: "change-member-role", application: id, by: caller) { writer, _ in
            guard let user = try writer.user(userID), let former = try writer.role(of: userID, in: id) else {
                throw AccountError.unknown(user: userID.text)
            }
            guard former != .owner else {
                throw AccountError(.notAllowed, "Action not allowed for current user")
            }
            if role == .owner { try Self.demoteOwner(of: id, in: writer) }
            try writer.setRole(role, of: userID, in: id)
            let name = try writer.application(id)?.name ?? ""
            return (Member(user: user, role: role), "\(user.email) (\(role.rawValue)), \(name)")
        }
    }

    public func removeMember(_ userID: User.ID, from id: Application.ID, by caller: Caller) async throws {
        try await change(.removeMember, record: "remove-member", application: id, by: caller) { writer, _ in
            guard let user = try writer.user(userID), let role = try writer.role(of: userID, in: id) else {
                throw AccountError.unknown(user: userID.text)
            }
            guard role != .owner else {
                throw AccountError(.notAllowed, "Action not allowed for current user")
            }
            try writer.setRole(nil, of: userID, in: id)
            return ((), "\(user.email), \(try writer.application(id)?.name ?? "")")
        }
    }
}
