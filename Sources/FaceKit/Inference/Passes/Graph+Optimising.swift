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
        //
        // An open batch is taken as two pictures, lest it be confused with axes that broadcast; a network with shapes
        // for one picture written into it is asked with one.
        let original = graph
        let probes = [2, 1].lazy.compactMap { batch in
            (try? original.inferFacts(inputs: original.probeShapes(batch: batch))).map { (batch, $0) }
        }
        guard let (batch, facts) = probes.first else { return graph }
        graph = FoldPadding().apply(graph)
        graph = FusePatterns(facts: facts).apply(graph)
        graph = MoveTransposes(facts: facts).apply(graph)
        graph = try FoldConstants().apply(graph)
        graph = RecogniseDense(facts: try graph.probeFacts(batch: batch)).apply(graph)
        graph = RecogniseAffine(facts: try graph.probeFacts(batch: batch)).apply(graph)
        graph = FoldAffine(facts: try graph.probeFacts(batch: batch)).apply(graph)
        graph = ReuseSums(facts: try graph.probeFacts(batch: batch)).apply(graph)
        graph = FuseActivation(facts: try graph.probeFacts(batch: batch)).apply(graph)
        return MergeSiblings(facts: try graph.probeFacts(batch: batch)).apply(graph)
    }

    private func probeFacts(batch: Int) throws(ModelError) -> [ValueID: TensorFact] {
        try inferFacts(inputs: probeShapes(batch: batch))
    }

    /// Shapes for all inputs, where extents that may vary get a plausible value: sides that halve often.
    ///
    /// Only the batch and the sides of maps are guessed. What the passes read, ranks and channel counts, must be the
    /// same for every input, so a network whose channels may vary is left as it is.
    private func probeShapes(batch: Int) throws(ModelError) -> [ValueID: [Int]] {
        var shapes: [ValueID: [Int]] = [:]
        for id in inputs {
            guard let declared = self[id].shape else {
                throw ModelError(.unsupported, "the rank of input \(self[id].name) may vary")
            }
            var shape: [Int] = []
            for (axis, extent) in declared.enumerated() {
                guard extent != nil || axis == 0 || (declared.count == 4 && axis > 1) else {
                    throw ModelError(.unsupported, "axis \(axis) of input \(self[id].name) may vary")
                }
                shape.append(extent ?? (axis == 0 ? batch : 256))
            }
            shapes[id] = shape
        }
        return shapes
    }
}
