// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The best faces or subjects by their vectors.
struct Ranking {
    private let limit: Int
    private let unit: SearchRequest.Unit
    private var faces: BestHeap<SearchHit>
    /// Each subject's best face, where every subject counts once.
    private var subjects: [UInt32: SearchHit] = [:]

    /// - Parameters:
    ///   - limit: How many are wanted, at least 1.
    ///   - unit: What is counted.
    init(limit: Int, unit: SearchRequest.Unit) {
        self.limit = limit
        self.unit = unit
        faces = BestHeap(limit: limit) { $0.isBetter(than: $1) }
    }

    mutating func offer(_ hit: SearchHit) {
        switch unit {
        case .faces: faces.offer(hit)
        case .subjects:
            if subjects[hit.subject].map({ hit.isBetter(than: $0) }) ?? true { subjects[hit.subject] = hit }
        }
    }

    /// The similarity that another face has to reach; `nil` while fewer than `limit` were found.
    var floor: Float? {
        switch unit {
        case .faces: faces.worst?.similarity
        case .subjects: subjects.count < limit ? nil : sorted.last?.similarity
        }
    }

    /// Best first.
    var sorted: [SearchHit] {
        let all = unit == .faces ? faces.elements : Array(subjects.values)
        return Array(all.sorted { $0.isBetter(than: $1) }.prefix(limit))
    }
}
