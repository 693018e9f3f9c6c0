// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Testing

@Suite("The table of permissions")
struct PermissionTableTests {
    /// What the contract says, position by position.
    static let contract: [Position: Set<AdministrativeAction>] = [
        .serverOwner: Set(AdministrativeAction.allCases),
        .serverAdministrator: Set(AdministrativeAction.allCases),
        .applicationOwner: [
            .seeApplication, .renameApplication, .deleteApplication, .renewApplicationKey, .seeMembers, .addMember,
            .changeMemberRole, .removeMember, .seeServices, .seeStatistics, .createService, .renameService,
            .cloneService, .deleteService, .renewServiceKey,
        ],
        .applicationAdministrator: [
            .seeApplication, .seeMembers, .seeServices, .seeStatistics, .createService, .renameService, .cloneService,
            .deleteService, .renewServiceKey,
        ],
        .applicationUser: [.seeApplication, .seeMembers, .seeServices, .seeStatistics],
    ]

    @Test("every action is decided for every position", arguments: AdministrativeAction.allCases)
    func everyAction(action: AdministrativeAction) throws {
        let allowed = try #require(PermissionTable.allowed[action], "\(action) is missing")
        for position in Position.allCases {
            #expect(
                allowed.contains(position) == (Self.contract[position]?.contains(action) ?? false),
                "\(position) and \(action)"
            )
        }
    }

    @Test("without any role nothing is allowed", arguments: AdministrativeAction.allCases)
    func nobody(action: AdministrativeAction) {
        #expect(!PermissionTable.allows(action, global: .user))
    }
}
