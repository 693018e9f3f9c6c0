// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// One line of the record of what was changed, and by whom.
///
/// It says nothing secret: no passwords, tokens or keys.
public struct AuditEntry: Hashable, Sendable {
    public var date: Date
    /// The name of who did it, as it was then; `nil` when nobody was logged in.
    public var actor: String?
    public var actorID: User.ID?
    /// A short fixed word, like `create-service`.
    public var action: String
    /// What it was done to, by its name then.
    public var subject: String?
    /// The network address it came from.
    public var address: String

    public init(
        date: Date,
        actor: String?,
        actorID: User.ID?,
        action: String,
        subject: String?,
        address: String
    ) {
        self.date = date
        self.actor = actor
        self.actorID = actorID
        self.action = action
        self.subject = subject
        self.address = address
    }
}
