// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Keeps the best `limit` of the rows it is offered, in a heap with the worst of them at the top.
struct BestRows {
    /// A row with its similarity to the probe.
    struct Entry {
        var row: Int
        var similarity: Float
        var enrolment: UInt64

        /// Higher similarity first; of equal ones, the earlier enrolled.
        func isBetter(than other: Entry) -> Bool {
            similarity == other.similarity ? enrolment < other.enrolment : similarity > other.similarity
        }
    }

    let limit: Int
    private var heap: [Entry] = []

    /// - Parameter limit: How many to keep, at least 0.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes `entry` when fewer than `limit` rows are kept or it is better than the worst of them.
    mutating func offer(_ entry: Entry) {
        if heap.count < limit {
            heap.append(entry)
            siftUp(from: heap.count - 1)
        } else if let worst = heap.first, entry.isBetter(than: worst) {
            heap[0] = entry
            siftDownFromTop()
        }
    }

    /// Returns what was kept, best first.
    func sorted() -> [Entry] {
        heap.sorted { $0.isBetter(than: $1) }
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[parent].isBetter(than: heap[child]) else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDownFromTop() {
        var parent = 0
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[worst].isBetter(than: heap[child]) { worst = child }
            }
            guard worst != parent else { return }
            heap.swapAt(parent, worst)
            parent = worst
        }
    }
}
