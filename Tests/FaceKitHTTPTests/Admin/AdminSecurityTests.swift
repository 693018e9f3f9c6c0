// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes
import Testing

@testable import FaceKitHTTP

@Suite("Administration: cookies, forgery, headers, limits")
struct AdminSecurityTests {
    @Test("the cookies of a log-in have the contract's paths, ages and flags", arguments: [false, true])
    func cookies(isSecure: Bool) async throws {
        let world = try await AdminWorld(hasSecureCookies: isSecure)
        let browser = AdminBrowser(world.system)
        browser.headers["Authorization"] = "Basic " + Data("CommonClientId:password".utf8).base64EncodedString()
        let answer = try await browser.logIn("serverOwner@example.org", AdminWorld.password)
        #expect(answer.status == 200)
        #expect(answer.json?["token_type"]?.text == "bearer")
        #expect(answer.json?["expires_in"]?.int == 2399)
        #expect(answer.json?["scope"]?.text == "all")
        let secure = isSecure ? "; Secure" : ""
        let access = try #require(answer.cookies.first { $0.hasPrefix("CFSESSION=") })
        #expect(access.hasSuffix("; Path=/admin; Max-Age=2400; HttpOnly; SameSite=Strict\(secure)"))
        let refresh = try #require(answer.cookies.first { $0.hasPrefix("REFRESH_TOKEN=") })
        #expect(refresh.hasSuffix("; Path=/admin/oauth/token; Max-Age=1209600; HttpOnly; SameSite=Strict\(secure)"))
        #expect(access.contains(try #require(answer.json?["access_token"]?.text)))
    }

    @Test("a bearer header is not looked at")
    func bearer() async throws {
        let world = try await AdminWorld()
        let browser = AdminBrowser(world.system)
        let token = try await browser.logIn("serverOwner@example.org", AdminWorld.password).json?["access_token"]?.text
        browser.forgetCookies()
        browser.headers["Authorization"] = "Bearer \(token ?? "")"
        #expect(try await browser.send(.get, "/user/me").status == 401)
    }

