// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct CosineMatcherTests {
    @Test(
        arguments: [
            ([1, 0], [1, 0], 1), ([1, 0], [0, 3], 0), ([2, 0], [-1, 0], -1), ([1, 1], [1, 0], 0.70710677),
        ] as [([Float], [Float], Float)]
    )
    func theSimilarityIsTheCosine(probe: [Float], reference: [Float], cosine: Float) throws {
        let similarity = try CosineMatcher().similarity(
            of: Embedding(space: "a", normalizing: probe),
            to: Embedding(space: "a", normalizing: reference)
        )
        #expect(abs(similarity.rawValue - cosine) < 1e-6)
    }

    @Test(arguments: [("a", [1, 0]), ("b", [1, 0, 0])] as [(String, [Float])])
    func embeddingsOfDifferentSpacesAreNotCompared(space: String, vector: [Float]) throws {
        let probe = try Embedding(space: "b", normalizing: [1, 0])
        let reference = try Embedding(space: space, normalizing: vector)
        let error = #expect(throws: FaceError.self) { try CosineMatcher().similarity(of: probe, to: reference) }
        #expect(error?.code == .incomparableEmbeddings)
    }
}
