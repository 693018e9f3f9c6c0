// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Graph {
    /// The graph with constants folded and with normalisation, activations and sums fused into the layers before them.
    ///
    /// The result computes the same as the graph did, up to rounding.
    package func optimised() throws(ModelError) -> Graph {
        var graph = try FoldConstants().apply(self)
        // The passes need ranks and channel counts only, which any valid input shows. Without one they would have to
        // guess; the graph then runs as it is.
        guard let facts = try? graph.inferFacts(inputs: graph.probeShapes()) else { return graph }
        graph = FoldPadding().apply(graph)
        graph = FusePatterns(facts: facts).apply(graph)
        graph = MoveTransposes(facts: facts).apply(graph)
        graph = try FoldConstants().apply(graph)
        graph = RecogniseDense(facts: try graph.probeFacts()).apply(graph)
        graph = RecogniseAffine(facts: try graph.probeFacts()).apply(graph)
        graph = FoldAffine(facts: try graph.probeFacts()).apply(graph)
        graph = FuseActivation(facts: try graph.probeFacts()).apply(graph)
        return MergeSiblings(facts: try graph.probeFacts()).apply(graph)
    }

    private func probeFacts() throws(ModelError) -> [ValueID: TensorFact] {
        try inferFacts(inputs: probeShapes())
    }

    /// Shapes for all inputs, where extents that may vary get a plausible value: one picture, sides that halve often.
    private func probeShapes() -> [ValueID: [Int]] {
        var shapes: [ValueID: [Int]] = [:]
        for id in inputs {
            let declared = self[id].shape ?? [nil, 3, nil, nil]
            shapes[id] = declared.enumerated().map { axis, extent in
                extent ?? (axis == 0 ? 1 : 256)
            }
        }
        return shapes
    }
}
