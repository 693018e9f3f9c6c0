// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Why one attempt at a download failed: reads on from "ADDRESS: ".
enum DownloadFailure: Error, CustomStringConvertible {
    /// Trying again may help, after a pause that the server may have named.
    case transient(String, pause: Duration? = nil)
    /// Trying again does not help.
    case permanent(String)
    /// There is no such file: an ordinary answer of a mirror.
    case absent(String)

    var description: String {
        switch self {
        case .transient(let reason, _), .permanent(let reason), .absent(let reason): reason
        }
    }
}
