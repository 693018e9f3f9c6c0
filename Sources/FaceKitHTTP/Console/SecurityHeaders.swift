// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import HTTPTypes
import Hummingbird

/// Headers that keep browsers from doing more with an answer than they should.
enum SecurityHeaders {
    private static let frameOptions = HTTPField.Name("X-Frame-Options")!
    private static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    private static let openerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
    private static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
    private static let permissions = HTTPField.Name("Permissions-Policy")!

    /// `isEncrypted`: Whether browsers reach the server by HTTPS only.
    static func add(to response: inout Response, isEncrypted: Bool) {
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[frameOptions] = "DENY"
        response.headers[referrerPolicy] = "no-referrer"
        response.headers[openerPolicy] = "same-origin"
        response.headers[resourcePolicy] = "same-origin"
        response.headers[permissions] = "camera=(self), microphone=(), geolocation=()"
        if isEncrypted { response.headers[.strictTransportSecurity] = "max-age=31536000" }
    }
}
