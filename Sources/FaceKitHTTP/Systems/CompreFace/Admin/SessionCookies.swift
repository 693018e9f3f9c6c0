// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes

/// The cookies of a request.
struct Cookies {
    private let values: [String: String]

    init(_ request: SystemRequest) {
        var values: [String: String] = [:]
        for header in request.head.headerFields[values: .cookie] {
            for pair in header.split(separator: ";") {
                guard let equals = pair.firstIndex(of: "=") else { continue }
                let name = pair[..<equals].trimmingCharacters(in: .whitespaces)
                let value = pair[pair.index(after: equals)...].trimmingCharacters(in: .whitespaces)
                // The first wins: browsers send the most specific path first.
                if values[name] == nil { values[name] = value }
            }
        }
        self.values = values
    }

    /// The value of a cookie; `nil` when it is missing or empty.
    subscript(name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The cookies that hold a session's tokens.
enum SessionCookies {
    static let access = "CFSESSION"
    static let refresh = "REFRESH_TOKEN"

    /// The header values that give a browser its tokens.
    static func set(_ tokens: SessionTokens, settings: AccountSettings, isSecure: Bool) -> [String] {
        [
            cookie(access, tokens.access.text, path: "/admin", age: settings.accessTokenLifetime, isSecure: isSecure),
            cookie(
                refresh,
                tokens.refresh.text,
                path: "/admin/oauth/token",
                age: settings.refreshTokenLifetime,
                isSecure: isSecure
            ),
        ]
    }

    /// The header values that take them away.
    static func cleared(isSecure: Bool) -> [String] {
        [
            cookie(access, "", path: "/admin", age: 0, isSecure: isSecure),
            cookie(refresh, "", path: "/admin/oauth/token", age: 0, isSecure: isSecure),
        ]
    }

    private static func cookie(
        _ name: String,
        _ value: String,
        path: String,
        age: TimeInterval,
        isSecure: Bool
    ) -> String {
        let flags = isSecure ? "; Secure" : ""
        return "\(name)=\(value); Path=\(path); Max-Age=\(Int(age)); HttpOnly; SameSite=Strict\(flags)"
    }
}
