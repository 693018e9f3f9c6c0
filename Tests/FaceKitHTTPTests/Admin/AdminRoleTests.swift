// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes
import Testing

@testable import FaceKitHTTP

/// One thing that can be done, and who may.
struct AdminAction: Sendable, CustomTestStringConvertible {
    let method: HTTPRequest.Method
    let path: String
    var body: String?
    var success = 200
    /// Who may, of the people of an ``AdminWorld``.
    let allowed: Set<String>
    /// What the others get.
    var refusal = 403

    var testDescription: String { "\(method) \(path)" }
}

@Suite("Roles over HTTP")
struct AdminRoleTests {
    static let server: Set<String> = ["serverOwner", "serverAdministrator"]
    static let owners = server.union(["applicationOwner"])
    static let managers = owners.union(["applicationAdministrator"])
    static let members = managers.union(["applicationUser"])
    static let everyone = members.union(["outsider"])
    static let people = [
        "serverOwner", "serverAdministrator", "applicationOwner", "applicationAdministrator", "applicationUser",
        "outsider",
    ]

    /// Section 18 of the contract, row by row of section 17.
    static let actions: [AdminAction] = [
        AdminAction(method: .get, path: "/apps", allowed: everyone),
        AdminAction(method: .post, path: "/app", body: #"{"name": "New"}"#, success: 201, allowed: server),
        AdminAction(method: .get, path: "/app/{app}", allowed: members),
        AdminAction(method: .put, path: "/app/{app}", body: #"{"name": "New"}"#, allowed: owners),
        AdminAction(method: .delete, path: "/app/{app}", allowed: owners),
        AdminAction(method: .put, path: "/app/{app}/apikey", allowed: owners),
        AdminAction(method: .get, path: "/app/{app}/roles", allowed: members),
        AdminAction(method: .get, path: "/app/{app}/assign-roles", allowed: members),
        AdminAction(
            method: .post,
            path: "/app/{app}/invite",
            body: #"{"userEmail": "new@example.org", "role": "USER"}"#,
            success: 201,
            allowed: owners
        ),
        AdminAction(
            method: .put,
            path: "/app/{app}/role",
            body: #"{"userId": "{victim}", "role": "ADMINISTRATOR"}"#,
            allowed: owners
        ),
        AdminAction(method: .delete, path: "/app/{app}/user/{victim}", allowed: owners),
        AdminAction(method: .get, path: "/app/{app}/models", allowed: members),
        AdminAction(
            method: .post,
            path: "/app/{app}/model",
            body: #"{"name": "New", "type": "VERIFY"}"#,
            success: 201,
            allowed: managers
        ),
        AdminAction(method: .get, path: "/app/{app}/model/{model}", allowed: members),
        AdminAction(method: .post, path: "/app/{app}/model/{model}", body: #"{"name": "New"}"#, allowed: managers),
        AdminAction(method: .put, path: "/app/{app}/model/{model}", body: #"{"name": "New"}"#, allowed: managers),
        AdminAction(method: .put, path: "/app/{app}/model/{model}/apikey", allowed: managers),
        AdminAction(method: .delete, path: "/app/{app}/model/{model}", allowed: managers),
        AdminAction(method: .get, path: "/app/{app}/model/{model}/statistics", allowed: members),
        AdminAction(method: .get, path: "/user/me", allowed: everyone),
        AdminAction(method: .get, path: "/user/roles", allowed: server),
        AdminAction(method: .get, path: "/user/global/roles", allowed: everyone),
        AdminAction(method: .get, path: "/user/global/assign-roles", allowed: everyone),
        AdminAction(
            method: .put,
            path: "/user/global/role",
            body: #"{"userId": "{victim}", "role": "ADMINISTRATOR"}"#,
            allowed: server
        ),
        AdminAction(method: .delete, path: "/user/{victim}", allowed: server),
        AdminAction(method: .get, path: "/user/autocomplete?query=vic", allowed: owners),
        AdminAction(
            method: .post,
            path: "/user/invitation",
            body: #"{"email": "x@example.org", "role": "USER"}"#,
            success: 201,
            allowed: server
        ),
        AdminAction(method: .post, path: "/user/{victim}/password-link", success: 201, allowed: server),
        AdminAction(method: .get, path: "/audit", allowed: server),
    ]

    @Test("who may, may; who may not, changes nothing", arguments: actions)
    func roles(action: AdminAction) async throws {
        for name in Self.people {
            let world = try await AdminWorld()
            _ = try await world.administration.createUser(
                email: "new@example.org",
                password: AdminWorld.password,
                firstName: "N",
                lastName: "N",
                role: .user
            )
            let browser = try await world.browser(name)
            let answer = try await send(action, browser, world)
            if action.allowed.contains(name) {
                #expect(answer.status == action.success, "\(name): \(answer.text)")
            } else {
                #expect(answer.status == action.refusal, "\(name): \(answer.text)")
                #expect(answer.code == 1)
                #expect(answer.json?["message"]?.text == "Access denied")
                let names = try await world.administration.store.read { reader in
                    (try reader.applications().map(\.name), try reader.services().map(\.name), try reader.users().count)
                }
                #expect(names.0 == ["Door"] && names.1 == ["Staff"] && names.2 == 8)
            }
        }
    }

    @Test("without a session nothing can be done", arguments: actions)
    func noSession(action: AdminAction) async throws {
        let world = try await AdminWorld()
        let answer = try await send(action, try await world.browser(nil), world)
        #expect(answer.status == 401)
        #expect(answer.json?["error"]?.text == "unauthorized")
        #expect(
            answer.json?["error_description"]?.text == "Full authentication is required to access this resource"
        )
    }

    @Test("every endpoint that needs a session is in the table")
    func completeness() async throws {
        let world = try await AdminWorld()
        let own = [
            "PUT /user/update", "PUT /user/me/password", "GET /user/me/sessions", "DELETE /user/me/sessions/{session}",
        ]
        let open = [
            "POST /oauth/token", "DELETE /oauth/token", "GET /status", "GET /config", "POST /user/register",
            "GET /user/registration/confirm", "POST /user/forgot-password", "PUT /user/reset-password",
            "GET /user/demo/model",
        ]
        let tested = Self.actions.map { action in
            "\(action.method.rawValue) \(action.path.prefix { $0 != "?" })".replacing("{victim}", with: "{user}")
        }
        let served = world.system.routes.all.map { "\($0.method.rawValue) \($0.pattern)" }
        #expect(Set(served) == Set(tested + own + open))
    }

    private func send(_ action: AdminAction, _ browser: AdminBrowser, _ world: AdminWorld) async throws -> Answer {
        let body = try action.body.map { try JSONReader.value(in: Array(world.filled($0).utf8)) }
        return try await browser.send(action.method, world.filled(action.path), body)
    }
}
