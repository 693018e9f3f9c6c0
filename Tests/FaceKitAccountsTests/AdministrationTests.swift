// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import Synchronization
import Testing

@Suite("Administration")
struct AdministrationTests {
    static let origin = RequestOrigin(address: "192.0.2.1")

    @Test("the first to sign up owns the server, later ones are users", arguments: StoreKind.allCases)
    func signUp(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        for name in ["ada", "grace"] {
            _ = try await world.administration.register(
                email: "\(name)@example.org",
                password: "12345678",
                firstName: name,
                lastName: "T",
                origin: Self.origin
            )
        }
        let users = try await world.administration.store.read { try $0.users() }
        #expect(users.map(\.role) == [.owner, .user])
        #expect(
            await world.code {
                _ = try await world.administration.register(
                    email: "ADA@example.org",
                    password: "12345678",
                    firstName: "A",
                    lastName: "B",
                    origin: Self.origin
                )
            } == .emailTaken
        )
    }

    @Test(
        "there is one owner of the server, and giving the role away makes an administrator",
        arguments: StoreKind.allCases
    )
    func serverOwner(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        let owner = try await world.person("owner")
        let other = try await world.person("other")
        _ = try await world.administration.setGlobalRole(.owner, of: other.user.id, by: owner)
        let users = try await world.administration.store.read { try $0.users() }
        #expect(Set(users.map { "\($0.firstName) \($0.role)" }) == ["owner administrator", "other owner"])
        #expect(
            await world.code {
                _ = try await world.administration.setGlobalRole(.user, of: other.user.id, by: owner)
            } == .notAllowed
        )
        #expect(
            await world.code {
                try await world.administration.deleteUser(other.user.id, replacer: .deleter, by: owner)
            } == .notAllowed
        )
        #expect(
            await world.code {
                _ = try await world.administration.setGlobalRole(.user, of: owner.user.id, by: owner)
            } == .ownRole
        )
    }

    @Test("an administrator of the server cannot make anyone its owner", arguments: StoreKind.allCases)
    func noUsurpers(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        _ = try await world.person("owner")
        let administrator = try await world.person("administrator", role: .administrator)
        let user = try await world.person("user")
        #expect(
            await world.code {
                _ = try await world.administration.setGlobalRole(.owner, of: user.user.id, by: administrator)
            } == .notAllowed
        )
        let owner = try await world.administration.store.read { try $0.serverOwner() }
        #expect(
            await world.code {
                _ = try await world.administration.makePasswordLink(for: owner?.id ?? UUID(), by: administrator)
            } == .notAllowed
        )
    }

    @Test("an application has one owner", arguments: StoreKind.allCases)
    func applicationOwner(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        let owner = try await world.person("owner")
        let ada = try await world.person("ada")
        let application = try await world.administration.createApplication(name: "Door", by: owner).application
        _ = try await world.administration.addMember(
            email: "ada@example.org",
            role: .user,
            to: application.id,
            by: owner
        )
        #expect(
            await world.code {
                _ = try await world.administration.addMember(
                    email: "ada@example.org",
                    role: .user,
                    to: application.id,
                    by: owner
                )
            } == .alreadyMember
        )
        _ = try await world.administration.setRole(.owner, of: ada.user.id, in: application.id, by: owner)
        let roles = try await world.administration.members(of: application.id, by: owner)
        #expect(Set(roles.map { "\($0.user.firstName) \($0.role)" }) == ["ada owner", "owner administrator"])
        #expect(
            await world.code {
                try await world.administration.removeMember(ada.user.id, from: application.id, by: owner)
            } == .notAllowed
        )
    }

    @Test("what a removed person owned goes to whom was said", arguments: [Administration.Replacer.deleter, .owner])
    func inheritance(replacer: Administration.Replacer) async throws {
        let world = try AccountWorld(.sqlite)
        _ = try await world.person("owner")
        let administrator = try await world.person("administrator", role: .administrator)
        let other = try await world.person("other", role: .administrator)
        let application = try await world.administration.createApplication(name: "Door", by: other).application
        try await world.administration.deleteUser(other.user.id, replacer: replacer, by: administrator)
        let seen = try await world.administration.application(application.id, by: administrator)
        #expect(seen.owner?.firstName == (replacer == .deleter ? "administrator" : "owner"))
    }

    @Test("a service is found by its key of now, and its collection goes with it", arguments: StoreKind.allCases)
    func services(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        let owner = try await world.person("owner")
        let application = try await world.administration.createApplication(name: "Door", by: owner).application
        let service = try await world.administration.createService(
            name: "Staff",
            type: .recognition,
            in: application.id,
            by: owner
        )
        #expect(try await world.administration.service(withKey: service.apiKey)?.id == service.id)
        #expect(try await world.administration.service(withKey: service.apiKey, type: .detection) == nil)
        let renewed = try await world.administration.renewServiceKey(service.id, of: application.id, by: owner)
        #expect(try await world.administration.service(withKey: service.apiKey) == nil)
        #expect(try await world.administration.service(withKey: renewed.apiKey)?.id == service.id)
        for name in ["staff", "STAFF"] {
            #expect(
                await world.code {
                    _ = try await world.administration.createService(
                        name: name,
                        type: .detection,
                        in: application.id,
                        by: owner
                    )
                } == .nameTaken
            )
        }
        let clone = try await world.administration.cloneService(
            service.id,
            name: "Staff 2",
            of: application.id,
            by: owner
        )
        #expect(clone.apiKey != renewed.apiKey)
        #expect(world.collections.copied.withLock { $0 } == [clone.id])
        try await world.administration.deleteApplication(application.id, by: owner)
        #expect(Set(world.collections.removed.withLock { $0 }) == [service.id, clone.id])
        #expect(try await world.administration.service(withKey: renewed.apiKey) == nil)
    }

    @Test("a clone whose collection cannot be copied leaves nothing behind")
    func failedClone() async throws {
        let world = try AccountWorld(.sqlite, collections: RecordedCollections(refusesCopies: true))
        let owner = try await world.person("owner")
        let application = try await world.administration.createApplication(name: "Door", by: owner).application
        let service = try await world.administration.createService(
            name: "Staff",
            type: .recognition,
            in: application.id,
            by: owner
        )
        await #expect(throws: RecordedCollections.Refusal.self) {
            _ = try await world.administration.cloneService(service.id, name: "Copy", of: application.id, by: owner)
        }
        #expect(try await world.administration.services(of: application.id, by: owner).map(\.name) == ["Staff"])
    }

    @Test("requests are counted by day, those not written yet included", arguments: StoreKind.allCases)
    func statistics(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        let owner = try await world.person("owner")
        let application = try await world.administration.createApplication(name: "Door", by: owner).application
        let service = try await world.administration.createService(
            name: "Staff",
            type: .recognition,
            in: application.id,
            by: owner
        )
        for _ in 0..<3 { world.administration.countRequest(to: service.id) }
        try await world.administration.writeStatistics()
        world.administration.countRequest(to: service.id)
        world.administration.countRequest(to: UUID())
        world.clock.advance(86_400)
        world.administration.countRequest(to: service.id)
        func counts() async throws -> [DailyCount] {
            try await world.administration.statistics(of: service.id, of: application.id, by: owner)
        }
        let expected = [DailyCount(day: "2023-11-15", requests: 1), DailyCount(day: "2023-11-14", requests: 4)]
        #expect(try await counts() == expected)
        try await world.administration.writeStatistics()
        #expect(try await counts() == expected)
        world.clock.advance(200 * 86_400)
        try await world.administration.removeExpired()
        #expect(try await counts().isEmpty)
    }

    @Test("with mail an account works once its link was opened", arguments: StoreKind.allCases)
    func confirmation(kind: StoreKind) async throws {
        let mailer = RecordedMailer()
        let world = try AccountWorld(kind, mailer: mailer)
        _ = try await world.person("owner")
        _ = try await world.administration.register(
            email: "ada@example.org",
            password: "12345678",
            firstName: "Ada",
            lastName: "L",
            origin: Self.origin
        )
        func logIn() async -> AccountError.Code? {
            await world.code {
                _ = try await world.administration.logIn(
                    email: "ada@example.org",
                    password: "12345678",
                    origin: Self.origin
                )
            }
        }
        #expect(await logIn() == .unconfirmed)
        let token = try #require(mailer.lastToken)
        try await world.administration.confirmRegistration(token: token, origin: Self.origin)
        #expect(await logIn() == nil)
        #expect(
            await world.code {
                try await world.administration.confirmRegistration(token: token, origin: Self.origin)
            } == .expiredRegistration
        )
    }

    @Test("a mail that cannot be sent leaves no account that cannot be used", arguments: StoreKind.allCases)
    func refusedMail(kind: StoreKind) async throws {
        let world = try AccountWorld(kind, mailer: RecordedMailer(refuses: true))
        _ = try await world.person("owner")
        #expect(
            await world.code {
                _ = try await world.administration.register(
                    email: "ada@example.org",
                    password: "12345678",
                    firstName: "A",
                    lastName: "L",
                    origin: Self.origin
                )
            } == .mailFailed
        )
        #expect(try await world.administration.store.read { try $0.user(email: "ada@example.org") } == nil)
    }

    @Test("a password link works once and for a quarter of an hour", arguments: StoreKind.allCases)
    func passwordLinks(kind: StoreKind) async throws {
        let mailer = RecordedMailer()
        let world = try AccountWorld(kind, mailer: mailer)
        _ = try await world.person("ada")
        try await world.administration.forgotPassword(email: "ada@example.org", origin: Self.origin)
        let late = try #require(mailer.lastToken)
        world.clock.advance(901)
        #expect(
            await world.code {
                try await world.administration.resetPassword(token: late, password: "12345678", origin: Self.origin)
            } == .invalidResetToken
        )
        try await world.administration.forgotPassword(email: "ada@example.org", origin: Self.origin)
        let token = try #require(mailer.lastToken)
        try await world.administration.resetPassword(token: token, password: "battery staple", origin: Self.origin)
        #expect(
            await world.code {
                try await world.administration.resetPassword(token: token, password: "12345678", origin: Self.origin)
            } == .invalidResetToken
        )
        _ = try await world.administration.logIn(
            email: "ada@example.org",
            password: "battery staple",
            origin: Self.origin
        )
    }

    @Test("an invitation is for one e-mail, once, with its role", arguments: StoreKind.allCases)
    func invitations(kind: StoreKind) async throws {
        let world = try AccountWorld(kind, settings: AccountSettings(signUp: .invitation))
        let owner = try await world.person("owner")
        func register(_ name: String, _ token: String?) async -> AccountError.Code? {
            await world.code {
                _ = try await world.administration.register(
                    email: "\(name)@example.org",
                    password: "12345678",
                    firstName: "A",
                    lastName: "B",
                    invitation: token,
                    origin: Self.origin
                )
            }
        }
        #expect(await register("ada", nil) == .invitationOnly)
        let link = try await world.administration.invite(email: "ada@example.org", role: .administrator, by: owner)
        let query = URLComponents(string: link.link)?.queryItems ?? []
        let token = try #require(query.first { $0.name == "invitation" }?.value)
        #expect(query.first { $0.name == "email" }?.value == "ada@example.org")
        #expect(await register("eve", token) == .expiredRegistration)
        #expect(await register("ada", token) == nil)
        #expect(await register("ada2", token) == .expiredRegistration)
        let ada = try await world.administration.store.read { try $0.user(email: "ada@example.org") }
        #expect(ada?.role == .administrator)
    }

    @Test("what was done is recorded, without secrets", arguments: StoreKind.allCases)
    func audit(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        let owner = try await world.person("owner")
        let application = try await world.administration.createApplication(name: "Door", by: owner).application
        let service = try await world.administration.createService(
            name: "Staff",
            type: .recognition,
            in: application.id,
            by: owner
        )
        _ = await world.code {
            _ = try await world.administration.logIn(
                email: "owner@example.org",
                password: "a wrong one",
                origin: Self.origin
            )
        }
        let log = try await world.administration.auditLog(offset: 0, limit: 10, by: owner)
        #expect(log.entries.map(\.action) == ["log-in-failed", "create-service", "create-application", "register"])
        #expect(log.count == 4)
        #expect(log.entries[1].actor == "owner Test")
        let text = "\(log.entries)"
        #expect(!text.contains(service.apiKey.text) && !text.contains("a wrong one"))
        let next = try await world.administration.auditLog(offset: 3, limit: 10, by: owner)
        #expect(next.entries.map(\.action) == ["register"])
    }

    @Test(
        "names are checked before anything else",
        arguments: ["", "  ", String(repeating: "x", count: 51), "a/b", "a;b", #"a\b"#]
    )
    func names(name: String) async throws {
        let world = try AccountWorld()
        let owner = try await world.person("owner")
        #expect(
            await world.code { _ = try await world.administration.createApplication(name: name, by: owner) }
                == .invalidValue
        )
    }

    @Test(
        "an e-mail is an address and nothing more",
        arguments: ["a", "a@b", "@b.c", "a@b.c\r\nBcc: d@e.f", "a b@c.d", "a@b..c", "<a@b.c>", "a@.b"]
    )
    func emails(email: String) async throws {
        let world = try AccountWorld()
        #expect(
            await world.code {
                _ = try await world.administration.register(
                    email: email,
                    password: "12345678",
                    firstName: "A",
                    lastName: "B",
                    origin: Self.origin
                )
            } == .malformedEmail
        )
    }

    @Test("bootstrap creates what is missing and nothing twice", arguments: StoreKind.allCases)
    func bootstrap(kind: StoreKind) async throws {
        let world = try AccountWorld(kind)
        let key = APIKey()
        let wanted = Bootstrap(
            users: [
                .init(email: "ada@example.org", password: "12345678", firstName: "Ada", lastName: "L", role: .owner),
                .init(email: "bob@example.org", password: "12345678", firstName: "Bob", lastName: "M", role: .user),
            ],
            applications: [
                .init(
                    name: "Door",
                    services: [.init(name: "Staff", type: .recognition, key: key)],
                    members: ["bob@example.org": .user]
                )
            ],
            demo: true
        )
        for _ in 0..<2 { try await world.administration.apply(wanted) }
        #expect(try await world.administration.service(withKey: key)?.name == "Staff")
        let (users, applications, services) = try await world.administration.store.read {
            (try $0.users().count, try $0.applications().count, try $0.services().count)
        }
        #expect((users, applications, services) == (2, 2, 4))
    }

    @Test("a transaction that fails leaves nothing", arguments: StoreKind.allCases)
    func transactions(kind: StoreKind) async throws {
        struct Failure: Error {}
        let store = try kind.make()
        await #expect(throws: Failure.self) {
            try await store.write { writer in
                try writer.save(Application(name: "Door"))
                throw Failure()
            }
        }
        #expect(try await store.read { try $0.applications() }.isEmpty)
    }
}
