// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import FaceKitStore
import FaceKitTestSupport
import Foundation
import Logging
import ServiceLifecycle

/// A server on a port of its own, for the length of a test.
enum LiveServer {
    /// Serves systems and runs `test` against them; it is given what shuts the server down gracefully.
    static func withShutdown(
        _ mounts: [Mount],
        pool: ComputePool,
        idleTimeout: Int = 75,
        bodyTimeout: Int = 60,
        tls: ServerConfiguration.TLS? = nil,
        _ test: (WireClient, _ shutDown: @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws {
        let (ports, source) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = FaceServer(
            listeners: [.init(port: 0, name: "test", mounts: mounts)],
            tls: tls,
            pool: pool,
            bodyTimeout: bodyTimeout,
            idleTimeout: idleTimeout,
            logger: logger
        ) { addresses in
            source.yield(addresses[0].port)
        }
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
        let running = Task {
            defer { source.finish() }
            try await group.run()
        }
        defer { running.cancel() }
        guard let port = await ports.first(where: { _ in true }) else {
            _ = try await running.value
            throw WireError(description: "no port")
        }
        try await test(WireClient(port: port)) { await group.triggerGracefulShutdown() }
        running.cancel()
        _ = await running.result
    }

    /// Serves systems and runs `test` against them.
    static func with(
        _ mounts: [Mount],
        pool: ComputePool,
        idleTimeout: Int = 75,
        bodyTimeout: Int = 60,
        _ test: (WireClient) async throws -> Void
    ) async throws {
        try await withShutdown(mounts, pool: pool, idleTimeout: idleTimeout, bodyTimeout: bodyTimeout) { client, _ in
            try await test(client)
        }
    }

    /// Serves one system over the stub stages.
    static func with(
        _ make: (FaceService, MemoryGalleryStore) -> any FaceSystem,
        at path: String = "",
        stages: any StageLibrary = Stub.stages,
        _ test: (WireClient) async throws -> Void
    ) async throws {
        let pool = ComputePool(workers: 2, waiting: 64)
        let service = FaceService(stages: stages, pool: pool)
        try await with([Mount(make(service, MemoryGalleryStore()), at: path)], pool: pool, test)
    }
}
