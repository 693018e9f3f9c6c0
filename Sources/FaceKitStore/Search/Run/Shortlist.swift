// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Gathers the rows whose codes are nearest to a probe's: at least `target`, and all of the same distance.
///
/// One thread's rows. A distance that `target` of them do not exceed is also one that `target` of all threads' rows do not
/// exceed, so what is left out here is left out rightly.
struct Shortlist {
    /// View in the upper half, row in the lower.
    private(set) var positions: [UInt64] = []
    private var distances: [UInt16] = []
    /// Accepted rows of each distance.
    private(set) var histogram: [Int]
    /// Rows farther away are not wanted.
    private(set) var threshold: Int

    private let target: Int
    private var within = 0

    /// - Parameters:
    ///   - target: How many rows are wanted, at least 1.
    ///   - bits: Of a code.
    init(target: Int, bits: Int) {
        self.target = target
        threshold = bits
        histogram = Array(repeating: 0, count: bits + 1)
    }

    /// Adds rows of one view, unless they were removed or the filter rejects them.
    mutating func add(
        view index: Int,
        _ columns: RowColumns,
        removed: RowSet,
        rows: UnsafeBufferPointer<UInt32>,
        distances found: UnsafePointer<UInt16>,
        filter: (@Sendable (UInt64, UInt32) -> Bool)?
    ) {
        for (offset, number) in rows.enumerated() {
            let (row, distance) = (Int(number), Int(found[offset]))
            guard distance <= threshold, removed.isEmpty || !removed.contains(row) else { continue }
            if let filter, !filter(columns.keys[row], columns.subjects[row]) { continue }
            positions.append(UInt64(index) << 32 | UInt64(row))
            distances.append(UInt16(distance))
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
    mutating func drop(above limit: Int) {
        var kept = 0
        for index in positions.indices where distances[index] <= limit {
            (positions[kept], distances[kept]) = (positions[index], distances[index])
            kept += 1
        }
        positions.removeLast(positions.count - kept)
        distances.removeLast(distances.count - kept)
    }

    /// Joins what threads have gathered: the rows within the distance that `target` of all rows do not exceed.
    static func joined(_ parts: [Shortlist], target: Int) -> [UInt64] {
        var limit = parts.map(\.threshold).min() ?? 0
        var within = parts.reduce(0) { sum, part in sum + part.histogram[0...limit].reduce(0, +) }
        while limit > 0 {
            let farthest = parts.reduce(0) { $0 + $1.histogram[limit] }
            guard within - farthest >= target else { break }
            within -= farthest
            limit -= 1
        }
        return parts.flatMap { part in
            var part = part
            part.drop(above: limit)
            return part.positions
        }
    }
}
