// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// A person with an account on this server.
public struct User: Hashable, Identifiable, Sendable {
    public let id: UUID
    /// Names the account; compared without case, and at most 63 characters long.
    public let email: String
    public var firstName: String
    public var lastName: String
    /// The role on the whole server.
    public var role: Role
    /// Whether the person may log in; `false` until the mailed link has been opened.
    public var isConfirmed: Bool
    public let createdDate: Date

    public init(
        id: UUID = UUID(),
        email: String,
        firstName: String,
        lastName: String,
        role: Role,
        isConfirmed: Bool = true,
        createdDate: Date = Date()
    ) {
        self.id = id
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.role = role
        self.isConfirmed = isConfirmed
        self.createdDate = createdDate
    }

    /// First and last name.
    public var fullName: String { "\(firstName) \(lastName)" }
}

/// A person with a role in one application.
public struct Member: Hashable, Sendable {
    public var user: User
    public var role: Role

    public init(user: User, role: Role) {
        self.user = user
        self.role = role
    }
}
