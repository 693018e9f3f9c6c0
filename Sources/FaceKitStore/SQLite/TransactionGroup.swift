// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import FaceKit
import FaceKitInference
import GRDB

/// Lets changes that arrive while the disk is busy share the next transaction, and so one wait for the disk.
final class TransactionGroup: Sendable {
    /// A change on its way.
    private struct Request: Sendable {
        var body: @Sendable (Database) throws -> Void
        var resume: @Sendable (Result<Void, any Error>) -> Void
    }

    private let pool: DatabasePool
    private let waiting = Locked<[Request]>([])
    private let queue = DispatchQueue(label: "facekit.gallery.transactions", qos: .userInitiated)
    /// The most changes of one transaction.
    private static let limit = 256

    init(_ pool: DatabasePool) {
        self.pool = pool
    }

    /// Makes a change; it happens as a whole or not at all, whatever becomes of the others.
    ///
    /// `body` may be called twice, the second time after what the first call did was undone.
    func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        let handover = Handover<Void>()
        await withCheckedContinuation { continuation in
            let request = Request(body: body) { result in
                handover.put(result)
                continuation.resume()
            }
            waiting.withLock { $0.append(request) }
            queue.async { self.drain() }
        }
        try handover.take()
    }

    /// Takes changes until none waits.
    private func drain() {
        while true {
            let requests = waiting.withLock { $0.takeFirst(Self.limit) }
            if requests.isEmpty { return }
            for (request, result) in zip(requests, results(of: requests)) { request.resume(result) }
        }
    }

    private func results(of requests: [Request]) -> [Result<Void, any Error>] {
        if requests.count > 1, let results = try? pool.write({ db in try requests.map { try Self.make($0, db) } }) {
            return results
        }
        // Where the database failed, it undid all of them: each is tried by itself.
        return requests.map { request in Result { try pool.write(request.body) } }
    }

    /// Makes one change of several; throws where the transaction as a whole has failed.
    private static func make(_ request: Request, _ db: Database) throws -> Result<Void, any Error> {
        var result: Result<Void, any Error> = .success(())
        try db.inSavepoint {
            do {
                try request.body(db)
                return .commit
            } catch let error as FaceError {
                result = .failure(error)
                return .rollback
            }
        }
        return result
    }
}
