// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes
import Synchronization
import Testing

@testable import FaceKitHTTP

@Suite("Administration: the contract row by row")
struct AdminContractTests {
    /// Mails that were sent.
    final class Mailbox: Mailer {
        let mails = Mutex<[Mail]>([])
        func send(_ mail: Mail) async throws { mails.withLock { $0.append(mail) } }
        var last: Mail? { mails.withLock(\.last) }
        var token: String? {
            last?.text.split(separator: "token=").last?.split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
    }

    private func names(_ json: JSON?) -> [String] {
        guard case .object(let members)? = json else { return [] }
        return members.map(\.name)
    }

    @Test("an empty server: state, configuration, demo, first sign-up")
    func emptyServer() async throws {
        let administration = Administration(
            store: MemoryAccountStore(),
            collections: StubCollections(),
            hasher: PasswordHasher(cost: .init(logRounds: 1, blockSize: 1, parallelism: 1))
        )
        try await administration.createDemoContent()
        let browser = AdminBrowser(CompreFaceAdmin(administration: administration))
        #expect(try await browser.send(.get, "/status").text == #"{"status":"OK"}"#)
        let configuration = try await browser.send(.get, "/config").json
        #expect(configuration?["mailServiceEnabled"]?.bool == false)
        #expect(configuration?["firstRun"]?.bool == true)
        let demo = try await browser.send(.get, "/user/demo/model")
        #expect(demo.text == #"{"apiKey":"00000000-0000-0000-0000-000000000002"}"#)
        let person: JSON = [
            "email": "Ada@Example.org", "password": "12345678", "firstName": "Ada", "lastName": "Lovelace",
            "isAllowStatistics": true, "unknown": [],
        ]
        let registered = try await browser.send(.post, "/user/register", person)
        #expect(registered.status == 201 && registered.bytes.isEmpty)
        let gone = try await browser.send(.get, "/user/demo/model")
        #expect(gone.status == 404)
        #expect(gone.text == #"{"code":404,"message":"The Demo model is not available any more!"}"#)
        #expect(try await browser.logIn("ada@example.org", "12345678").status == 200)
        let me = try await browser.send(.get, "/user/me").json
        #expect(names(me) == ["userId", "email", "firstName", "lastName"])
        #expect(me?["email"]?.text == "ada@example.org")
        let roles = try await browser.send(.get, "/user/roles").json?.elements
        #expect(roles?.count == 1 && roles?.first?["role"]?.text == "OWNER")
        #expect(names(roles?.first) == ["userId", "firstName", "lastName", "role", "email"])
        let applications = try await browser.send(.get, "/apps").json?.elements
        #expect(applications?.first?["name"]?.text == "Demo app", "the demo belongs to the first person")
        #expect(applications?.first?["owner"]?["firstName"]?.text == "Ada")
    }

