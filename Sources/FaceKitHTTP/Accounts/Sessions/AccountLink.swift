// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// What a mailed or handed-over link allows, once.
public struct AccountLink: Hashable, Sendable {
    public enum Purpose: String, Hashable, Sendable {
        /// Confirms the e-mail of ``AccountLink/userID``.
        case confirmRegistration
        /// Lets ``AccountLink/userID`` choose a new password.
        case resetPassword
        /// Lets the owner of ``AccountLink/email`` sign up with ``AccountLink/role``.
        case invitation
    }

    public let digest: Data
    public let purpose: Purpose
    public let userID: User.ID?
    public let email: String
    public let role: Role
    public let expiry: Date

    public init(digest: Data, purpose: Purpose, userID: User.ID?, email: String, role: Role, expiry: Date) {
        self.digest = digest
        self.purpose = purpose
        self.userID = userID
        self.email = email
        self.role = role
        self.expiry = expiry
    }
}
