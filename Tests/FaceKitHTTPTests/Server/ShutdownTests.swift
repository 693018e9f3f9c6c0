// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import FaceKit
import FaceKitHTTP
import FaceKitTestSupport
import Foundation
import Synchronization
import Testing

@Suite("Graceful shutdown over a socket")
struct ShutdownTests {
    private static func isOpen(_ client: WireClient) -> Bool {
        guard let handle = try? client.open() else { return false }
        close(handle)
        return true
    }

    @Test("what is in work and in the queue is answered, and nobody else is let in")
    func drain() async throws {
        let pool = ComputePool(workers: 2, waiting: 64)
        let system = NativeRoutes(service: FaceService(stages: Stub.stages, pool: pool))
        let gate = DispatchSemaphore(value: 0)
        try await LiveServer.withShutdown([Mount(system)], pool: pool) { client, shutDown in
            async let first: Void = pool.run { gate.wait() }
            async let second: Void = pool.run { gate.wait() }
            while pool.isIdle { try await Task.sleep(for: .milliseconds(2)) }
            let form = WireForm().file("picture", "a.png", try Stub.png(of: .anna))
            try await withThrowingTaskGroup(of: WireResponse.self) { group in
                for _ in 0..<8 { group.addTask { try await client.form("/v1/detect", form) } }
                while pool.queueLength < 8 { try await Task.sleep(for: .milliseconds(2)) }
                await shutDown()
                var tries = 0
                while Self.isOpen(client), tries < 2000 {
                    try await Task.sleep(for: .milliseconds(2))
                    tries += 1
                }
                #expect(!Self.isOpen(client))
                #expect(pool.queueLength == 8)
                for _ in 0..<2 { gate.signal() }
                for try await response in group { #expect(response.status == 200) }
            }
            try await first
            try await second
        }
    }

    /// Counts what several tasks do.
    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    @Test("under load no answer is cut off")
    func underLoad() async throws {
        let pool = ComputePool(workers: 2, waiting: 64)
        let system = NativeRoutes(service: FaceService(stages: Stub.stages, pool: pool))
        let whole = Counter()
        try await LiveServer.withShutdown([Mount(system)], pool: pool) { client, shutDown in
            let form = WireForm().file("picture", "a.png", try Stub.png(of: .anna))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        // Until the server is gone; the last request may find nobody, but never half an answer.
                        while true {
                            let head =
                                "POST /v1/detect HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                + "Content-Type: \(form.contentType)\r\nContent-Length: \(form.bytes.count)\r\n\r\n"
                            guard let bytes = try? await client.exchange([Array(head.utf8) + form.bytes]),
                                !bytes.isEmpty
                            else { return }
                            let response = try #require(try WireClient.parse(bytes).first)
                            #expect(response.status == 200)
                            #expect(response.headers["content-length"] == String(response.body.count))
                            whole.add()
                        }
                    }
                }
                while whole.value < 50 { try await Task.sleep(for: .milliseconds(2)) }
                await shutDown()
                try await group.waitForAll()
            }
        }
        #expect(whole.value >= 50)
    }
}