    static let registrations: [(body: String, status: Int, code: Int, message: String)] = [
        (#"{"password": "12345678", "firstName": "A", "lastName": "B"}"#, 400, 5, "Field email cannot be empty"),
        (#"{"email": "a@b.c", "firstName": "A", "lastName": "B"}"#, 400, 5, "Field password cannot be empty"),
        (
            #"{"email": "ab.c", "password": "12345678", "firstName": "A", "lastName": "B"}"#, 400, 22,
            "Email format is incorrect"
        ),
        (
            #"{"email": "VICTIM@example.org", "password": "12345678", "firstName": "A", "lastName": "B"}"#, 400, 4,
            "This email already registered"
        ),
        (#"{"email": "a@b.c", "password": "12345678", "lastName": "B"}"#, 400, 5, "Field firstName cannot be empty"),
    ]

    @Test("what a registration needs", arguments: registrations.indices)
    func refusedRegistrations(index: Int) async throws {
        let (body, status, code, message) = Self.registrations[index]
        let answer = try await AdminBrowser(try await AdminWorld().system)
            .send(.post, "/user/register", try JSONReader.value(in: Array(body.utf8)))
        #expect(answer.status == status)
        #expect(answer.code == code)
        #expect(answer.json?["message"]?.text == message)
    }

    @Test("with mail: confirmation, forgotten and reset passwords")
    func mails() async throws {
        let mailbox = Mailbox()
        let world = try await AdminWorld(settings: .init(host: "https://face.example"), mailer: mailbox)
        let browser = AdminBrowser(world.system)
        #expect(try await browser.send(.get, "/config").json?["mailServiceEnabled"]?.bool == true)
        let person: JSON = ["email": "new@example.org", "password": "12345678", "firstName": "N", "lastName": "N"]
        #expect(try await browser.send(.post, "/user/register", person).status == 200)
        #expect(mailbox.last?.subject == "CompreFace Registration")
        #expect(
            mailbox.last?.text.contains("https://face.example/admin/user/registration/confirm?token=") == true
        )
        let early = try await browser.logIn("new@example.org", "12345678")
        #expect(early.status == 400 && early.json?["error_description"]?.text == "User is disabled")
        let wrong = try await browser.send(.get, "/user/registration/confirm?token=wrong")
        #expect(wrong.status == 403 && wrong.code == 25)
        #expect(wrong.json?["message"]?.text == "User registration token is expired!")
        let token = try #require(mailbox.token)
        let confirmed = try await browser.send(.get, "/user/registration/confirm?token=\(token)")
        #expect(confirmed.status == 302)
        #expect(confirmed.headers[.location]?.hasPrefix("https://face.example/login") == true)
        #expect(try await browser.logIn("new@example.org", "12345678").status == 200)

        let unknown = try await browser.send(.post, "/user/forgot-password", ["email": "nobody@example.org"])
        #expect(unknown.status == 404 && unknown.code == 16)
        #expect(unknown.json?["message"]?.text == "User nobody@example.org does not exist")
        #expect(try await browser.send(.post, "/user/forgot-password", ["email": "new@example.org"]).status == 200)
        #expect(mailbox.last?.subject == "CompreFace Reset Password")
        #expect(mailbox.last?.text.contains("https://face.example/reset-password?token=") == true)
        let reset = try #require(mailbox.token)
        let short = try await browser.send(.put, "/user/reset-password?token=\(reset)", ["password": "1234567"])
        #expect(short.status == 400 && short.code == 26)
        #expect(
            try await browser.send(.put, "/user/reset-password?token=\(reset)", ["password": "87654321"]).status == 200
        )
        let again = try await browser.send(.put, "/user/reset-password?token=\(reset)", ["password": "87654321"])
        #expect(again.status == 400 && again.code == 30)
        #expect(again.json?["message"]?.text == "The reset password token is invalid!")
    }

    @Test("without mail a forgotten password is an administrator's business")
    func withoutMail() async throws {
        let world = try await AdminWorld()
        let answer = try await AdminBrowser(world.system)
            .send(.post, "/user/forgot-password", ["email": "victim@example.org"])
        #expect(answer.status == 500 && answer.code == 29)
        #expect(answer.json?["message"]?.text == "We cannot send an email. No email server enabled!")
        let owner = try await world.browser("serverOwner")
        let link = try await owner.send(.post, world.filled("/user/{victim}/password-link"))
        #expect(link.json?["mailed"]?.bool == false)
        #expect(link.json?["link"]?.text?.contains("/reset-password?token=") == true)
    }

    @Test("the own profile and password")
    func profile() async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("victim")
        let updated = try await browser.send(.put, "/user/update", ["firstName": "New", "lastName": "Name"])
        #expect(updated.json?["firstName"]?.text == "New")
        let wrong = try await browser.send(
            .put,
            "/user/me/password",
            ["oldPassword": "wrong", "newPassword": "12345678"]
        )
        #expect(wrong.status == 400 && wrong.code == 18)
        #expect(wrong.json?["message"]?.text == "User's password is incorrect")
        let changed = try await browser.send(
            .put,
            "/user/me/password",
            ["oldPassword": .text(AdminWorld.password), "newPassword": "12345678"]
        )
        #expect(changed.status == 200 && changed.bytes.isEmpty)
        let sessions = try #require(try await browser.send(.get, "/user/me/sessions").json?.elements)
        #expect(sessions.count == 1 && sessions[0]["current"]?.bool == true)
        let unknown = try await browser.send(.delete, "/user/me/sessions/\(UUID().text)")
        #expect(unknown.status == 404)
        let id = try #require(sessions[0]["id"]?.text)
        #expect(try await browser.send(.delete, "/user/me/sessions/\(id)").status == 200)
        #expect(try await browser.send(.get, "/user/me").status == 401)
    }

    @Test(
        "roles that can be given",
        arguments: [
            ("serverOwner", ["OWNER", "ADMINISTRATOR", "USER"]), ("serverAdministrator", ["ADMINISTRATOR", "USER"]),
            ("victim", []),
        ]
    )
    func assignableRoles(name: String, roles: [String]) async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser(name)
        let assignable = try await browser.send(.get, "/user/global/assign-roles").json?.elements
        #expect(assignable?.compactMap(\.text) == roles)
        let all = try await browser.send(.get, "/user/global/roles").json?.elements
        #expect(all?.compactMap(\.text) == ["OWNER", "ADMINISTRATOR", "USER"])
    }

