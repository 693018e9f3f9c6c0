// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Embeddings of one dimension in one contiguous block, a row each, padded with zeros to whole SIMD vectors.
struct EmbeddingMatrix {
    /// Components of an embedding.
    let dimension: Int
    /// SIMD vectors of a row.
    private let stride: Int
    private var storage: [SIMD16<Float>] = []

    init(dimension: Int) {
        self.dimension = dimension
        stride = dimension / 16 + (dimension % 16 == 0 ? 0 : 1)
    }

    /// Returns `vector`, of `dimension` components, in the layout of a row.
    func packed(_ vector: [Float]) -> [SIMD16<Float>] {
        (0..<stride).map { block in
            var lanes = SIMD16<Float>.zero
            for lane in 0..<min(16, dimension - block * 16) { lanes[lane] = vector[block * 16 + lane] }
            return lanes
        }
    }

    /// Adds `vector`, of `dimension` components, as the last row.
    mutating func append(_ vector: [Float]) {
        storage.append(contentsOf: packed(vector))
    }

    /// Removes a row by moving the last one into its place.
    mutating func removeBySwapping(at row: Int) {
        let last = storage.count - stride
        for block in 0..<stride { storage[row * stride + block] = storage[last + block] }
        storage.removeLast(stride)
    }

    /// Returns a row's components without the padding.
    func components(row: Int) -> [Float] {
        (0..<dimension).map { storage[row * stride + $0 / 16][$0 % 16] }
    }

    /// Returns the dot product of a row with a packed vector.
    ///
    /// The order of additions depends on the dimension alone, so equal rows always give equal results.
    func dotProduct(row: Int, _ packedVector: [SIMD16<Float>]) -> Float {
        let start = row * stride
        var even = SIMD16<Float>.zero
        var odd = SIMD16<Float>.zero
        var block = 0
        while block + 1 < stride {
            even.addProduct(storage[start + block], packedVector[block])
            odd.addProduct(storage[start + block + 1], packedVector[block + 1])
            block += 2
        }
        if block < stride { even.addProduct(storage[start + block], packedVector[block]) }
        return (even + odd).sum()
    }
}
