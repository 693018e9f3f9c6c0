// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A segment on disk.
struct SegmentFile: Hashable, Sendable {
    var number: UInt64
    /// Of its header, which has those of the columns.
    var checksum: UInt64
}

/// What a reader may see of a ``Segment``.
struct SegmentView: Sendable {
    let segment: Segment
    /// Rows that are written.
    var rows: Int
    /// Rows that were removed since.
    var removed = RowSet()
    /// Replaces the segment's column once a subject has changed.
    private(set) var changedSubjects: SubjectColumn?
    /// The largest of the rows' errors.
    var largestError: Float
    /// The file that holds the same columns, if there is one.
    var file: SegmentFile?

    init(
        segment: Segment,
        rows: Int,
        removed: RowSet = RowSet(),
        largestError: Float,
        file: SegmentFile? = nil
    ) {
        self.segment = segment
        self.rows = rows
        self.removed = removed
        self.largestError = largestError
        self.file = file
    }

    /// Rows that were not removed.
    var count: Int { rows - removed.count }

    var firstKey: UInt64? { rows > 0 ? segment.keys[0] : nil }
    var lastKey: UInt64? { rows > 0 ? segment.keys[rows - 1] : nil }

    /// The subjects of all rows.
    var subjects: UnsafePointer<UInt32> { UnsafePointer(changedSubjects?.values ?? segment.subjects) }

    func subject(row: Int) -> UInt32 { subjects[row] }

    /// Changes a row's subject for readers to come.
    mutating func setSubject(_ subject: UInt32, row: Int) {
        guard self.subject(row: row) != subject else { return }
        if changedSubjects == nil || !isKnownUniquelyReferenced(&changedSubjects) {
            changedSubjects = SubjectColumn(copying: subjects, count: rows, capacity: segment.layout.capacity)
        }
        changedSubjects?.values[row] = subject
        file = nil
    }

    /// The first row whose key is at least `key`; `rows` when all are below.
    func firstRow(atLeast key: UInt64) -> Int {
        var (low, high) = (0, rows)
        while low < high {
            let middle = (low + high) / 2
            if segment.keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The row of a key, unless it is missing or removed.
    func row(of key: UInt64) -> Int? {
        let row = firstRow(atLeast: key)
        return row < rows && segment.keys[row] == key && !removed.contains(row) ? row : nil
    }
}
