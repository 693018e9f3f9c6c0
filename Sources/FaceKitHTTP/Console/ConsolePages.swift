// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitConsole
import Foundation
import HTTPTypes
public import Hummingbird

/// The web pages: one document for all paths, and the files it needs below `/console`.
public struct ConsolePages: FaceSystem {
    /// `console`.
    public let name = "console"
    private let isEncrypted: Bool

    /// The native paths of CompreFace's pages, and those beyond them.
    static let paths = [
        "/", "/login", "/sign-up", "/reset-password", "/demo", "/create-application", "/application", "/dashboard",
        "/manage-collection", "/test-model", "/compare", "/fusion", "/users", "/activity", "/settings",
    ]

    /// Nothing inline, nothing from elsewhere; pictures also from files that the person chose.
    static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob: data:",
        "media-src 'self' blob:", "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'",
    ].joined(separator: "; ")

    /// - Parameter isEncrypted: Whether browsers reach the server by HTTPS only.
    public init(isEncrypted: Bool = false) {
        self.isEncrypted = isEncrypted
    }

    /// The endpoints, as paths below the root.
    public var routes: SystemRoutes {
        let pages = Self.paths.map { path in
            SystemRoute(.get, path) { try Self.file("index.html", $0) }
        }
        let files = ConsoleFile.all.keys.map { path in
            SystemRoute(.get, "/console/\(path)") { try Self.file(path, $0) }
        }
        // Anything else that a browser shows goes to the first page; programs learn that there is no such path.
        let others = (1...6).map { depth in
            let pattern = "/" + (0..<depth).map { "{\($0)}" }.joined(separator: "/")
            return SystemRoute(.get, pattern, when: Self.isBrowser) { request in
                guard request.path.first != "console" else { throw RoutingError.unknownPath }
                var response = Response.empty(.found)
                response.headers[.location] = "/"
                return response
            }
        }
        return SystemRoutes(pages + files + others)
    }

    /// Whether the request comes from someone who looks at pages.
    static func isBrowser(_ fields: HTTPFields) -> Bool {
        (fields[.accept] ?? "").lowercased().contains("text/html")
    }

    private static func file(_ path: String, _ request: SystemRequest) throws -> Response {
        guard let file = ConsoleFile.all[path] else { throw RoutingError.unknownPath }
        // Kept by browsers, and asked for again each time: a new version of the server is seen at once.
        var headers: HTTPFields = [.cacheControl: "no-cache", .eTag: file.tag]
        let known = request.head.headerFields[.ifNoneMatch] ?? ""
        if known.split(separator: ",").contains(where: { $0.trimmingCharacters(in: .whitespaces) == file.tag }) {
            return Response(status: .notModified, headers: headers, body: .init())
        }
        headers[.contentType] = file.type
        var response = Response.bytes(file.bytes, type: file.type)
        for field in headers { response.headers[field.name] = field.value }
        return response
    }

    /// `{"error": "Not Found"}`, as for all paths at the root that nobody has.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        switch error {
        case is RoutingError: .json(["error": "Not Found"], status: .notFound)
        default: .json(["error": "Internal Server Error"], status: .internalServerError)
        }
    }

    public func complete(_ response: inout Response, for request: SystemRequest) {
        response.headers[.contentSecurityPolicy] = Self.policy
        if response.headers[.contentType]?.hasPrefix("text/html") == true { response.headers[.vary] = "Accept" }
        SecurityHeaders.add(to: &response, isEncrypted: isEncrypted)
    }
}
