// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import HummingbirdTLS
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
public import ServiceLifecycle

/// Listens on sockets and serves the systems mounted there, as a service of ServiceLifecycle.
///
/// A graceful shutdown closes the listening sockets, finishes the requests in work and then ends ``run()``.
public struct FaceServer: ServiceLifecycle.Service {
    /// A socket and what is mounted behind it.
    public struct Listener: Sendable {
        /// The port; 0 lets the system choose.
        public var port: Int
        /// What answers, in any order.
        public var mounts: [Mount]
        /// What people call it, for messages.
        public var name: String

        /// Creates a listener.
        public init(port: Int, name: String, mounts: [Mount]) {
            self.port = port
            self.name = name
            self.mounts = mounts
        }
    }

    /// A listener that is ready.
    public struct Address: Hashable, Sendable {
        /// What people call the listener.
        public var name: String
        /// Where it is reached, such as `http://127.0.0.1:8000`.
        public var url: String
        /// Its port.
        public var port: Int
    }

    private let host: String
    private let listeners: [Listener]
    private let tls: ServerConfiguration.TLS?
    private let pool: ComputePool
    private let metrics: ServerMetrics
    private let bodyTimeout: Int
    private let idleTimeout: Int
    private let logger: Logger
    private let onReady: @Sendable ([Address]) async -> Void

    /// Creates a server.
    ///
    /// - Parameters:
    ///   - host: The address or name that is listened on.
    ///   - listeners: The sockets.
    ///   - tls: Certificate and key, where connections are encrypted.
    ///   - pool: The threads that compute; they end with the server.
    ///   - metrics: Where requests are measured.
    ///   - bodyTimeout: The longest time that a request's body may take, in seconds.
    ///   - idleTimeout: The longest time that a connection may be idle, in seconds.
    ///   - logger: Where requests are logged.
    ///   - onReady: Called once all listeners are ready.
    public init(
        host: String = "127.0.0.1",
        listeners: [Listener],
        tls: ServerConfiguration.TLS? = nil,
        pool: ComputePool,
        metrics: ServerMetrics = .none,
        bodyTimeout: Int = 60,
        idleTimeout: Int = 75,
        logger: Logger,
        onReady: @escaping @Sendable ([Address]) async -> Void = { _ in }
    ) {
        self.host = host
        self.listeners = listeners
        self.tls = tls
        self.pool = pool
        self.metrics = metrics
        self.bodyTimeout = bodyTimeout
        self.idleTimeout = idleTimeout
        self.logger = logger
        self.onReady = onReady
    }

    /// A listener that could not be opened.
    public struct ListenerFault: Error, CustomStringConvertible {
        /// The listener, its address and the reason.
        public let description: String
    }

    /// Serves until it is shut down.
    ///
    /// - Throws: ``ListenerFault`` when an address cannot be listened on.
    public func run() async throws {
        let inFlight = InFlightRequests()
        let ready = ReadyListeners(count: listeners.count, onReady: onReady)
        let server = try httpServer()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, listener) in listeners.enumerated() {
                    // Where it listens is said once, by whoever asked for it.
                    var quiet = logger
                    quiet.logLevel = max(logger.logLevel, .notice)
                    let scheme = tls == nil ? "http" : "https"
                    let application = Application(
                        responder: ListenerResponder(
                            mounts: listener.mounts,
                            metrics: metrics,
                            inFlight: inFlight,
                            bodyTimeout: bodyTimeout,
                            logger: logger
                        ),
                        server: server,
                        configuration: .init(
                            address: .hostname(host, port: listener.port),
                            serverName: "FaceKit",
                            backlog: 1024
                        ),
                        onServerRunning: { channel in
                            let port = channel.localAddress?.port ?? listener.port
                            let shown = host.contains(":") ? "[\(host)]" : host
                            await ready.add(
                                Address(name: listener.name, url: "\(scheme)://\(shown):\(port)", port: port),
                                at: index
                            )
                        },
                        logger: quiet
                    )
                    group.addTask {
                        do {
                            try await application.run()
                        } catch let error as IOError {
                            throw ListenerFault(
                                description: "\(listener.name) cannot listen on \(host):\(listener.port):"
                                    + " \(String(cString: strerror(error.errnoCode)))"
                            )
                        } catch {
                            throw error
                        }
                    }
                }
                try await group.waitForAll()
            }
        } catch {
            await pool.shutDown()
            throw error
        }
        await pool.shutDown()
    }

    private func httpServer() throws -> HTTPServerBuilder {
        let idle = TimeAmount.seconds(Int64(idleTimeout))
        let http1 = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ClientWatch(), LingeringClose()],
            idleTimeout: idle
        )
        guard let tls else { return .http1(configuration: http1) }
        let configuration: TLSConfiguration
        do {
            configuration = .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(tls.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.key, format: .pem))
            )
        } catch {
            throw ListenerFault(
                description: "the certificate \(tls.certificate) or the key \(tls.key) cannot be used: \(error)"
            )
        }
        guard tls.http2 else { return try .tls(.http1(configuration: http1), tlsConfiguration: configuration) }
        return try .http2Upgrade(
            tlsConfiguration: configuration,
            configuration: .init(
                idleTimeout: .seconds(idleTimeout),
                streamConfiguration: .init(additionalChannelHandlers: [ClientWatch()], idleTimeout: idle)
            )
        )
    }
}

/// Waits for the last of several listeners.
private actor ReadyListeners {
    private var addresses: [FaceServer.Address?]
    private let onReady: @Sendable ([FaceServer.Address]) async -> Void

    init(count: Int, onReady: @escaping @Sendable ([FaceServer.Address]) async -> Void) {
        addresses = Array(repeating: nil, count: count)
        self.onReady = onReady
    }

    func add(_ address: FaceServer.Address, at index: Int) async {
        addresses[index] = address
        let ready = addresses.compactMap(\.self)
        if ready.count == addresses.count { await onReady(ready) }
    }
}
