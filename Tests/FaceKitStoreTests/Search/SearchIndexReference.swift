// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitTestSupport

@testable import FaceKitStore

/// What a ``SearchIndex`` has to answer, by comparing every face in double precision.
struct SearchIndexReference {
    var entries: [SearchIndex.Entry] = []

    /// Best first; of equal ones the earlier enrolled.
    func search(_ probe: [Float], _ request: SearchRequest) -> [(key: UInt64, similarity: Double)] {
        let scored = entries.compactMap { entry -> (key: UInt64, subject: UInt32, similarity: Double)? in
            guard request.filter?(entry.key, entry.subject) ?? true else { return nil }
            let similarity = zip(probe, entry.vector).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            guard similarity >= Double(request.minimumSimilarity ?? -2) else { return nil }
            return (entry.key, entry.subject, similarity)
        }
        .sorted { $0.similarity == $1.similarity ? $0.key < $1.key : $0.similarity > $1.similarity }
        var seen: Set<UInt32> = []
        let counted = request.unit == .faces ? scored : scored.filter { seen.insert($0.subject).inserted }
        return counted.prefix(request.limit).map { ($0.key, $0.similarity) }
    }

    /// Where an answer differs; `nil` when it agrees.
    ///
    /// Similarities may differ by rounding, and so may the order of faces
    /// whose similarities do.
    func difference(_ hits: [SearchHit], _ probe: [Float], _ request: SearchRequest) -> String? {
        let expected = search(probe, request)
        guard hits.count == expected.count else { return "\(hits.count) hits instead of \(expected.count)" }
        for (index, (hit, wanted)) in zip(hits, expected).enumerated() {
            guard let entry = entries.first(where: { $0.key == hit.key }) else { return "hit \(index) is not enrolled" }
            guard entry.subject == hit.subject else { return "hit \(index) is of another subject" }
            let exact = zip(probe, entry.vector).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            guard abs(Double(hit.similarity) - min(max(exact, -1), 1)) < 2e-6 else {
                return "hit \(index) has \(hit.similarity) instead of \(exact)"
            }
            guard abs(exact - wanted.similarity) < 2e-6 else {
                return "hit \(index) has similarity \(exact), the best that is left \(wanted.similarity)"
            }
        }
        let unordered = zip(hits, hits.dropFirst()).contains { !$0.isBetter(than: $1) }
        return unordered ? "the hits are not in order" : nil
    }
}

/// A random vector of unit length.
func unitVector(_ dimension: Int, _ random: inout SeededGenerator) -> [Float] {
    // The sum of twelve uniform numbers is as good as normal here.
    let components = (0..<dimension).map { _ in
        (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &random) }
    }
    return normalized(components)
}

/// A vector of unit length at a cosine of `similarity` to another.
func mate(of vector: [Float], similarity: Float, _ random: inout SeededGenerator) -> [Float] {
    let other = unitVector(vector.count, &random)
    let along = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
    let across = normalized(zip(vector, other).map { $1 - along * $0 })
    let share = (1 - similarity * similarity).squareRoot()
    return normalized(zip(vector, across).map { similarity * $0 + share * $1 })
}

func normalized(_ vector: [Float]) -> [Float] {
    let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return vector.map { Float(Double($0) / length) }
}
