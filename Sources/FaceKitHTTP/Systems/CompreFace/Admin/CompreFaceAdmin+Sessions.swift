// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes
import Hummingbird

extension CompreFaceAdmin {
    /// The public name and secret of the product's own pages.
    private static let client = "CommonClientId:password"

    var sessionRoutes: [SystemRoute] {
        [
            SystemRoute(.post, "/oauth/token") { try await token($0) },
            SystemRoute(.delete, "/oauth/token") { try await logOut($0) },
            SystemRoute(.get, "/status") { _ in .json(["status": await isReady() ? "OK" : "NOT_READY"]) },
            SystemRoute(.get, "/config") { _ in try await describe() },
        ]
    }

    private func token(_ request: SystemRequest) async throws -> Response {
        guard Self.isClient(request) else {
            return Self.oauth("invalid_client", "Bad client credentials", .unauthorized)
        }
        let fields = try await fields(request)
        let tokens: SessionTokens
        switch fields["grant_type"] {
        case "password":
            tokens = try await administration.logIn(
                email: fields["username"] ?? "",
                password: fields["password"] ?? "",
                origin: origin(request)
            )
        case "refresh_token":
            guard let token = Cookies(request)[SessionCookies.refresh] else {
                return Self.oauth("invalid_request", "Missing refresh token", .badRequest)
            }
            tokens = try await administration.renewSession(refreshToken: token)
        default:
            return Self.oauth("unsupported_grant_type", "Unsupported grant type", .badRequest)
        }
        let settings = administration.settings
        var response = Response.json([
            "access_token": .text(tokens.access.text), "token_type": "bearer",
            "refresh_token": .text(tokens.refresh.text),
            "expires_in": .int(max(0, Int(settings.accessTokenLifetime) - 1)), "scope": "all",
        ])
        for cookie in SessionCookies.set(tokens, settings: settings, isSecure: hasSecureCookies) {
            response.headers.append(HTTPField(name: .setCookie, value: cookie))
        }
        return response
    }

    /// Whether a request names the pages' client, or none at all.
    private static func isClient(_ request: SystemRequest) -> Bool {
        guard let header = request.head.headerFields[.authorization] else { return true }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let data = Data(base64Encoded: parts[1].trimmingCharacters(in: .whitespaces))
        else { return false }
        return String(decoding: data, as: UTF8.self) == client
    }

    /// The fields of a form in either encoding.
    private func fields(_ request: SystemRequest) async throws -> QueryItems {
        if request.isMultipart {
            return try await request.form(.init(body: Self.bodyLimit, file: 0, field: 4096, parts: 20)).fields
        }
        guard request.mediaType == "application/x-www-form-urlencoded" else {
            throw RequestBodyError.wrongContentType(request.mediaType)
        }
        return QueryItems(parsing: String(decoding: try await request.body(limit: Self.bodyLimit), as: UTF8.self))
    }

    private func logOut(_ request: SystemRequest) async throws -> Response {
        guard let token = Cookies(request)[SessionCookies.access] else {
            return Self.oauth("invalid_request", "Missing access token", .badRequest)
        }
        try await administration.logOut(accessToken: token, origin: origin(request))
        var response = Response.empty(.ok)
        for cookie in SessionCookies.cleared(isSecure: hasSecureCookies) {
            response.headers.append(HTTPField(name: .setCookie, value: cookie))
        }
        return response
    }

    private func describe() async throws -> Response {
        let isFirstRun = try await administration.isFirstRun()
        let hasDemo = (try? await administration.hasDemo()) ?? false
        return .json([
            "mailServiceEnabled": .bool(administration.canMail),
            // What follows is for this server's own pages.
            "firstRun": .bool(isFirstRun),
            "signUp": .text(administration.settings.signUp.rawValue),
            "demoEnabled": .bool(hasDemo),
        ])
    }
}
