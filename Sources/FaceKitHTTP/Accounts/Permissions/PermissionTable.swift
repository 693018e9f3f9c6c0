// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Who may do what (CompreFace's roles).
///
/// Whatever is not in the table is forbidden.
public enum PermissionTable {
    private static let server: Set<Position> = [.serverOwner, .serverAdministrator]
    private static let owners = server.union([.applicationOwner])
    private static let managers = owners.union([.applicationAdministrator])
    private static let members = managers.union([.applicationUser])

    /// The positions that allow each action, of which one is enough.
    public static let allowed: [AdministrativeAction: Set<Position>] = [
        .seeAllApplications: server,
        .createApplication: server,

        .seeApplication: members,
        .renameApplication: owners,
        .deleteApplication: owners,
        .renewApplicationKey: owners,
        .seeMembers: members,
        .addMember: owners,
        .changeMemberRole: owners,
        .removeMember: owners,

        .seeServices: members,
        .seeStatistics: members,
        .createService: managers,
        .renameService: managers,
        .cloneService: managers,
        .deleteService: managers,
        .renewServiceKey: managers,

        .seeUsers: server,
        .changeGlobalRole: server,
        .deleteUser: server,
        .inviteUser: server,
        .makePasswordLink: server,
        .seeAuditLog: server,
    ]

    /// Whether someone with a role on the server, and perhaps one in the application concerned, may do `action`.
    public static func allows(_ action: AdministrativeAction, global: Role, application: Role? = nil) -> Bool {
        !(allowed[action] ?? []).isDisjoint(with: Position.positions(global: global, application: application))
    }
}
