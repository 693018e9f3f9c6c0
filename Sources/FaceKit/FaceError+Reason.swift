// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

extension Error {
    /// What the error says in one line: of Foundation's file errors, which describe themselves by all they hold, the
    /// system's reason beneath.
    var reason: String {
        var innermost = self as NSError
        while let beneath = innermost.userInfo[NSUnderlyingErrorKey] as? any Error { innermost = beneath as NSError }
        return switch innermost.domain {
        case NSPOSIXErrorDomain: String(cString: strerror(Int32(truncatingIfNeeded: innermost.code)))
        case NSCocoaErrorDomain: innermost.localizedDescription
        default: "\(self)"
        }
    }
}
