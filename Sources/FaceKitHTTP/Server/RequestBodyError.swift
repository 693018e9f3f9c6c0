// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Why the body of a request cannot be used; each system says it in its own way.
package enum RequestBodyError: Error, CustomStringConvertible {
    /// It is longer than allowed.
    case tooLarge(limit: Int)
    /// It took longer than allowed.
    case timeout(seconds: Int)
    /// It is not what its content type says.
    case malformed(String)
    /// Its content type is not the one that is wanted.
    case wrongContentType(String)

    package var description: String {
        switch self {
        case .tooLarge(let limit): "the body is longer than \(limit) bytes"
        case .timeout(let seconds): "the body did not arrive within \(seconds) seconds"
        case .malformed(let reason): reason
        case .wrongContentType(let type): "the content type is \(type.isEmpty ? "missing" : type)"
        }
    }
}
