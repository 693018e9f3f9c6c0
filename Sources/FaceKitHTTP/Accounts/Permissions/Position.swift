// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What someone is in respect of an action: a role on the server, or one in the application concerned.
public enum Position: String, CaseIterable, Hashable, Sendable {
    case serverOwner
    case serverAdministrator
    case applicationOwner
    case applicationAdministrator
    case applicationUser

    /// The positions of a person with a role on the server, and perhaps one in the application concerned.
    static func positions(global: Role, application: Role?) -> Set<Position> {
        var positions: Set<Position> = []
        switch global {
        case .owner: positions.insert(.serverOwner)
        case .administrator: positions.insert(.serverAdministrator)
        case .user: break
        }
        switch application {
        case .owner: positions.insert(.applicationOwner)
        case .administrator: positions.insert(.applicationAdministrator)
        case .user: positions.insert(.applicationUser)
        case nil: break
        }
        return positions
    }
}
