// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import FaceKitStore
import Foundation
import Logging

/// Accounts of a server: where they are kept, what administers them, what is mounted for them.
///
/// The face API looks keys up there also when administration and pages are not served.
struct AccountServing {
    let administration: Administration
    /// Administration below `/admin`, and the pages at the root; none where they are switched off.
    let mounts: [Mount]
    let upkeep: AccountUpkeep

    init(
        configuration: ServerConfiguration,
        galleries: any GalleryStore,
        logger: Logger,
        isReady: @escaping @Sendable () async -> Bool
    ) async throws {
        let accounts = configuration.accounts
        administration = Administration(
            store: try Self.store(data: configuration.data),
            collections: CompreFaceCollections(galleries: galleries),
            settings: accounts.settings,
            mailer: accounts.mail.map { SMTPMailer($0) }
        )
        try await administration.apply(accounts.bootstrap)
        let isEncrypted = configuration.tls != nil || accounts.settings.host.hasPrefix("https:")
        let admin = CompreFaceAdmin(
            administration: administration,
            hasSecureCookies: isEncrypted,
            trustedProxies: Set(accounts.trustedProxies),
            isReady: isReady
        )
        mounts = accounts.isEnabled ? [Mount(admin, at: "admin"), Mount(ConsolePages(isEncrypted: isEncrypted))] : []
        upkeep = AccountUpkeep(administration: administration, logger: logger)
    }

    /// Accounts in the data folder, or in memory without one.
    static func store(data: String?) throws -> any AccountStore {
        guard let data else { return MemoryAccountStore() }
        try PrivateFolder.make(data, "the data folder")
        return try SQLiteAccountStore(path: "\(data)/accounts.sqlite")
    }
}
