// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// Someone's log-in in one browser: a short-lived access token and a longer-lived refresh token that renews both.
public struct Session: Hashable, Identifiable, Sendable {
    public let id: UUID
    public let userID: User.ID
    public var accessDigest: Data
    public var accessExpiry: Date
    public var refreshDigest: Data
    public var refreshExpiry: Date
    /// The refresh token that was renewed last.
    ///
    /// It is taken a little longer, for two pages that renew at once.
    public var previousRefreshDigest: Data?
    public var renewedDate: Date
    public let createdDate: Date
    public let origin: RequestOrigin

    public init(
        id: UUID = UUID(),
        userID: User.ID,
        accessDigest: Data,
        accessExpiry: Date,
        refreshDigest: Data,
        refreshExpiry: Date,
        previousRefreshDigest: Data? = nil,
        renewedDate: Date,
        createdDate: Date,
        origin: RequestOrigin
    ) {
        self.id = id
        self.userID = userID
        self.accessDigest = accessDigest
        self.accessExpiry = accessExpiry
        self.refreshDigest = refreshDigest
        self.refreshExpiry = refreshExpiry
        self.previousRefreshDigest = previousRefreshDigest
        self.renewedDate = renewedDate
        self.createdDate = createdDate
        self.origin = origin
    }
}

/// Where a request came from.
public struct RequestOrigin: Hashable, Sendable {
    /// The network address, without port.
    public var address: String
    /// What the browser says of itself, at most 256 characters.
    public var userAgent: String

    public init(address: String, userAgent: String = "") {
        self.address = address
        self.userAgent = String(userAgent.prefix(256))
    }

    /// The machine itself, as with the command line.
    public static let local = RequestOrigin(address: "local")
}

/// The tokens of a session, which only its browser knows.
public struct SessionTokens: Sendable {
    public let access: SecretToken
    public let refresh: SecretToken
}

/// Who asks for something.
public struct Caller: Sendable {
    public let user: User
    public let sessionID: Session.ID?
    public let origin: RequestOrigin

    public init(user: User, sessionID: Session.ID? = nil, origin: RequestOrigin = .local) {
        self.user = user
        self.sessionID = sessionID
        self.origin = origin
    }
}
