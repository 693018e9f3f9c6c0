// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import FaceKit
import FaceKitInference

extension SearchIndex {
    /// Writes what has changed to the folder, so that opening gives this state.
    ///
    /// Without a folder, only the generation is kept. Until the call returns the files give the state of the checkpoint
    /// before. Changes wait meanwhile, searches do not.
    /// - Parameter generation: The store's, which ``generation`` will be.
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    package func checkpoint(generation: UInt64) throws {
        try changes.withLock { _ in
            var state = state
            state.generation = generation
            if let folder {
                for index in state.views.indices where state.views[index].file == nil {
                    let isLast = index == state.views.count - 1
                    state.views[index] = try folder.store(state.views[index], isLast: isLast)
                }
                try folder.commit(state, configuration, keepsVectors: keepsVectors)
            }
            publish(state)
        }
    }

    /// Deletes the files; the index goes on in memory until the next checkpoint.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    package func deleteFiles() throws(FaceError) {
        try changes.withLock { _ throws(FaceError) in
            var state = state
            for index in state.views.indices { state.views[index].file = nil }
            publish(state)
            try folder?.delete()
        }
    }

    /// What the index in a folder was made for.
    package static func configuration(inFolder folder: String) throws(SearchIndexFault) -> Configuration {
        let manifest = try IndexManifest(reading: folder)
        var configuration = Configuration(dimension: manifest.dimension, space: manifest.space)
        configuration.store = manifest.store
        configuration.seed = manifest.seed
        return configuration
    }

    /// Reads all files and compares their checksums, on all threads; changes wait meanwhile.
    ///
    /// - Throws: ``SearchIndexFault/damaged(_:)``.
    package func verify() throws(SearchIndexFault) {
        guard let folder else { return }
        let fault = changes.withLock { _ in
            let views = state.views
            return withThreads(for: views.count) { crew in
                let faults = views.map { _ in Share<SearchIndexFault?>(nil) }
                crew.run(views.count) { item, _ in
                    do throws(SearchIndexFault) {
                        try folder.verify(views[item])
                    } catch {
                        faults[item].value = error
                    }
                }
                return faults.lazy.compactMap(\.value).first
            }
        }
        if let fault { throw fault }
    }
}
