// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// The rules for names of galleries in a store.
enum GalleryName {
    static let maximumBytes = 200

    /// Whether a gallery can have the name; SQLite would take one with NUL for what stands before it.
    static func isValid(_ name: String) -> Bool {
        (1...maximumBytes).contains(name.utf8.count) && !name.utf8.contains(0)
    }

    /// - Throws: ``FaceError/Code/invalidConfiguration`` for a name that breaks the rules.
    static func check(_ name: String) throws {
        guard isValid(name) else {
            throw FaceError(
                .invalidConfiguration,
                "the name of a gallery is 1 to \(maximumBytes) bytes without NUL; this one has \(name.utf8.count) bytes"
            )
        }
    }
}
