// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import HTTPTypes
public import Hummingbird

extension CompreFaceAdmin {
    /// The codes of the administration's errors, by kind.
    private static let codes: [AccountError.Code: (code: Int, status: HTTPResponse.Status)] = [
        .accessDenied: (1, .forbidden),
        .invitationOnly: (1, .forbidden),
        .unknownApplication: (2, .notFound),
        .unknownService: (3, .notFound),
        .emailTaken: (4, .badRequest),
        .emptyField: (5, .badRequest),
        .notAllowed: (9, .badRequest),
        .illegalReplacer: (13, .badRequest),
        .ownRole: (14, .badRequest),
        .unknownUser: (16, .notFound),
        .nameTaken: (17, .badRequest),
        .wrongPassword: (18, .badRequest),
        .alreadyMember: (19, .badRequest),
        .malformedEmail: (22, .badRequest),
        .mailFailed: (24, .badRequest),
        .expiredRegistration: (25, .forbidden),
        .invalidValue: (26, .badRequest),
        .mailOff: (29, .internalServerError),
        .invalidResetToken: (30, .badRequest),
        .demoGone: (404, .notFound),
        .unknownSession: (404, .notFound),
        .tooManyAttempts: (429, .tooManyRequests),
    ]

    /// The native answer to an error: `{"message", "code"}`, or what OAuth says about sessions.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        func coded(_ code: Int, _ message: String, _ status: HTTPResponse.Status = .badRequest) -> Response {
            .json(["message": .text(message), "code": .int(code)], status: status)
        }
        let isToken = request.path.joined(separator: "/") == "oauth/token"
        switch error {
        case let error as AccountError where error.code == .unauthenticated && isToken:
            return Self.oauth("invalid_grant", error.message, .badRequest)
        case let error as AccountError where error.code == .unauthenticated:
            return Self.oauth("unauthorized", "Full authentication is required to access this resource", .unauthorized)
        case let error as AccountError where error.code == .badCredentials || error.code == .unconfirmed:
            return Self.oauth("invalid_request", error.message, .badRequest)
        case let error as AccountError where error.code == .demoGone:
            return .json(["code": 404, "message": .text(error.message)], status: .notFound)
        case let error as AccountError:
            guard let (code, status) = Self.codes[error.code] else { break }
            var response =
                isToken && error.code == .tooManyAttempts
                ? Self.oauth("too_many_requests", error.message, status) : coded(code, error.message, status)
            if let seconds = error.retryAfter { response.headers[.retryAfter] = String(seconds) }
            return response
        case RequestBodyError.tooLarge: return .empty(.contentTooLarge)
        case RequestBodyError.timeout: return .empty(.requestTimeout)
        case RequestBodyError.malformed: return .empty(.badRequest)
        case RequestBodyError.wrongContentType: return .empty(.unsupportedMediaType)
        case RoutingError.unknownPath:
            return coded(
                0,
                "No endpoint \(request.method.rawValue) /admin/\(request.path.joined(separator: "/")).",
                .notFound
            )
        case RoutingError.wrongMethod:
            return coded(0, "Request method '\(request.method.rawValue)' not supported", .notFound)
        default: break
        }
        return coded(0, "Something went wrong, please try again", .internalServerError)
    }

    static func oauth(_ error: String, _ description: String, _ status: HTTPResponse.Status) -> Response {
        .json(["error": .text(error), "error_description": .text(description)], status: status)
    }
}
