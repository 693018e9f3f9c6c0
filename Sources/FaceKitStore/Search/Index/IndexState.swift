// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// All that a search looks at: a value that stays as it is while the index goes on.
struct IndexState: Sendable {
    /// In the order of their keys.
    var views: [SegmentView] = []
    /// The highest key there ever was.
    var lastKey: UInt64?
    /// The store's generation at the last checkpoint.
    var generation: UInt64 = 0

    /// Rows that were not removed.
    var count: Int { views.reduce(0) { $0 + $1.count } }

    /// Where a key is, unless it is missing or removed.
    func location(of key: UInt64) -> (view: Int, row: Int)? {
        var (low, high) = (0, views.count)
        while low < high {
            let middle = (low + high) / 2
            if (views[middle].lastKey ?? 0) < key { low = middle + 1 } else { high = middle }
        }
        guard low < views.count, let row = views[low].row(of: key) else { return nil }
        return (low, row)
    }
}
