// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Exact search over the embeddings of a gallery, each known by its number.
struct ExactIndex {
    /// An embedding that was found.
    struct Hit {
        var number: UInt64
        /// Cosine, in -1...1.
        var similarity: Float
    }

    private var matrix: EmbeddingMatrix
    private var numbers: [UInt64] = []
    private var rowOfNumber: [UInt64: Int] = [:]

    init(dimension: Int) {
        matrix = EmbeddingMatrix(dimension: dimension)
    }

    /// Adds an embedding of the index's dimension under a number that is not in use.
    mutating func insert(number: UInt64, _ vector: [Float]) {
        rowOfNumber[number] = numbers.count
        numbers.append(number)
        matrix.append(vector)
    }

    /// Removes an embedding.
    mutating func remove(number: UInt64) {
        guard let row = rowOfNumber.removeValue(forKey: number) else { return }
        // The last row takes the place of the removed one: constant time, and the matrix stays without gaps.
        matrix.removeBySwapping(at: row)
        let last = numbers.removeLast()
        if row < numbers.count {
            numbers[row] = last
            rowOfNumber[last] = row
        }
    }

    /// Returns an embedding bit for bit, empty for an unknown number.
    func vector(number: UInt64) -> [Float] {
        rowOfNumber[number].map(matrix.components(row:)) ?? []
    }

    /// Returns the best embeddings of the admitted numbers (`nil` for all), best first; of equal ones the lower number
    /// first.
    func search(_ probe: [Float], limit: Int, admitted: Set<UInt64>?) -> [Hit] {
        var best = BestRows(limit: min(limit, numbers.count))
        let packedProbe = matrix.packed(probe)
        func offer(_ row: Int) {
            let similarity = matrix.dotProduct(row: row, packedProbe)
            best.offer(.init(row: row, similarity: similarity, enrolment: numbers[row]))
        }
        if let admitted {
            for number in admitted {
                if let row = rowOfNumber[number] { offer(row) }
            }
        } else {
            for row in numbers.indices { offer(row) }
        }
        return best.sorted().map { entry in
            // Two unit vectors rounded to Float can give a hair more than 1.
            Hit(number: entry.enrolment, similarity: min(max(entry.similarity, -1), 1))
        }
    }
}
