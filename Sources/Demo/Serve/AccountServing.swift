// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import FaceKitStore
import Foundation
import Logging

/// Accounts of a server: where they are kept, what administers them, what is mounted for them.
struct AccountServing {
    let administration: Administration
    /// At the root of the main listener.
    let pages: ConsolePages
    /// Below `/admin`.
    let admin: CompreFaceAdmin
    let upkeep: AccountUpkeep

    init(configuration: ServerConfiguration, galleries: any GalleryStore, logger: Logger) async throws {
        let accounts = configuration.accounts
        administration = Administration(
            store: try Self.store(data: configuration.data),
            collections: CompreFaceCollections(galleries: galleries),
            settings: accounts.settings,
            mailer: accounts.mail.map { SMTPMailer($0) }
        )
        try await administration.apply(accounts.bootstrap)
        let isEncrypted = configuration.tls != nil || accounts.settings.host.hasPrefix("https:")
        pages = ConsolePages(isEncrypted: isEncrypted)
        admin = CompreFaceAdmin(administration: administration, hasSecureCookies: isEncrypted)
        upkeep = AccountUpkeep(administration: administration, logger: logger)
    }

    /// Accounts in the data folder, or in memory without one.
    static func store(data: String?) throws -> any AccountStore {
        guard let data else { return MemoryAccountStore() }
        let folder = URL(fileURLWithPath: data)
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw FaceError(.fileUnwritable, "the data folder \(data) cannot be made", cause: error)
        }
        return try SQLiteAccountStore(path: folder.appending(path: "accounts.sqlite").path)
    }
}
