// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
package import FaceKitInference
package import Foundation

/// Finds the enrolled faces that resemble a probe most (1:N).
///
/// Three forms of every embedding are kept, each a finer one: a sign code after a random rotation (64 bytes up to 512
/// dimensions), signed bytes with a scale, and, unless a reader fetches it from the store, the float32 vector. An exact
/// search compares the bytes of all faces and then the vectors of those that could be among the best: the error of the
/// bytes is known for each face, so nothing can be missed. A fast search does the same with the faces whose codes are
/// nearest. Every similarity that is returned comes from float32 vectors, in one order of additions, so that equal faces
/// get equal similarities however they were found.
///
/// Any number of threads may search while one changes the index; a search sees the state at its beginning. Calls are
/// synchronous; a search shares its work with the engine's worker pool when that is free.
package final class SearchIndex: Sendable {
    /// The gallery's number of a face: rises with every enrolment and is never used again.
    package typealias Key = UInt64
    /// The gallery's number of a subject.
    package typealias Subject = UInt32
    /// Fetches embeddings from the store for the last stage of a search; `nil` for a face that is gone.
    ///
    /// Keys rise. It is called on the thread of the search.
    package typealias VectorReader = (_ keys: [Key]) throws -> [[Float]?]

    /// How an index is made.
    package struct Configuration: Hashable, Sendable {
        /// Components of an embedding, at least 1.
        package var dimension: Int
        /// The embedding space; files of another are stale.
        package var space: String
        /// Identity of the store that the index is made from; files of another are stale.
        ///
        /// The default is all zeros.
        package var store = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        /// Up to so many faces an automatic search is exact.
        ///
        /// The default is 200,000.
        package var exactLimit = 200_000
        /// Of the random rotation behind the sign codes.
        package var seed: UInt64 = 0x5EED_FACE_0001
        /// Threads of a search; the default, 0, is one for each processor.
        package var threads = 0
        /// The default, `nil`, is the best one that the processor has.
        package var level: KernelLevel?

        package init(dimension: Int, space: String) {
            self.dimension = dimension
            self.space = space
        }
    }

    /// A face to be searched.
    package struct Entry: Hashable, Sendable {
        package var key: Key
        package var subject: Subject
        /// Of unit length.
        package var vector: [Float]

        package init(key: Key, subject: Subject, vector: [Float]) {
            self.key = key
            self.subject = subject
            self.vector = vector
        }
    }

    package let configuration: Configuration
    let kernels: SearchKernels
    let rotation: SignRotation
    /// Whether the index has the vectors, so that a search needs no reader.
    let keepsVectors: Bool
    let folder: IndexFolder?
    let pool: WorkerPool?
    private let published: Locked<IndexState>
    /// Held for the whole of a change.
    let changes = Locked<Void>(())

    /// Creates an empty index in memory.
    ///
    /// - Parameters:
    ///   - configuration: How to make it.
    ///   - keepsVectors: Whether the index keeps the vectors; otherwise every search brings a reader of them.
    package convenience init(_ configuration: Configuration, keepsVectors: Bool = true) {
        self.init(configuration, keepsVectors, folder: nil, state: IndexState())
    }

    /// Creates an empty index that will be kept in a folder, which is made with the first checkpoint.
    ///
    /// What the folder holds stays valid until then.
    package convenience init(creating folder: String, _ configuration: Configuration, keepsVectors: Bool = true) {
        self.init(configuration, keepsVectors, folder: IndexFolder(folder), state: IndexState())
    }

    /// Opens an index as its last checkpoint left it.
    ///
    /// Reads what is small and checks it; codes, bytes and vectors are mapped, see ``verify()``.
    /// - Throws: ``SearchIndexFault``.
    package convenience init(
        opening folder: String,
        _ configuration: Configuration,
        keepsVectors: Bool = true
    ) throws(SearchIndexFault) {
        let place = IndexFolder(folder)
        let state = try place.load(configuration, keepsVectors: keepsVectors)
        self.init(configuration, keepsVectors, folder: place, state: state)
    }

    private init(_ configuration: Configuration, _ keepsVectors: Bool, folder: IndexFolder?, state: IndexState) {
        precondition(configuration.dimension > 0, "an embedding has at least one component")
        self.configuration = configuration
        self.keepsVectors = keepsVectors
        self.folder = folder
        kernels = SearchKernels(level: configuration.level)
        rotation = SignRotation(dimension: configuration.dimension, seed: configuration.seed, kernels: kernels)
        pool = WorkerPool.sharing(threads: configuration.threads)
        published = Locked(state)
    }

    /// What searches that begin now will see.
    var state: IndexState {
        published.withLock { $0 }
    }

    func publish(_ state: IndexState) {
        // The old state may be the last to hold a segment; it is let go outside the lock.
        let old = published.withLock { current in
            let old = current
            current = state
            return old
        }
        _ = consume old
    }

    func layout(capacity: Int) -> SegmentLayout {
        SegmentLayout(dimension: configuration.dimension, capacity: capacity, keepsVectors: keepsVectors)
    }
}

// MARK: - What is in it

extension SearchIndex {
    /// Faces that can be found.
    package var count: Int { state.count }

    /// The highest key that was ever inserted.
    package var lastKey: Key? { state.lastKey }

    /// The store's generation at the last checkpoint; 0 before the first.
    package var generation: UInt64 { state.generation }

    /// Rows that are in no file, or not as they are now.
    package var unwrittenCount: Int { state.views.reduce(0) { $0 + ($1.file == nil ? $1.rows : 0) } }

    /// Bytes that a face takes: codes, bytes, key, subject, and the vector if the index keeps it.
    package var bytesPerFace: Int { layout(capacity: 8).rowSize }

    /// The instruction-set level in use.
    package var level: KernelLevel { kernels.level }

    package func contains(_ key: Key) -> Bool { state.location(of: key) != nil }

    /// The face's vector as it was inserted; `nil` when there is no such face or the index does not keep vectors.
    package func vector(of key: Key) -> [Float]? {
        let state = state
        guard let (view, row) = state.location(of: key),
            let vector = state.views[view].segment.vector(row: row)
        else { return nil }
        return withExtendedLifetime(state) {
            Array(UnsafeBufferPointer(start: vector, count: configuration.dimension))
        }
    }

    /// The subject of a face; `nil` when there is no such face.
    package func subject(of key: Key) -> Subject? {
        let state = state
        return state.location(of: key).map { state.views[$0.view].subject(row: $0.row) }
    }

    /// The faces after `key` in the order of enrolment, at most `limit`.
    package func entries(after key: Key?, limit: Int) -> [(key: Key, subject: Subject)] {
        let state = state
        var found: [(key: Key, subject: Subject)] = []
        for view in state.views where view.lastKey.map({ $0 > key ?? 0 || key == nil }) == true {
            var row = key.map { $0 == .max ? view.rows : view.firstRow(atLeast: $0 + 1) } ?? 0
            while row < view.rows {
                guard found.count < limit else { return found }
                if !view.removed.contains(row) { found.append((view.segment.keys[row], view.subject(row: row))) }
                row += 1
            }
        }
        return found
    }
}
