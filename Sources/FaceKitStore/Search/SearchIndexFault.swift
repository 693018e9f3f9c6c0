// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Why the files of a ``SearchIndex`` cannot be used; the gallery makes a new index from what it stores.
package enum SearchIndexFault: Error, Hashable, CustomStringConvertible {
    /// There are none.
    case missing
    /// They are of another store, space, dimension or version.
    case stale(String)
    /// They are not what was written.
    case damaged(String)

    package var description: String {
        switch self {
        case .missing: "there is no search index"
        case .stale(let reason): "the search index is stale: \(reason)"
        case .damaged(let reason): "the search index is damaged: \(reason)"
        }
    }
}
