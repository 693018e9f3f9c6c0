// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// Finds the hits that an answer consists of, from an index that ranks templates.
struct HitSearch {
    /// How many hits there are at most, at least 1.
    var limit: Int
    /// How many templates there are.
    var count: Int
    var options: SearchOptions

    /// Returns the hits, best first.
    ///
    /// `search` returns the best templates up to a number, `subject` the subject of one.
    func run(_ search: (Int) -> [ExactIndex.Hit], subject: (UInt64) -> UInt64?) -> [ExactIndex.Hit] {
        func bounded(_ limit: Int) -> (hits: [ExactIndex.Hit], isAll: Bool) {
            let found = search(limit)
            let hits = options.threshold.map { threshold in
                Array(found.prefix { $0.similarity >= threshold.rawValue })
            }
            return (hits ?? found, found.count < limit || hits.map { $0.count < found.count } ?? false)
        }
        guard options.ranking == .subjects else { return bounded(limit).hits }

        // The best template of each subject is among the best templates; how many of these have to be looked at is not
        // known beforehand.
        var width = min(count, 4 * limit + 16)
        while true {
            let (hits, isAll) = bounded(width)
            var seen: Set<UInt64> = []
            let best = hits.filter { hit in
                seen.count < limit && (subject(hit.number).map { seen.insert($0).inserted } ?? false)
            }
            if best.count == limit || isAll || width == count { return best }
            width = min(count, width * 8)
        }
    }
}
