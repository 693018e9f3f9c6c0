// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// How accounts behave on this server.
public struct AccountSettings: Hashable, Sendable {
    /// Who may sign up.
    public enum SignUp: String, Hashable, Sendable {
        case open
        /// Only people with an invitation, and the first person of all.
        case invitation
    }

    public var signUp: SignUp
    /// Whether the demo page works until the first sign-up.
    public var offersDemo: Bool
    /// Where links in mails lead, like `http://localhost:8000`, without a slash at the end.
    public var host: String
    /// Seconds.
    public var accessTokenLifetime: TimeInterval
    /// Seconds.
    public var refreshTokenLifetime: TimeInterval
    public var statisticsMonths: Int

    public init(
        signUp: SignUp = .open,
        offersDemo: Bool = true,
        host: String = "http://localhost:8000",
        accessTokenLifetime: TimeInterval = 2400,
        refreshTokenLifetime: TimeInterval = 1_209_600,
        statisticsMonths: Int = 6
    ) {
        self.signUp = signUp
        self.offersDemo = offersDemo
        self.host = host
        self.accessTokenLifetime = accessTokenLifetime
        self.refreshTokenLifetime = refreshTokenLifetime
        self.statisticsMonths = statisticsMonths
    }

    static let registrationLinkLifetime: TimeInterval = 3600
    static let resetLinkLifetime: TimeInterval = 900
    static let invitationLifetime: TimeInterval = 7 * 86400
    static let auditLifetime: TimeInterval = 366 * 86400
    /// Two pages may renew the same session at once; the second then still comes with the old token.
    static let renewalGrace: TimeInterval = 30
}
