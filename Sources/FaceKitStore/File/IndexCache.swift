// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// The search index of a ``FileGallery`` in its folder: a cache of what snapshot and log say.
///
/// Its generation is the digest of all frames that it was made from. So it counts for the very state that it was written
/// for, and never for another one that the files have come to, as when a copy of before was put back.
struct IndexCache {
    private let path: String
    private let store: UUID

    init(_ folder: GalleryFolder, _ manifest: GalleryManifest) {
        path = folder.index
        store = manifest.id
    }

    /// The index as it was written last; `nil` where there is none that can be used.
    ///
    /// All checksums are compared, as those of snapshot and log are: a flipped bit would make faces be missed.
    func open() -> SearchIndex? {
        guard let configuration = try? SearchIndex.configuration(inFolder: path), configuration.store == store,
            let index = try? SearchIndex(opening: path, configuration, keepsVectors: false),
            (try? index.verify()) != nil
        else { return nil }
        return index
    }

    /// Makes an empty index that is kept in the folder once it is written.
    func make(_ configuration: SearchIndex.Configuration) -> SearchIndex {
        var configuration = configuration
        configuration.store = store
        return SearchIndex(creating: path, configuration, keepsVectors: false)
    }
}
