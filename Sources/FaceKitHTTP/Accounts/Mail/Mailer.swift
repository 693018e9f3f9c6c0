// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A plain text mail to one person.
public struct Mail: Hashable, Sendable {
    public var recipient: String
    public var subject: String
    public var text: String

    public init(recipient: String, subject: String, text: String) {
        self.recipient = recipient
        self.subject = subject
        self.text = text
    }
}

/// Sends mails.
public protocol Mailer: Sendable {
    /// Returns once the mail server has taken the mail.
    func send(_ mail: Mail) async throws
}
