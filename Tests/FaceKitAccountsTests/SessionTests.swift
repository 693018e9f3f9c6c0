// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import Testing

@Suite("Sessions")
struct SessionTests {
    static let origin = RequestOrigin(address: "192.0.2.1", userAgent: "test")

    @Test("a log-in gives tokens that name the caller until they expire", arguments: StoreKind.allCases)
    func logIn(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        let ada = try await world.person("ada")
        let tokens = try await world.administration.logIn(
            email: " ADA@example.org",
            password: AccountWorld.password,
            origin: Self.origin
        )
        let caller = try await world.administration.caller(accessToken: tokens.access.text, origin: Self.origin)
        #expect(caller.user.id == ada.user.id)
        world.clock.advance(2401)
        let code = await world.code {
            _ = try await world.administration.caller(accessToken: tokens.access.text, origin: Self.origin)
        }
        #expect(code == .unauthenticated)
    }

    @Test("a refresh token renews once, and for a moment once more", arguments: StoreKind.allCases)
    func renewal(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        _ = try await world.person("ada")
        let first = try await world.administration.logIn(
            email: "ada@example.org",
            password: AccountWorld.password,
            origin: Self.origin
        )
        let second = try await world.administration.renewSession(refreshToken: first.refresh.text)
        _ = try await world.administration.caller(accessToken: second.access.text, origin: Self.origin)
        #expect(
            await world.code {
                _ = try await world.administration.caller(accessToken: first.access.text, origin: Self.origin)
            } == .unauthenticated
        )
        // Another page of the same browser, which had the old token still.
        _ = try await world.administration.renewSession(refreshToken: first.refresh.text)
        world.clock.advance(60)
        #expect(
            await world.code {
                _ = try await world.administration.renewSession(refreshToken: first.refresh.text)
            } == .unauthenticated
        )
        world.clock.advance(1_209_601)
        #expect(
            await world.code {
                _ = try await world.administration.renewSession(refreshToken: second.refresh.text)
            } == .unauthenticated
        )
    }

    @Test("wrong passwords and unknown people look the same")
    func badCredentials() async throws {
        let world = try AccountWorld()
        _ = try await world.person("ada")
        for (email, password) in [("ada@example.org", "wrong"), ("nobody@example.org", AccountWorld.password)] {
            await #expect(throws: AccountError.self) {
                _ = try await world.administration.logIn(email: email, password: password, origin: Self.origin)
            }
            #expect(
                await world.code {
                    _ = try await world.administration.logIn(email: email, password: password, origin: Self.origin)
                } == .badCredentials
            )
        }
    }

    @Test("the sixth wrong password is not looked at, and the right one neither, until time has passed")
    func guessing() async throws {
        let world = try AccountWorld()
        _ = try await world.person("ada")
        let logIn = { (password: String, address: String) async -> AccountError.Code? in
            await world.code {
                _ = try await world.administration.logIn(
                    email: "ada@example.org",
                    password: password,
                    origin: RequestOrigin(address: address)
                )
            }
        }
        for _ in 0..<5 { #expect(await logIn("wrong", "192.0.2.1") == .badCredentials) }
        #expect(await logIn(AccountWorld.password, "192.0.2.1") == .tooManyAttempts)
        #expect(await logIn(AccountWorld.password, "192.0.2.2") == nil, "others are not locked out")
        world.clock.advance(301)
        #expect(await logIn(AccountWorld.password, "192.0.2.1") == nil)
    }

    @Test("many people may log in from one address")
    func sharedAddress() async throws {
        let world = try AccountWorld()
        _ = try await world.person("ada")
        for _ in 0..<60 {
            _ = try await world.administration.logIn(
                email: "ada@example.org",
                password: AccountWorld.password,
                origin: Self.origin
            )
        }
    }

    @Test("a new password ends the other sessions, and a removed person's all", arguments: StoreKind.allCases)
    func endings(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        let owner = try await world.person("owner")
        let ada = try await world.person("ada")
        func tokens() async throws -> SessionTokens {
            try await world.administration.logIn(
                email: "ada@example.org",
                password: AccountWorld.password,
                origin: Self.origin
            )
        }
        let (one, other) = (try await tokens(), try await tokens())
        let caller = try await world.administration.caller(accessToken: one.access.text, origin: Self.origin)
        try await world.administration.changePassword(old: AccountWorld.password, new: "battery staple", by: caller)
        _ = try await world.administration.caller(accessToken: one.access.text, origin: Self.origin)
        #expect(
            await world.code {
                _ = try await world.administration.caller(accessToken: other.access.text, origin: Self.origin)
            } == .unauthenticated
        )
        try await world.administration.deleteUser(ada.user.id, replacer: .owner, by: owner)
        #expect(
            await world.code {
                _ = try await world.administration.caller(accessToken: one.access.text, origin: Self.origin)
            } == .unauthenticated
        )
    }
}