    /// What is refused whoever asks: by whom, what, and the answer.
    static let refusals:
        [(
            name: String, method: HTTPRequest.Method, path: String, body: String?, status: Int, code: Int,
            message: String?
        )] = [
            (
                "serverOwner", .put, "/user/global/role", #"{"userId": "{self}", "role": "USER"}"#, 400, 14,
                "User can't change their role"
            ),
            (
                "serverOwner", .put, "/user/global/role",
                #"{"userId": "00000000-0000-4000-8000-000000000000", "role": "USER"}"#, 404, 16, nil
            ),
            ("serverAdministrator", .delete, "/user/{owner}", nil, 400, 9, "Global owner cannot be removed!"),
            ("serverOwner", .delete, "/user/{victim}?replacer=nobody", nil, 400, 13, "Illegal replacer value=nobody!"),
            (
                "serverOwner", .get, "/app/00000000-0000-4000-8000-000000000000", nil, 404, 2,
                "App 00000000-0000-4000-8000-000000000000 not found"
            ),
            ("serverOwner", .get, "/app/nonsense", nil, 404, 2, "App nonsense not found"),
            (
                "serverOwner", .get, "/app/{app}/model/00000000-0000-4000-8000-000000000000", nil, 404, 3,
                "Model 00000000-0000-4000-8000-000000000000 does not belong to application {app}"
            ),
            ("serverOwner", .post, "/app", #"{"name": "Door"}"#, 400, 17, "Name Door is not unique"),
            ("serverOwner", .post, "/app", #"{"name": " "}"#, 400, 26, "Application name cannot be empty"),
            (
                "serverOwner", .post, "/app", #"{"name": "a/b"}"#, 400, 26,
                #"The name cannot contain the following special characters: ';', '/', '\'"#
            ),
            (
                "serverOwner", .post, "/app/{app}/model", #"{"name": "staff", "type": "VERIFY"}"#, 400, 17,
                "Name staff is not unique"
            ),
            (
                "serverOwner", .post, "/app/{app}/model", #"{"name": "x", "type": "MAGIC"}"#, 400, 26,
                "Model Type 'MAGIC' doesn't exist!"
            ),
            ("serverOwner", .post, "/app/{app}/model", #"{"type": "VERIFY"}"#, 400, 26, "Model name cannot be empty"),
            (
                "serverOwner", .put, "/app/{app}/model/{model}", #"{"name": "Staff"}"#, 400, 17,
                "Name Staff is not unique"
            ),
            (
                "serverOwner", .post, "/app/{app}/invite", #"{"userEmail": "victim@example.org", "role": "USER"}"#, 400,
                19, "User victim@example.org already has access to application Door"
            ),
            (
                "serverOwner", .post, "/app/{app}/invite", #"{"userEmail": "no@example.org", "role": "USER"}"#, 404, 16,
                "User no@example.org does not exist"
            ),
            (
                "applicationOwner", .put, "/app/{app}/role", #"{"userId": "{self}", "role": "USER"}"#, 400, 9,
                "Action not allowed for current user"
            ),
            ("applicationOwner", .delete, "/app/{app}/user/{self}", nil, 400, 9, "Action not allowed for current user"),
        ]

    @Test("what is refused whoever asks", arguments: refusals.indices)
    func refusedRequests(index: Int) async throws {
        let (name, method, path, body, status, code, message) = Self.refusals[index]
        let world = try await AdminWorld()
        let fill = { (text: String) -> String in
            world.filled(text).replacing("{self}", with: world.people[name]?.id.text ?? "")
                .replacing("{owner}", with: world.people["serverOwner"]?.id.text ?? "")
        }
        let json = try body.map { try JSONReader.value(in: Array(fill($0).utf8)) }
        let answer = try await world.browser(name).send(method, fill(path), json)
        #expect(answer.status == status, "\(answer.text)")
        #expect(answer.code == code)
        if let message { #expect(answer.json?["message"]?.text == fill(message)) }
    }

    @Test("unreadable bodies and roles that do not exist: 400 without a body")
    func unreadable() async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("serverOwner")
        browser.headers["Content-Type"] = "application/json"
        for body in ["{", "[]", "null", "\u{0}"] {
            let answer = try await browser.send(.post, "/app", form: body)
            #expect(answer.status == 400 && answer.bytes.isEmpty, "\(body)")
        }
        let answer = try await browser.send(
            .post,
            world.filled("/app/{app}/invite"),
            ["userEmail": "a@b.c", "role": "KING"]
        )
        #expect(answer.status == 400 && answer.bytes.isEmpty)
    }

    @Test("an application: keys and their order, rename, new key")
    func application() async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("serverOwner")
        let seen = try await browser.send(.get, world.filled("/app/{app}")).json
        #expect(names(seen) == ["id", "name", "apiKey", "role", "owner"])
        #expect(seen?["role"]?.isNull == true, "the server's owner is not in it")
        #expect(names(seen?["owner"]) == ["userId", "firstName", "lastName"])
        let key = seen?["apiKey"]?.text
        let renewed = try await browser.send(.put, world.filled("/app/{app}/apikey")).json
        #expect(renewed?["apiKey"]?.text != key)
        #expect(
            try await browser.send(.put, world.filled("/app/{app}"), ["name": "Gate"]).json?["name"]?.text == "Gate"
        )
        let deleted = try await browser.send(.delete, world.filled("/app/{app}"))
        #expect(deleted.status == 200 && deleted.bytes.isEmpty)
    }

    @Test("the people of an application: roles, search, a new owner")
    func people() async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("applicationOwner")
        let all = try await browser.send(.get, world.filled("/app/{app}/roles")).json?.elements
        #expect(all?.count == 4)
        let found = try await browser.send(.get, world.filled("/app/{app}/roles?search=VICT")).json?.elements
        #expect(found?.compactMap { $0["email"]?.text } == ["victim@example.org"])
        let completed = try await browser.send(.get, "/user/autocomplete?query=outs").json
        #expect(completed?["query"]?.text == "outs" && completed?["length"]?.int == 1)
        #expect(completed?["results"]?.elements?.first?["firstName"]?.text == "outsider")
        let victim = try #require(world.people["victim"]?.id.text)
        let changed = try await browser.send(
            .put,
            world.filled("/app/{app}/role"),
            ["userId": .text(victim), "role": "OWNER"]
        )
        #expect(changed.json?["role"]?.text == "OWNER")
        let seen = try await browser.send(.get, world.filled("/app/{app}")).json
        #expect(seen?["role"]?.text == "ADMINISTRATOR" && seen?["owner"]?["firstName"]?.text == "victim")
    }

