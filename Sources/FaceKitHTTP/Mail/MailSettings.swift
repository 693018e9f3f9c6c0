// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How mails are sent.
public struct MailSettings: Hashable, Sendable {
    /// How the connection to the mail server is encrypted.
    public enum Security: String, CaseIterable, Sendable {
        /// Begins in the clear and is encrypted before anything is said.
        case startTLS = "starttls"
        /// Encrypted from the first byte.
        case tls
        /// Not at all; for mail servers on this machine.
        case none
    }

    public var host: String
    public var port: Int
    public var security: Security
    /// Empty where the mail server asks for no log-in.
    public var username: String
    public var password: String
    /// The sender's address.
    public var from: String
    /// A file of certificates in PEM that the mail server is known by; `nil` trusts those that the system trusts.
    public var trustedCertificates: String?

    public init(
        host: String,
        port: Int = 587,
        security: Security = .startTLS,
        username: String = "",
        password: String = "",
        from: String,
        trustedCertificates: String? = nil
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.username = username
        self.password = password
        self.from = from
        self.trustedCertificates = trustedCertificates
    }
}
