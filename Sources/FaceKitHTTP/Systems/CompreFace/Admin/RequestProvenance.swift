// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes

/// Refuses changes that another site's page makes a browser ask for.
///
/// Browsers say by `Sec-Fetch-Site`, and older ones by `Origin`, which page a request comes from; programs send neither
/// and have no cookies that a page could misuse.
enum RequestProvenance {
    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
    private static let forwardedHost = HTTPField.Name("X-Forwarded-Host")!

    /// `host`: The address that the server's own links have.
    static func check(_ request: SystemRequest, host: String) throws(AccountError) {
        guard ![.get, .head, .options].contains(request.method) else { return }
        let denied = AccountError(.accessDenied, "Access denied")
        switch request.head.headerFields[fetchSite] {
        case "same-origin", "none": return
        case nil: break
        default: throw denied
        }
        guard let origin = request.head.headerFields[.origin] else { return }
        let own = [request.head.authority, request.head.headerFields[forwardedHost], authority(host)]
        guard let sender = authority(origin), own.contains(where: { $0?.lowercased() == sender }) else { throw denied }
    }

    /// Host and port of an address, in lower case; the scheme's own port is left out.
    private static func authority(_ address: String) -> String? {
        guard let url = URLComponents(string: address), let host = url.host, !host.isEmpty else { return nil }
        guard let port = url.port, port != (url.scheme == "https" ? 443 : 80) else { return host.lowercased() }
        return "\(host.lowercased()):\(port)"
    }
}
