// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import AsyncHTTPClient
import FaceKitHTTP
import Foundation
import NIOCore
import NIOHTTP1

/// Fetches pictures from the hosts that the configuration names, with a connection for each.
struct HTTPPictureFetcher: PictureFetcher {
    /// Names of hosts, in lower case; one with a port is `host:port`.
    let hosts: Set<String>

    init(hosts: [String]) { self.hosts = Set(hosts.map { $0.lowercased() }) }

    func fetch(_ address: String, limit: Int) async throws(PictureFetcherFault) -> [UInt8] {
        guard let url = URL(string: address), ["http", "https"].contains(url.scheme?.lowercased()),
            url.user == nil, let host = url.host?.lowercased(),
            hosts.contains(url.port.map { "\(host):\($0)" } ?? host)
        else { throw .refused }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(10))
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let bytes = try? await Self.get(address, limit: limit, client)
        try? await client.shutdown()
        guard let bytes else { throw .failed }
        return bytes
    }

    private static func get(_ address: String, limit: Int, _ client: HTTPClient) async throws -> [UInt8]? {
        let response = try await client.execute(HTTPClientRequest(url: address), timeout: .seconds(30))
        guard response.status == .ok else { return nil }
        return [UInt8](buffer: try await response.body.collect(upTo: limit))
    }
}
