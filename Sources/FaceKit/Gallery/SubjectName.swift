// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// The rules for names of subjects.
///
/// A name is 1 to 1000 bytes of UTF-8 without the character NUL. Two names are the same when they are canonically
/// equivalent in Unicode, and in a gallery that ignores case, when their lower-case forms are.
package enum SubjectName {
    /// The most bytes of UTF-8.
    package static let maximumBytes = 1000

    /// What decides whether two names are the same.
    package static func key(_ name: String, _ matching: GalleryConfiguration.NameMatching) -> String {
        // Of ASCII alone, which is composed already: most names are, and a large gallery has many.
        if name.utf8.allSatisfy({ $0 < 0x80 }) { return matching == .exact ? name : name.lowercased() }
        let composed = name.precomposedStringWithCanonicalMapping
        return switch matching {
        case .exact: composed
        case .ignoringCase: composed.lowercased().precomposedStringWithCanonicalMapping
        }
    }

    /// - Throws: ``FaceError/Code/invalidSubjectName`` for a name that breaks the rules.
    package static func check(_ name: String) throws(FaceError) {
        guard !name.isEmpty else { throw FaceError(.invalidSubjectName, "the name of a subject is empty") }
        guard name.utf8.count <= maximumBytes else {
            throw FaceError(
                .invalidSubjectName,
                "the name of a subject has \(name.utf8.count) bytes, more than the \(maximumBytes) that are allowed"
            )
        }
        guard !name.utf8.contains(0) else {
            throw FaceError(.invalidSubjectName, "the name of a subject contains the character NUL")
        }
    }
}
