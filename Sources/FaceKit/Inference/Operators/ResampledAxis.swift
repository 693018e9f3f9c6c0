// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Along one axis, the input elements and their weights that make each output element.
struct ResampledAxis: Sendable {
    struct Tap: Sendable, Hashable {
        var index: Int
        var weight: Float
    }

    /// One list for each output element, none of them empty.
    var taps: [[Tap]]

    /// The most taps of an element, at least 1.
    var tapCount: Int { max(1, taps.map(\.count).max() ?? 1) }

    /// Pairs of index and weight, each element's filled up to ``tapCount`` with a weight of zero on its first input.
    var table: [Float] {
        let count = tapCount
        return taps.flatMap { taps in
            let filling = Tap(index: taps[0].index, weight: 0)
            return (taps + Array(repeating: filling, count: count - taps.count))
                .flatMap { [Float($0.index), $0.weight] }
        }
    }
}

/// An operator that may treat maps row by row and column by column.
protocol SpatialResampling: Operator {
    /// How rows and columns of a map of rank 4 come about, or `nil` where the operator does anything else.
    func resampledAxes(_ inputs: [TensorFact?]) throws(ModelError) -> (rows: ResampledAxis, columns: ResampledAxis)?
}
