// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitTestSupport
import Foundation
import Testing

@Suite("facekit admin and facekit keys")
struct AdminCommandTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func facekit(_ arguments: String..., data: String, input: String = "") throws -> String {
        let run = try FaceKitProcess(arguments + ["--data", data], input: input)
        #expect(run.status == 0, "\(arguments): \(run.errors)")
        return run.output.trimmingCharacters(in: .newlines)
    }

    private func logIn(_ client: WireClient, _ email: String, _ password: String) async throws -> WireResponse {
        try await client.send(
            "POST",
            "/admin/oauth/token",
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array("grant_type=password&username=\(email)&password=\(password)".utf8)
        )
    }

    @Test("a key made beside a running server works at once, whichever command makes it")
    func keys() async throws {
        try await withFolder { data in
            let server = try ServerProcess(data: data)
            let main = try server.main
            let first = try facekit("keys", "create", "--name", "people", "--type", "recognition", data: data)
            #expect(first.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
            let chosen = "7c0d2a4e-6f0e-4d55-9d4e-0d1c6a0f5b11"
            let second = try facekit(
                "admin",
                "create-service",
                "more",
                "--app",
                "Services",
                "--key",
                chosen,
                data: data
            )
            #expect(second == chosen)
            for key in [first, second] {
                let subjects = try await main.send("GET", "/api/v1/recognition/subjects", headers: ["x-api-key": key])
                #expect(subjects.text == "{\"subjects\":[]}")
            }
            let list = try facekit("keys", "list", data: data)
            #expect(list == "\(first)  RECOGNITION  people\n\(chosen)  RECOGNITION  more")
            // The first person gets what was there before.
            _ = try facekit(
                "admin",
                "create-user",
                "ada@example.org",
                "--password-stdin",
                data: data,
                input: "12345678\n"
            )
            let all = try facekit("admin", "list", data: data)
            #expect(all.contains("OWNER  ada@example.org") && !all.contains(first))
            #expect(try facekit("admin", "list", "--keys", data: data).contains(first))
            for wrong in [
                ["keys", "create", "--name", "x", "--type", "magic"],
                ["keys", "create", "--name", "x", "--key", "short"],
            ] {
                #expect(try FaceKitProcess(wrong + ["--data", data]).status == 64)
            }
            let taken = try FaceKitProcess(["keys", "create", "--name", "PEOPLE", "--data", data])
            #expect(taken.status == 1 && taken.errors.contains("Name PEOPLE is not unique"))
        }
    }

    @Test("keys work without pages and administration as well")
    func withoutAccounts() async throws {
        try await withFolder { data in
            let key = try facekit("keys", "create", "--name", "people", "--type", "verification", data: data)
            let server = try ServerProcess(["accounts.enabled=false"], data: data)
            let main = try server.main
            let answer = try await main.send("GET", "/api/v1/verification/verify", headers: ["x-api-key": key])
            #expect(answer.object["message"] as? String == "Request method 'GET' not supported")
            #expect(try await main.send("GET", "/admin/status").status == 404)
        }
    }

    @Test("a password is reset on the command line or by a link, and ends the sessions")
    func passwords() async throws {
        try await withFolder { data in
            let server = try ServerProcess(data: data)
            let main = try server.main
            let made = try facekit(
                "admin",
                "create-user",
                "ada@example.org",
                "--password-stdin",
                data: data,
                input: "first password\n"
            )
            #expect(made.hasSuffix("OWNER  ada@example.org"))
            let session = try await logIn(main, "ada@example.org", "first+password")
            #expect(session.status == 200)
            let token = try #require(session.object["access_token"] as? String)
            let cookie = ["Cookie": "CFSESSION=\(token)"]
            #expect(try await main.send("GET", "/admin/user/me", headers: cookie).status == 200)

            _ = try facekit(
                "admin",
                "reset-password",
                "ada@example.org",
                "--password-stdin",
                data: data,
                input: "second password\n"
            )
            #expect(try await main.send("GET", "/admin/user/me", headers: cookie).status == 401)
            #expect(try await logIn(main, "ada@example.org", "first+password").status == 400)
            #expect(try await logIn(main, "ada@example.org", "second+password").status == 200)

            let link = try facekit("admin", "reset-password", "ada@example.org", "--link", data: data)
            #expect(link.hasPrefix("http://localhost:8000/reset-password?token="))
            let path = "/admin/user/reset-password?token=\(link.split(separator: "=").last ?? "")"
            #expect(try await main.json("PUT", path, "{\"password\":\"third password\"}").status == 200)
            #expect(try await logIn(main, "ada@example.org", "third+password").status == 200)
            let nobody = try FaceKitProcess(["admin", "reset-password", "no@example.org", "--link", "--data", data])
            #expect(nobody.status == 1 && nobody.errors.contains("no@example.org"))
        }
    }
}
