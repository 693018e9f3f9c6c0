// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Testing

@testable import FaceKitHTTP

/// What a system answered.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let bytes: [UInt8]

    var json: JSON? { try? JSONReader.value(in: bytes) }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var cookies: [String] { headers[values: .setCookie] }
    /// The code of an error.
    var code: Int? { json?["code"]?.int }
}

/// Asks a system as a browser would: it keeps cookies and says which page it comes from.
final class AdminBrowser {
    private let system: any FaceSystem
    private let routes: SystemRoutes
    private var cookies: [String: String] = [:]
    var headers: [String: String] = ["Host": "localhost:8000", "Sec-Fetch-Site": "same-origin"]
    var address = "192.0.2.1"

    init(_ system: any FaceSystem) {
        self.system = system
        routes = system.routes
    }

    /// Sends a request to a path below the system's mount point; its body is JSON, or a form.
    func send(_ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, form: String? = nil) async throws
        -> Answer
    {
        var fields = HTTPFields()
        for (name, value) in headers where name != "Host" { fields[try #require(HTTPField.Name(name))] = value }
        if !cookies.isEmpty { fields[.cookie] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
        var bytes: [UInt8] = []
        if let body {
            bytes = body.encoded
            fields[.contentType] = "application/json"
        } else if let form {
            bytes = Array(form.utf8)
            fields[.contentType] = fields[.contentType] ?? "application/x-www-form-urlencoded"
        }
        let parts = path.split(separator: "?", maxSplits: 1)
        let request = SystemRequest(
            head: HTTPRequest(
                method: method,
                scheme: "http",
                authority: headers["Host"],
                path: path,
                headerFields: fields
            ),
            path: (parts.first ?? "").split(separator: "/"),
            query: parts.count > 1 ? String(parts[1]) : "",
            body: RequestBody(buffer: ByteBuffer(bytes: bytes)),
            id: "test",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            remoteAddress: address
        )
        let response = await system.respond(to: request, routes: routes).response
        let writer = CollectedBody()
        try await response.body.write(writer)
        let answer = Answer(status: Int(response.status.code), headers: response.headers, bytes: writer.bytes)
        for cookie in answer.cookies { keep(cookie) }
        return answer
    }

    private func keep(_ cookie: String) {
        let pair = cookie.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        cookies[String(pair[0])] = cookie.contains("Max-Age=0") ? nil : String(pair[1])
    }

    func forgetCookies() { cookies = [:] }

    func logIn(_ email: String, _ password: String) async throws -> Answer {
        try await send(.post, "/oauth/token", form: "grant_type=password&username=\(email)&password=\(password)")
    }
}

/// The bytes of an answer's body.
private final class CollectedBody: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []
    func write(_ buffer: ByteBuffer) async throws { bytes.append(contentsOf: buffer.readableBytesView) }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// Collections that are all of one size.
struct StubCollections: ServiceCollections {
    func counts(of service: FaceKitAccounts.Service.ID) async throws -> CollectionCounts {
        .init(subjects: 2, images: 5)
    }
    func copy(_ source: FaceKitAccounts.Service.ID, to target: FaceKitAccounts.Service.ID) async throws {}
    func remove(_ service: FaceKitAccounts.Service.ID) async throws {}
}

/// A server's administration with one person in each position.
struct AdminWorld {
    static let password = "correct-horse"
    let administration: Administration
    let system: CompreFaceAdmin
    /// By first name: `serverOwner`, `serverAdministrator`, `applicationOwner`, `applicationAdministrator`,
    /// `applicationUser`, `outsider`, and `victim`, who is in the application for things to be done to.
    let people: [String: User]
    let application: FaceKitAccounts.Application
    let service: FaceKitAccounts.Service

    init(settings: AccountSettings = .init(), mailer: (any Mailer)? = nil, hasSecureCookies: Bool = false) async throws
    {
        administration = Administration(
            store: MemoryAccountStore(),
            collections: StubCollections(),
            settings: settings,
            mailer: mailer,
            hasher: PasswordHasher(cost: .init(logRounds: 1, blockSize: 1, parallelism: 1))
        )
        system = CompreFaceAdmin(administration: administration, hasSecureCookies: hasSecureCookies)
        var people: [String: User] = [:]
        for (name, role) in [
            ("serverOwner", Role.owner), ("serverAdministrator", .administrator), ("applicationOwner", .user),
            ("applicationAdministrator", .user), ("applicationUser", .user), ("outsider", .user), ("victim", .user),
        ] {
            people[name] = try await administration.createUser(
                email: "\(name)@example.org",
                password: Self.password,
                firstName: name,
                lastName: "Test",
                role: role
            )
        }
        self.people = people
        application = try await administration.createApplication(name: "Door", owner: "applicationowner@example.org")
        service = try await administration.createService(name: "Staff", type: .recognition, application: "Door")
        let owner = Caller(user: try #require(people["applicationOwner"]))
        for (name, role) in [
            ("applicationAdministrator", Role.administrator), ("applicationUser", .user), ("victim", .user),
        ] {
            _ = try await administration.addMember(
                email: "\(name)@example.org",
                role: role,
                to: application.id,
                by: owner
            )
        }
    }

    /// A browser in which someone is logged in; nobody for `nil`.
    func browser(_ name: String?) async throws -> AdminBrowser {
        let browser = AdminBrowser(system)
        if let name {
            let answer = try await browser.logIn("\(name)@example.org", Self.password)
            try #require(answer.status == 200)
        }
        return browser
    }

    /// `{app}`, `{model}` and `{victim}` replaced.
    func filled(_ text: String) -> String {
        text.replacing("{app}", with: application.id.text).replacing("{model}", with: service.id.text)
            .replacing("{victim}", with: people["victim"]?.id.text ?? "")
    }
}
