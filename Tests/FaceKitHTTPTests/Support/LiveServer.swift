// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import FaceKitStore
import Foundation
import Logging
import Synchronization

/// A server on a port of its own, for the length of a test.
enum LiveServer {
    /// Serves systems and runs `test` against them.
    static func with(
        _ mounts: [Mount],
        pool: ComputePool,
        idleTimeout: Int = 75,
        bodyTimeout: Int = 60,
        _ test: (WireClient) async throws -> Void
    ) async throws {
        let (ports, source) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = FaceServer(
            listeners: [.init(port: 0, name: "test", mounts: mounts)],
            pool: pool,
            bodyTimeout: bodyTimeout,
            idleTimeout: idleTimeout,
            logger: logger
        ) { addresses in
            source.yield(addresses[0].port)
        }
        let running = Task { try await server.run() }
        defer { running.cancel() }
        guard let port = await ports.first(where: { _ in true }) else { throw WireError(description: "no port") }
        try await test(WireClient(port: port))
        running.cancel()
        _ = await running.result
    }

    /// Serves one system over the stub stages.
    static func with(
        _ make: (FaceService, MemoryGalleryStore) -> any FaceSystem,
        at path: String = "",
        _ test: (WireClient) async throws -> Void
    ) async throws {
        let pool = ComputePool(workers: 2, waiting: 64)
        let service = FaceService(stages: Stub.stages, pool: pool)
        try await with([Mount(make(service, MemoryGalleryStore()), at: path)], pool: pool, test)
    }
}
