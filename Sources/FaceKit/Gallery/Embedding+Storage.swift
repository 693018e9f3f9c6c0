// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Embedding {
    /// Rebuilds an embedding from components that a gallery kept.
    ///
    /// Scaling a unit vector again could change its last bits, and what comes out of a gallery has to equal what went in.
    package init(space: String, stored vector: [Float]) {
        self.space = space
        self.vector = vector
    }
}
