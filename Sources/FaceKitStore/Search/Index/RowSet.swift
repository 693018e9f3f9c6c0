// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A set of row numbers of one segment.
struct RowSet: Hashable, Sendable {
    private(set) var count = 0
    /// Bit `row % 64` of word `row / 64`.
    private(set) var words: [UInt64] = []

    init() {}

    /// Makes a set of its bits.
    init(words: [UInt64]) {
        self.words = words
        count = words.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    var isEmpty: Bool { count == 0 }

    func contains(_ row: Int) -> Bool {
        row / 64 < words.count && words[row / 64] & (1 << UInt64(row % 64)) != 0
    }

    /// Adds a row and returns whether it was missing.
    @discardableResult
    mutating func insert(_ row: Int) -> Bool {
        guard !contains(row) else { return false }
        while words.count <= row / 64 { words.append(0) }
        words[row / 64] |= 1 << UInt64(row % 64)
        count += 1
        return true
    }
}
