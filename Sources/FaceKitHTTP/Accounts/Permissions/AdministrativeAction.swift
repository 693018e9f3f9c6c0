// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Everything that needs a permission, beyond what all logged-in people may do to their own account.
public enum AdministrativeAction: String, CaseIterable, Hashable, Sendable {
    case seeAllApplications
    case createApplication

    case seeApplication
    case renameApplication
    case deleteApplication
    case renewApplicationKey
    case seeMembers
    case addMember
    case changeMemberRole
    case removeMember

    case seeServices
    case seeStatistics
    case createService
    case renameService
    case cloneService
    case deleteService
    case renewServiceKey

    case seeUsers
    case changeGlobalRole
    case deleteUser
    case inviteUser
    case makePasswordLink
    case seeAuditLog
}
