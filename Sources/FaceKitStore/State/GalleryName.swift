// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// The rules for names of galleries in a store.
enum GalleryName {
    static let maximumBytes = 200

    /// - Throws: ``FaceError/Code/invalidConfiguration`` for a name that breaks the rules.
    static func check(_ name: String) throws {
        let count = name.utf8.count
        guard (1...maximumBytes).contains(count), !name.utf8.contains(0) else {
            throw FaceError(
                .invalidConfiguration,
                "the name of a gallery is 1 to \(maximumBytes) bytes without NUL; this one has \(count) bytes"
            )
        }
    }
}