    @Test("a service: keys and their order, clone, new key, statistics")
    func service() async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("applicationAdministrator")
        let list = try await browser.send(.get, world.filled("/app/{app}/models")).json?.elements
        #expect(names(list?.first) == ["id", "name", "apiKey", "type", "createdDate"])
        let seen = try await browser.send(.get, world.filled("/app/{app}/model/{model}")).json
        #expect(names(seen).suffix(2) == ["subjectCount", "imageCount"])
        #expect(seen?["subjectCount"]?.int == 2 && seen?["imageCount"]?.int == 5)
        let date = try #require(seen?["createdDate"]?.text)
        #expect(date.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}/) != nil, "\(date)")
        let clone = try await browser.send(.post, world.filled("/app/{app}/model/{model}"), ["name": "Copy"]).json
        #expect(clone?["id"]?.text != world.service.id.text && clone?["apiKey"]?.text != world.service.apiKey.text)
        let renewed = try await browser.send(.put, world.filled("/app/{app}/model/{model}/apikey")).json
        #expect(renewed?["id"]?.text == world.service.id.text)
        #expect(try await world.administration.service(withKey: world.service.apiKey) == nil)
        world.administration.countRequest(to: world.service.id)
        let counts = try await browser.send(.get, world.filled("/app/{app}/model/{model}/statistics")).json?.elements
        #expect(counts?.count == 1 && counts?.first?["requestCount"]?.int == 1)
        #expect(counts?.first?["createdDate"]?.text?.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil)
        let deleted = try await browser.send(.delete, world.filled("/app/{app}/model/{model}"))
        #expect(deleted.status == 200 && deleted.bytes.isEmpty)
    }

    @Test("paths and methods that there are not")
    func unknownPaths() async throws {
        let world = try await AdminWorld()
        let browser = try await world.browser("serverOwner")
        #expect(try await browser.send(.get, "/nowhere").status == 404)
        let answer = try await browser.send(.delete, "/apps")
        #expect(answer.status == 404 && answer.json?["message"]?.text == "Request method 'DELETE' not supported")
    }
}
