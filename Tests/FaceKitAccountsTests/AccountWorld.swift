// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import FaceKitStore
import Foundation
import Synchronization
import Testing

/// The kinds of store that every rule is tried on.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case memory
    case sqlite

    var testDescription: String { rawValue }

    func make() throws -> any AccountStore {
        switch self {
        case .memory: return MemoryAccountStore()
        case .sqlite:
            let path = FileManager.default.temporaryDirectory.appending(path: "accounts-\(UUID().uuidString).sqlite")
                .path
            return try SQLiteAccountStore(path: path)
        }
    }
}

/// Collections that only remember what was asked of them.
final class RecordedCollections: ServiceCollections {
    let removed = Mutex<[Service.ID]>([])
    let copied = Mutex<[Service.ID]>([])
    struct Refusal: Error {}
    let refusesCopies: Bool

    init(refusesCopies: Bool = false) { self.refusesCopies = refusesCopies }

    func counts(of service: Service.ID) async throws -> CollectionCounts { CollectionCounts(subjects: 2, images: 5) }
    func copy(_ source: Service.ID, to target: Service.ID) async throws {
        if refusesCopies { throw Refusal() }
        copied.withLock { $0.append(target) }
    }
    func remove(_ service: Service.ID) async throws { removed.withLock { $0.append(service) } }
}

/// Mails that were sent.
final class RecordedMailer: Mailer {
    let mails = Mutex<[Mail]>([])
    struct Refusal: Error {}
    let refuses: Bool

    init(refuses: Bool = false) { self.refuses = refuses }

    func send(_ mail: Mail) async throws {
        if refuses { throw Refusal() }
        mails.withLock { $0.append(mail) }
    }

    /// The token of the last mail's link.
    var lastToken: String? {
        mails.withLock { $0.last?.text.split(separator: "token=").last?.split(whereSeparator: \.isWhitespace).first }
            .map(String.init)
    }
}

/// A clock that is moved by hand.
final class TestClock: Sendable {
    private let date = Mutex(Date(timeIntervalSince1970: 1_700_000_000))
    var now: Date { date.withLock { $0 } }
    func advance(_ seconds: TimeInterval) { date.withLock { $0 += seconds } }
}

/// A server's accounts with an owner, and what is around them.
struct AccountWorld {
    let administration: Administration
    let collections: RecordedCollections
    let clock = TestClock()
    static let password = "correct horse"

    init(
        _ kind: StoreKind = .memory,
        settings: AccountSettings = AccountSettings(),
        mailer: (any Mailer)? = nil,
        collections: RecordedCollections = RecordedCollections()
    ) throws {
        self.collections = collections
        administration = Administration(
            store: try kind.make(),
            collections: collections,
            settings: settings,
            mailer: mailer,
            hasher: PasswordHasher(cost: .init(logRounds: 1, blockSize: 1, parallelism: 1)),
            now: { [clock] in clock.now }
        )
    }

    /// Creates an account and returns it as a caller.
    func person(_ name: String, role: Role = .user) async throws -> Caller {
        Caller(
            user: try await administration.createUser(
                email: "\(name)@example.org",
                password: Self.password,
                firstName: name,
                lastName: "Test",
                role: role
            )
        )
    }

    func code(_ work: () async throws -> Void) async -> AccountError.Code? {
        do {
            try await work()
            return nil
        } catch let error as AccountError {
            return error.code
        } catch {
            return .invalidValue
        }
    }
}
