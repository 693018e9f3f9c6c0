// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
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
                    state.views[index] = try folder.store(state.views[index])
                }
                try folder.commit(state, configuration, keepsVectors: reader == nil)
            }
            publish(state)
        }
    }

    /// Reads all files and compares their checksums.
    ///
    /// - Throws: ``SearchIndexFault/damaged(_:)``.
    package func verify() throws {
        try changes.withLock { _ in
            try folder?.verify(state)
        }
    }
}
