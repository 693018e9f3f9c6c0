// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Gathers one thread's rows that could be among the best by their bytes.
struct Contenders {
    private(set) var rows: [ScoredRow] = []
    private(set) var floor: Floor
    private var roomBeforePruning = 4096

    init(floor: Floor) {
        self.floor = floor
    }

    /// Adds a row.
    mutating func add(_ row: ScoredRow, subject: @autoclosure () -> UInt32) {
        floor.offer(row.lower, subject: subject())
        guard row.upper >= floor.value else { return }
        rows.append(row)
        if rows.count >= roomBeforePruning {
            rows.removeAll { $0.upper < floor.value }
            roomBeforePruning = max(4096, 2 * rows.count)
        }
    }

    /// Joins what threads have gathered; the most promising row comes first.
    static func joined(_ parts: [Contenders], floor: Floor, subject: (ScoredRow) -> UInt32) -> [ScoredRow] {
        var floor = floor
        if parts.count == 1 {
            floor = parts[0].floor
        } else {
            for part in parts {
                for row in part.rows { floor.offer(row.lower, subject: subject(row)) }
            }
        }
        return parts.flatMap { part in part.rows.filter { $0.upper >= floor.value } }.sorted { $0.upper > $1.upper }
    }
}
