// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import AsyncHTTPClient
import FaceKit
import FaceKitHTTP
import FaceKitTestSupport
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@Suite("TLS and HTTP/2 over a socket")
struct EncryptionTests {
    /// Serves the native API under TLS, with a client that trusts its certificate and no other.
    private func with(
        http2: Bool = true,
        client version: HTTPClient.Configuration.HTTPVersion = .automatic,
        trustsServer: Bool = true,
        _ test: (HTTPClient, WireClient) async throws -> Void
    ) async throws {
        try await TestCertificate.withFiles { certificate, key in
            let pool = ComputePool(workers: 2, waiting: 64)
            let system = NativeRoutes(service: FaceService(stages: Stub.stages, pool: pool))
            let tls = ServerConfiguration.TLS(certificate: certificate, key: key, http2: http2)
            try await LiveServer.withShutdown([Mount(system)], pool: pool, tls: tls) { wire, _ in
                var clientTLS = TLSConfiguration.makeClientConfiguration()
                if trustsServer {
                    let trusted = try NIOSSLCertificate(bytes: Array(TestCertificate.pem.utf8), format: .pem)
                    clientTLS.trustRoots = .certificates([trusted])
                }
                var configuration = HTTPClient.Configuration(tlsConfiguration: clientTLS)
                configuration.httpVersion = version
                configuration.connectionPool.retryConnectionEstablishment = false
                let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
                let result: Result<Void, any Error>
                do {
                    result = .success(try await test(client, wire))
                } catch {
                    result = .failure(error)
                }
                try await client.shutdown()
                try result.get()
            }
        }
    }

    private func detection(_ port: Int) throws -> HTTPClientRequest {
        let form = WireForm().file("picture", "a.png", try Stub.png(of: .anna))
        var request = HTTPClientRequest(url: "https://localhost:\(port)/v1/detect")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: form.contentType)
        request.body = .bytes(form.bytes)
        return request
    }

    @Test("clients that can speak HTTP/2 do, many requests at a time on one connection")
    func http2() async throws {
        try await with { client, wire in
            try await withThrowingTaskGroup(of: HTTPClientResponse.self) { group in
                for _ in 0..<20 {
                    let request = try detection(wire.port)
                    group.addTask { try await client.execute(request, timeout: .seconds(30)) }
                }
                for try await response in group {
                    #expect(response.status == .ok)
                    #expect(response.version == .http2)
                    let body = try await response.body.collect(upTo: 1 << 20)
                    #expect(String(buffer: body).contains("\"faces\":[{\"box\":[60.0,50.0,40.0,40.0]"))
                }
            }
        }
    }

    @Test("others speak HTTP/1.1", arguments: [(false, true), (true, false)])
    func http1(offered: Bool, wanted: Bool) async throws {
        try await with(http2: offered, client: wanted ? .automatic : .http1Only) { client, wire in
            let response = try await client.execute(try detection(wire.port), timeout: .seconds(30))
            #expect(response.status == .ok)
            #expect(response.version == .http1_1)
        }
    }

    @Test("a client that does not know the certificate does not talk to the server")
    func untrusted() async throws {
        try await with(trustsServer: false) { client, wire in
            await #expect(throws: (any Error).self) {
                try await client.execute(try detection(wire.port), timeout: .seconds(30))
            }
        }
    }

    @Test("nothing is answered in the clear, and the server lives on")
    func clear() async throws {
        try await with { client, wire in
            let answer = try await wire.exchange([Array("GET /v1/gallery HTTP/1.1\r\nHost: x\r\n\r\n".utf8)])
            #expect(!answer.starts(with: Array("HTTP/".utf8)))
            #expect(try await client.execute(try detection(wire.port), timeout: .seconds(30)).status == .ok)
        }
    }

    @Test("a certificate that cannot be read is named", arguments: ["/nowhere.pem", "/dev/null"])
    func unreadable(path: String) async throws {
        let server = FaceServer(
            listeners: [.init(port: 0, name: "test", mounts: [])],
            tls: .init(certificate: path, key: path, http2: true),
            pool: ComputePool(workers: 1, waiting: 1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let fault = await #expect(throws: FaceServer.ListenerFault.self) { try await server.run() }
        #expect(fault?.description.contains(path) == true)
    }
}

/// A certificate for `localhost` and 127.0.0.1 with its key, good for tests and nothing else.
enum TestCertificate {
    static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBaDCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
        c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
        CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJJ9BMfwVEuk1vN+
        Yl2AoGWGjoKp81zN97RcX1TEIZlagInpfDoIl+qgkQtyb5DHFTIhhBrrcQxl2ojV
        A4eu/pujTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
        BTADAQH/MB0GA1UdDgQWBBTKgM93jHeAGIbl07he563obsGOiTAKBggqhkjOPQQD
        AgNJADBGAiEAvA+266bU4DrN4HmKk4DUn79bJlfjsyc+G0RuHPb53dUCIQDEKRR5
        cKCWRcXu53FfSZDoy0s0ylbTbd8KIgxedagAkQ==
        -----END CERTIFICATE-----

        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfi3GNb6cCo3ElkYw
        WglFsLzSIBpt6hUgZ3BhrB2gCluhRANCAASSfQTH8FRLpNbzfmJdgKBlho6CqfNc
        zfe0XF9UxCGZWoCJ6Xw6CJfqoJELcm+QxxUyIYQa63EMZdqI1QOHrv6b
        -----END PRIVATE KEY-----

        """

    /// Writes both into files for the length of `body`.
    static func withFiles(_ body: (_ certificate: String, _ key: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (certificate, key) = (folder.appendingPathComponent("c.pem"), folder.appendingPathComponent("k.pem"))
        try Data(pem.utf8).write(to: certificate)
        try Data(Self.key.utf8).write(to: key)
        try await body(certificate.path, key.path)
    }
}