    @Test("logging out ends the session and empties both cookies")
    func logOut() async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("serverOwner")
        let answer = try await browser.send(.delete, "/oauth/token")
        #expect(answer.status == 200)
        #expect(answer.cookies.count == 2 && answer.cookies.allSatisfy { $0.contains("Max-Age=0") })
        #expect(try await browser.send(.get, "/user/me").status == 401)
        #expect(try await browser.send(.delete, "/oauth/token").status == 400)
    }

    @Test("the refresh token gives a new pair")
    func refresh() async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("serverOwner")
        let answer = try await browser.send(.post, "/oauth/token", form: "grant_type=refresh_token")
        #expect(answer.status == 200 && answer.cookies.count == 2)
        #expect(try await browser.send(.get, "/user/me").status == 200)
        browser.forgetCookies()
        #expect(try await browser.send(.post, "/oauth/token", form: "grant_type=refresh_token").status == 400)
    }

    @Test(
        "a wrong client, grant or password",
        arguments: [
            ("Basic eDp5", "grant_type=password&username=a&password=b", 401, "invalid_client"),
            ("", "grant_type=magic", 400, "unsupported_grant_type"),
            ("", "grant_type=password&username=serverOwner@example.org&password=wrong", 400, "invalid_request"),
        ]
    )
    func refusedTokens(client: String, form: String, status: Int, error: String) async throws {
        let world = try await AdminWorld()
        let browser = AdminBrowser(world.system)
        if !client.isEmpty { browser.headers["Authorization"] = client }
        let answer = try await browser.send(.post, "/oauth/token", form: form)
        #expect(answer.status == status)
        #expect(answer.json?["error"]?.text == error)
        if error == "invalid_request" { #expect(answer.json?["error_description"]?.text == "Bad credentials") }
    }

    /// Headers of a request, and whether it comes from the server's own pages.
    static let provenances: [(headers: [String: String], isOwn: Bool)] = [
        (["Sec-Fetch-Site": "same-origin"], true),
        (["Sec-Fetch-Site": "none"], true),
        (["Sec-Fetch-Site": "cross-site"], false),
        (["Sec-Fetch-Site": "same-site"], false),
        (["Origin": "http://localhost:8000"], true),
        (["Origin": "http://localhost:8001"], false),
        (["Origin": "http://evil.example"], false),
        (["Origin": "null"], false),
        (["Origin": "http://face.example", "X-Forwarded-Host": "face.example"], true),
        (["Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"], false),
        ([:], true),
    ]

    @Test("changes that another site asks for are refused", arguments: provenances.indices)
    func forgery(index: Int) async throws {
        let (headers, isOwn) = Self.provenances[index]
        let world = try await AdminWorld()
        let browser = try await world.browser("serverOwner")
        browser.headers = headers.merging(["Host": "localhost:8000"]) { $1 }
        let answer = try await browser.send(.put, "/app/\(world.application.id.text)", ["name": "Changed"])
        #expect(answer.status == (isOwn ? 200 : 403), "\(headers)")
        if !isOwn { #expect(answer.code == 1) }
        #expect(try await browser.send(.get, "/user/me").status == 200, "looking is harmless")
        let logIn = try await browser.logIn("serverOwner@example.org", AdminWorld.password)
        #expect(logIn.status == (isOwn ? 200 : 403), "logging someone in is a change too")
    }

    @Test("a body that a form could send is no JSON", arguments: ["text/plain", "application/x-www-form-urlencoded"])
    func contentTypes(type: String) async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("serverOwner")
        browser.headers["Content-Type"] = type
        let answer = try await browser.send(.post, "/app", form: #"{"name": "Forged"}"#)
        #expect(answer.status == 415 && answer.bytes.isEmpty)
    }

    @Test("every answer forbids keeping, framing and guessing", arguments: ["/status", "/user/me", "/nowhere"])
    func headers(path: String) async throws {
        let answer = try await AdminBrowser(try await AdminWorld(hasSecureCookies: true).system).send(.get, path)
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(answer.headers[.xContentTypeOptions] == "nosniff")
        #expect(answer.headers[HTTPField.Name("X-Frame-Options")!] == "DENY")
        #expect(answer.headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
        #expect(answer.headers[.strictTransportSecurity] != nil)
        #expect(answer.headers[.accessControlAllowOrigin] == nil)
    }

    @Test("the sixth wrong password gets 429 with the time to wait")
    func guessing() async throws {
        let world = try await AdminWorld()
        let browser = AdminBrowser(world.system)
        for _ in 0..<5 { #expect(try await browser.logIn("serverOwner@example.org", "wrong").status == 400) }
        let answer = try await browser.logIn("serverOwner@example.org", AdminWorld.password)
        #expect(answer.status == 429)
        let wait = try #require(answer.headers[.retryAfter].flatMap { Int($0) })
        #expect((1...300).contains(wait))
        browser.address = "192.0.2.9"
        #expect(try await browser.logIn("serverOwner@example.org", AdminWorld.password).status == 200)
    }

    @Test("where a request comes from is a trusted proxy's word, and nobody else's")
    func proxies() async throws {
        let world = try await AdminWorld()
        let system = CompreFaceAdmin(administration: world.administration, trustedProxies: ["10.0.0.1", "10.0.0.2"])
        for (remote, forwarded, expected) in [
            ("192.0.2.1", "203.0.113.9", "192.0.2.1"), ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"), ("10.0.0.1", "", "10.0.0.1"),
        ] {
            let browser = AdminBrowser(system)
            browser.address = remote
            browser.headers["X-Forwarded-For"] = forwarded
            _ = try await browser.logIn("serverOwner@example.org", AdminWorld.password)
            let sessions = try await browser.send(.get, "/user/me/sessions").json?.elements
            #expect(sessions?.first { $0["current"]?.bool == true }?["address"]?.text == expected)
        }
    }

    @Test("a body beyond the limit is refused")
    func largeBody() async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("serverOwner")
        let name = String(repeating: "x", count: 100_000)
        #expect(try await browser.send(.post, "/app", ["name": .text(name)]).status == 413)
    }
}
