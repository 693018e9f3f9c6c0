// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension SearchIndex {
    /// Returns the faces or subjects that resemble a probe most, best first; of equal ones the earlier enrolled.
    ///
    /// - Parameters:
    ///   - probe: Of the index's dimension and unit length.
    ///   - request: What to list.
    ///   - vectors: Fetches the vectors for the last stage, where the index does not keep them.
    /// - Returns: At most `request.limit` hits.
    /// - Throws: What the reader of vectors throws.
    package func search(
        _ probe: [Float],
        _ request: SearchRequest,
        vectors: VectorReader? = nil
    ) throws -> [SearchHit] {
        try search([probe], request, vectors: vectors).first ?? []
    }

    /// Returns for each probe what resembles it most; faster than one call for each.
    ///
    /// - Parameters:
    ///   - probes: Of the index's dimension and unit length.
    ///   - request: What to list for each.
    ///   - vectors: Fetches the vectors for the last stage, where the index does not keep them.
    /// - Returns: A list for each probe.
    /// - Throws: What the reader of vectors throws.
    package func search(
        _ probes: [[Float]],
        _ request: SearchRequest,
        vectors: VectorReader? = nil
    ) throws -> [[SearchHit]] {
        precondition(keepsVectors || vectors != nil, "a search of an index without vectors brings a reader of them")
        for probe in probes {
            precondition(probe.count == configuration.dimension, "probes have the index's dimension")
        }
        let state = state
        guard request.limit > 0, state.count > 0 else { return probes.map { _ in [] } }
        let run = SearchRun(index: self, state: state, request: request, probes: probes, reader: vectors)
        // The run works with addresses of what the state holds.
        return try withExtendedLifetime(run) { try run.answers() }
    }
}
