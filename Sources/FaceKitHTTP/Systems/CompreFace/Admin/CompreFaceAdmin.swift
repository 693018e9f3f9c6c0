// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKitAccounts
import Foundation
import HTTPTypes
public import Hummingbird

/// CompreFace's administration: what lies below `/admin`.
public struct CompreFaceAdmin: FaceSystem {
    /// `admin`.
    public let name = "admin"
    let administration: Administration
    /// Whether cookies are sent over encrypted connections only.
    let hasSecureCookies: Bool
    /// Addresses whose word counts for where a request comes from.
    let trustedProxies: Set<String>
    let isReady: @Sendable () async -> Bool

    /// The longest body of a request, in bytes.
    static let bodyLimit = 64 << 10

    /// Creates the system.
    ///
    /// - Parameters:
    ///   - administration: Does what is asked for.
    ///   - hasSecureCookies: Whether browsers reach the server by HTTPS only.
    ///   - trustedProxies: The addresses of proxies that say in `X-Forwarded-For` where a request comes from.
    ///   - isReady: Whether the rest of the server is.
    public init(
        administration: Administration,
        hasSecureCookies: Bool = false,
        trustedProxies: Set<String> = [],
        isReady: @escaping @Sendable () async -> Bool = { true }
    ) {
        self.administration = administration
        self.hasSecureCookies = hasSecureCookies
        self.trustedProxies = trustedProxies
        self.isReady = isReady
    }

    /// The endpoints, as paths below `/admin`.
    public var routes: SystemRoutes {
        SystemRoutes(sessionRoutes + userRoutes + peopleRoutes + applicationRoutes + memberRoutes + serviceRoutes)
    }

    /// The paths that need no session, by method.
    private static let open: Set<String> = [
        "GET status", "GET config", "POST oauth/token", "DELETE oauth/token", "POST user/register",
        "GET user/registration/confirm", "POST user/forgot-password", "PUT user/reset-password", "GET user/demo/model",
    ]

    /// Checks where a request comes from, and then its session.
    public func admit(_ request: SystemRequest) async throws {
        try RequestProvenance.check(request, host: administration.settings.host)
        let method = request.method == .head ? HTTPRequest.Method.get : request.method
        guard !Self.open.contains("\(method.rawValue) \(request.path.joined(separator: "/"))") else { return }
        _ = try await caller(request)
    }

    /// Forbids browsers to keep, frame or guess at answers.
    public func complete(_ response: inout Response, for request: SystemRequest) {
        response.headers[.cacheControl] = "no-store"
        response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        SecurityHeaders.add(to: &response, isEncrypted: hasSecureCookies)
    }

    // MARK: What handlers need

    func origin(_ request: SystemRequest) -> RequestOrigin {
        var address = request.remoteAddress ?? "unknown"
        // Each proxy appends whom it got the request from; the first that is no proxy of ours is the client.
        var hops = (request.header("X-Forwarded-For") ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        while trustedProxies.contains(address), let hop = hops.popLast(), !hop.isEmpty { address = hop }
        return RequestOrigin(
            address: String(address.prefix(64)),
            userAgent: request.head.headerFields[.userAgent] ?? ""
        )
    }

    func caller(_ request: SystemRequest) async throws -> Caller {
        try await administration.caller(
            accessToken: Cookies(request)[SessionCookies.access],
            origin: origin(request)
        )
    }

    /// The JSON object of a request's body; an empty one when there is no body.
    func body(_ request: SystemRequest) async throws -> JSON {
        let bytes = try await request.body(limit: Self.bodyLimit)
        guard !bytes.isEmpty else { return .object([]) }
        // A form from another site can send text, but not JSON.
        guard request.isJSON else { throw RequestBodyError.wrongContentType(request.mediaType) }
        do {
            let json = try JSONReader.value(in: bytes)
            guard json.isObject else { throw RequestBodyError.malformed("the body is no object") }
            return json
        } catch let error as RequestBodyError {
            throw error
        } catch {
            throw RequestBodyError.malformed("the body is not JSON: \(error)")
        }
    }

    /// A member of a body that is text; `nil` when it is missing.
    static func text(_ body: JSON, _ name: String) throws -> String? {
        guard let value = body[name], !value.isNull else { return nil }
        guard let text = value.text else { throw RequestBodyError.malformed("\(name) is no text") }
        return text
    }

    static func required(_ body: JSON, _ name: String) throws -> String {
        guard let text = try text(body, name), !text.isEmpty else {
            throw AccountError(.emptyField, "Field \(name) cannot be empty")
        }
        return text
    }

    static func role(_ body: JSON) throws -> Role {
        guard let role = Role(rawValue: try required(body, "role")) else {
            throw RequestBodyError.malformed("there is no such role")
        }
        return role
    }

    static func userID(_ text: String) throws -> User.ID {
        guard let id = UUID(uuidString: text) else {
            throw AccountError(.unknownUser, "User \(text.prefix(64)) does not exist")
        }
        return id
    }

    /// The application that the path names.
    static func application(_ request: SystemRequest) throws -> FaceKitAccounts.Application.ID {
        let text = request.parameters["app"] ?? ""
        guard let id = UUID(uuidString: text) else {
            throw AccountError(.unknownApplication, "App \(text.prefix(64)) not found")
        }
        return id
    }

    /// The service that the path names.
    static func service(_ request: SystemRequest) throws -> FaceKitAccounts.Service.ID {
        let text = request.parameters["model"] ?? ""
        guard let id = UUID(uuidString: text) else {
            throw AccountError(
                .unknownService,
                "Model \(text.prefix(64)) does not belong to application \(request.parameters["app"] ?? "")"
            )
        }
        return id
    }
}
