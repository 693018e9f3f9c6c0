// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Gathers the rows whose codes are nearest to a probe's: at least `target`, and all of the same distance.
///
/// One thread's rows. A distance that `target` of them do not exceed is also one that `target` of all threads' rows do not
/// exceed, so what is left out here is left out rightly.
struct Shortlist {
    /// View in the upper half, row in the lower.
    private var positions: [UInt64] = []
    private var distances: [UInt16] = []
    private var scores: [Int32] = []
    /// Accepted rows of each distance.
    private var histogram: [Int]
    /// Rows farther away are not wanted.
    private(set) var threshold: Int

    private let target: Int
    private var within = 0

    /// - Parameters:
    ///   - target: How many rows are wanted, at least 1.
    ///   - threshold: Rows farther away than this are not wanted in any case.
    init(target: Int, threshold: Int) {
        self.target = target
        self.threshold = threshold
        histogram = Array(repeating: 0, count: threshold + 1)
    }

    /// Adds rows of one view, unless they were removed or the filter rejects them.
    mutating func add(
        view index: Int,
        _ columns: RowColumns,
        removed: RowSet,
        rows: UnsafeBufferPointer<UInt32>,
        distances found: UnsafePointer<UInt16>,
        scores foundScores: UnsafePointer<Int32>,
        filter: (@Sendable (UInt64, UInt32) -> Bool)?
    ) {
        for (offset, number) in rows.enumerated() {
            let (row, distance) = (Int(number), Int(found[offset]))
            guard distance <= threshold, removed.isEmpty || !removed.contains(row) else { continue }
            if let filter, !filter(columns.keys[row], columns.subjects[row]) { continue }
            positions.append(UInt64(index) << 32 | UInt64(row))
            distances.append(UInt16(distance))
            scores.append(foundScores[offset])
            histogram[distance] += 1
            within += 1
            while within - histogram[threshold] >= target {
                within -= histogram[threshold]
                threshold -= 1
            }
        }
        if positions.count > 4 * max(within, 4096) { drop(above: threshold) }
    }

    /// Drops rows farther away than `limit`.
    private mutating func drop(above limit: Int) {
        var kept = 0
        for index in positions.indices where distances[index] <= limit {
            (positions[kept], distances[kept], scores[kept]) = (positions[index], distances[index], scores[index])
            kept += 1
        }
        positions.removeLast(positions.count - kept)
        distances.removeLast(distances.count - kept)
        scores.removeLast(scores.count - kept)
    }

    /// What threads have gathered, joined.
    struct Joined {
        /// Rows within the distance that `target` of all rows do not exceed.
        let count: Int
        /// Those of them with the best scores.
        let best: [UInt64]
    }

    /// Joins what threads have gathered.
    ///
    /// - Parameters:
    ///   - parts: One for each thread.
    ///   - target: As for each of them.
    ///   - kept: At least so many of the rows are kept, if there are as many, and all of the same score.
    /// - Returns: How many rows are near enough, and the best of them.
    static func joined(_ parts: [Shortlist], target: Int, keeping kept: Int) -> Joined {
        var limit = parts.map(\.threshold).min() ?? 0
        var within = parts.reduce(0) { sum, part in sum + part.histogram[0...limit].reduce(0, +) }
        while limit > 0 {
            let farthest = parts.reduce(0) { $0 + $1.histogram[limit] }
            guard within - farthest >= target else { break }
            within -= farthest
            limit -= 1
        }
        let lists = parts.map { part in
            var part = part
            part.drop(above: limit)
            return part
        }
        let least = leastScore(lists.map(\.scores), keeping: kept)
        return Joined(count: within, best: lists.flatMap { $0.positions(scoring: least) })
    }

    private func positions(scoring least: Int32) -> [UInt64] {
        zip(positions, scores).compactMap { $1 >= least ? $0 : nil }
    }

    /// A score that at least `kept` rows reach, and not many more.
    private static func leastScore(_ scores: [[Int32]], keeping kept: Int) -> Int32 {
        let count = scores.reduce(0) { $0 + $1.count }
        guard count > kept, let least = scores.compactMap({ $0.min() }).min(),
            let largest = scores.compactMap({ $0.max() }).max()
        else { return .min }
        // Counting in steps is enough, and does not sort what is dropped.
        let step = (Int(largest) - Int(least)) / 4096 + 1
        var steps = [Int](repeating: 0, count: (Int(largest) - Int(least)) / step + 1)
        for list in scores {
            for score in list { steps[(Int(score) - Int(least)) / step] += 1 }
        }
        var (place, reached) = (steps.count - 1, 0)
        while reached + steps[place] < kept {
            reached += steps[place]
            place -= 1
        }
        return least + Int32(place * step)
    }
}
