// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What administration refuses, and why.
///
/// Switch over `code`; `message` is for people and names the thing.
public struct AccountError: Error, CustomStringConvertible, Sendable {
    /// An open set: new kinds may come in a minor release.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// Nobody is logged in, or the session has ended.
        public static let unauthenticated = Self(description: "unauthenticated")
        /// The caller's role does not allow it.
        public static let accessDenied = Self(description: "accessDenied")
        public static let badCredentials = Self(description: "badCredentials")
        /// The account is not confirmed yet.
        public static let unconfirmed = Self(description: "unconfirmed")
        /// Too many failures; ``AccountError/retryAfter`` says how long to wait.
        public static let tooManyAttempts = Self(description: "tooManyAttempts")
        public static let unknownApplication = Self(description: "unknownApplication")
        public static let unknownService = Self(description: "unknownService")
        public static let unknownUser = Self(description: "unknownUser")
        public static let unknownSession = Self(description: "unknownSession")
        public static let emailTaken = Self(description: "emailTaken")
        public static let emptyField = Self(description: "emptyField")
        public static let malformedEmail = Self(description: "malformedEmail")
        public static let invalidValue = Self(description: "invalidValue")
        /// No role allows it, as removing an owner.
        public static let notAllowed = Self(description: "notAllowed")
        public static let illegalReplacer = Self(description: "illegalReplacer")
        public static let ownRole = Self(description: "ownRole")
        public static let nameTaken = Self(description: "nameTaken")
        public static let wrongPassword = Self(description: "wrongPassword")
        public static let alreadyMember = Self(description: "alreadyMember")
        public static let expiredRegistration = Self(description: "expiredRegistration")
        public static let invalidResetToken = Self(description: "invalidResetToken")
        public static let mailFailed = Self(description: "mailFailed")
        public static let mailOff = Self(description: "mailOff")
        /// New people come by invitation only.
        public static let invitationOnly = Self(description: "invitationOnly")
        public static let demoGone = Self(description: "demoGone")
    }

    public var code: Code
    public var message: String
    /// Seconds after which another try makes sense.
    public var retryAfter: Int?

    public init(_ code: Code, _ message: String, retryAfter: Int? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    public var description: String { message }

    static let denied = AccountError(.accessDenied, "Access denied")

    static func unknown(application id: Application.ID) -> AccountError {
        AccountError(.unknownApplication, "App \(id.text) not found")
    }

    static func unknown(service id: Service.ID, in application: Application.ID) -> AccountError {
        AccountError(.unknownService, "Model \(id.text) does not belong to application \(application.text)")
    }

    static func unknown(user name: String) -> AccountError {
        AccountError(.unknownUser, "User \(name) does not exist")
    }
}
