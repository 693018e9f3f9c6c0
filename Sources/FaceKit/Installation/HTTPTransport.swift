// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import AsyncHTTPClient
import FaceKit
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Asks servers for files: follows redirects, goes through the proxy that the environment names, and never leaves
/// `https` for `http`.
struct HTTPTransport: Sendable {
    private static let maximumRedirects = 10

    private let client: HTTPClient
    private let proxied: HTTPClient?
    private let proxies: HTTPProxies

    init(limits: DownloadLimits, environment: [String: String]) {
        var configuration = HTTPClient.Configuration()
        // Redirects are followed here, where it is known which may be.
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(
            connect: .milliseconds(limits.connectTimeout.milliseconds),
            read: .milliseconds(limits.readTimeout.milliseconds)
        )
        // Attempts are counted by the download.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.decompression = .disabled
        if let file = environment["SSL_CERT_FILE"], !file.isEmpty {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(file)
            configuration.tlsConfiguration = tls
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        proxies = HTTPProxies(environment: environment)
        if let proxy = proxies.proxy {
            configuration.proxy = proxy
            proxied = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        } else {
            proxied = nil
        }
    }

    /// Closes the connections; nothing can be asked afterwards.
    func shutdown() async {
        try? await client.shutdown()
        try? await proxied?.shutdown()
    }

    /// The answer to a GET request; its body is still to come.
    func get(_ address: String, headers: [(name: String, value: String)]) async throws -> HTTPClientResponse {
        var address = address
        for _ in 0...Self.maximumRedirects {
            var request = HTTPClientRequest(url: address)
            request.headers.add(name: "User-Agent", value: "FaceKit")
            request.headers.add(name: "Accept-Encoding", value: "identity")
            for (name, value) in headers { request.headers.add(name: name, value: value) }
            let client = proxies.bypasses(address) ? self.client : proxied ?? self.client
            let response = try await client.execute(request, deadline: .distantFuture)
            guard [301, 302, 303, 307, 308].contains(response.status.code) else { return response }
            guard let location = response.headers.first(name: "Location"),
                let next = URL(string: location, relativeTo: URL(string: address))?.absoluteURL
            else { throw DownloadFailure.permanent("its redirect leads nowhere") }
            guard next.scheme == "https" || next.scheme == "http" && !address.lowercased().hasPrefix("https:") else {
                throw DownloadFailure.permanent("it redirects from https to \(next.scheme ?? "no scheme")")
            }
            address = next.absoluteString
        }
        throw DownloadFailure.permanent("it redirects more than \(Self.maximumRedirects) times")
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

/// Which proxy the environment names, and for which hosts it does not count, as curl and others read it.
struct HTTPProxies: Sendable {
    let proxy: HTTPClient.Configuration.Proxy?
    private let excluded: [String]

    /// Reads `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, in small letters or capitals.
    init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            [name, name.uppercased()].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }

        excluded = (value("no_proxy") ?? "").split(separator: ",").map { entry in
            let host = entry.trimmingCharacters(in: .whitespaces).lowercased()
            return host.hasPrefix("*.")
                ? String(host.dropFirst(2)) : host.hasPrefix(".") ? String(host.dropFirst()) : host
        }
        let text = value("https_proxy") ?? value("http_proxy") ?? value("all_proxy")
        let url = text.flatMap { URL(string: $0.contains("://") ? $0 : "http://\($0)") }
        guard let url, let host = url.host else {
            proxy = nil
            return
        }
        if url.scheme?.hasPrefix("socks") == true {
            proxy = .socksServer(host: host, port: url.port ?? 1080)
        } else if let user = url.user {
            proxy = .server(
                host: host,
                port: url.port ?? 3128,
                authorization: .basic(username: user, password: url.password ?? "")
            )
        } else {
            proxy = .server(host: host, port: url.port ?? 3128)
        }
    }

    /// Whether an address is reached without the proxy; the machine itself always is.
    func bypasses(_ address: String) -> Bool {
        guard proxy != nil, let host = URL(string: address)?.host?.lowercased() else { return true }
        if host == "localhost" || host == "::1" || host.hasPrefix("127.") { return true }
        return excluded.contains { $0 == "*" || host == $0 || host.hasSuffix(".\($0)") }
    }
}
