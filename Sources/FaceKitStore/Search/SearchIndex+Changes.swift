// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

extension SearchIndex {
    /// Adds faces.
    ///
    /// - Parameter entries: With rising keys, above all there ever were, and vectors of the index's dimension and unit
    ///   length.
    /// - Complexity: O(*d* log *d*) for each face of *d* components.
    package func insert(_ entries: [Entry]) {
        guard !entries.isEmpty else { return }
        changes.withLock { _ in
            var state = state
            for entry in entries {
                precondition(state.lastKey.map { $0 < entry.key } ?? true, "the keys of faces rise")
                precondition(entry.vector.count == configuration.dimension, "vectors have the index's dimension")
                state.lastKey = entry.key
            }
            var left = entries[...]
            while !left.isEmpty {
                var view: SegmentView
                if let last = state.views.last, let grown = appendable(last) {
                    state.views.removeLast()
                    view = grown
                } else {
                    // The first segment starts small, for galleries that stay so.
                    let capacity = state.views.isEmpty ? max(1024, (left.count + 7) / 8 * 8) : Segment.fullCapacity
                    let segment = Segment(layout(capacity: min(capacity, Segment.fullCapacity)))
                    view = SegmentView(segment: segment, rows: 0, largestError: 0)
                }
                let part = left.prefix(view.segment.layout.capacity - view.rows)
                append(part, to: &view)
                state.views.append(view)
                left = left.dropFirst(part.count)
            }
            publish(state)
        }
    }

    /// A view like this one with room for more rows; `nil` when it is full.
    private func appendable(_ view: SegmentView) -> SegmentView? {
        let capacity = view.segment.layout.capacity
        if view.segment.mapping.isWritable, view.rows < capacity, view.changedSubjects == nil { return view }
        guard view.rows < Segment.fullCapacity / (view.segment.mapping.isWritable ? 1 : 2) else { return nil }
        var larger = max(1024, view.segment.mapping.isWritable ? capacity : 4 * capacity)
        while larger <= view.rows { larger *= 4 }
        let segment = Segment(layout(capacity: min(larger, Segment.fullCapacity)))
        for row in 0..<view.rows {
            segment.copy(row: row, of: view.segment, subject: view.subject(row: row), to: row)
        }
        return SegmentView(
            segment: segment,
            rows: view.rows,
            removed: view.removed,
            largestError: view.largestError
        )
    }

    private func append(_ entries: ArraySlice<Entry>, to view: inout SegmentView) {
        let (segment, first, rotation) = (view.segment, view.rows, rotation)
        // 64 rows at a time: enough to be worth a worker's while.
        let pieces = (entries.count + 63) / 64
        withThreads(for: pieces) { crew in
            crew.run(pieces) { piece, _ in
                for index in piece * 64..<min(piece * 64 + 64, entries.count) {
                    let entry = entries[entries.startIndex + index]
                    segment.write(
                        row: first + index,
                        key: entry.key,
                        subject: entry.subject,
                        vector: entry.vector,
                        rotation: rotation
                    )
                }
            }
        }
        view.rows += entries.count
        view.file = nil
        for row in first..<view.rows { view.largestError = max(view.largestError, segment.errors[row]) }
    }

    /// Removes faces and returns how many of them there were.
    ///
    /// Their rows are only marked; segments of which more than half is marked are rewritten. What is left goes with
    /// ``compact()``.
    @discardableResult
    package func remove(_ keys: [Key]) -> Int {
        changes.withLock { _ in
            var state = state
            var removed = 0
            var touched: Set<Int> = []
            for key in keys {
                guard let (view, row) = state.location(of: key) else { continue }
                state.views[view].removed.insert(row)
                touched.insert(view)
                removed += 1
            }
            for index in touched.sorted().reversed() {
                let view = state.views[index]
                if view.count == 0 {
                    state.views.remove(at: index)
                } else if view.removed.count > view.rows / 2 {
                    state.views[index] = rewritten([view], capacity: view.count)
                }
            }
            if removed > 0 { publish(state) }
            return removed
        }
    }

    /// Removes all faces.
    package func removeAll() {
        changes.withLock { _ in
            var state = state
            state.views = []
            publish(state)
        }
    }

    /// Gives one face to another subject and returns whether there is such a face.
    @discardableResult
    package func setSubject(_ subject: Subject, of key: Key) -> Bool {
        setSubjects([(key, subject)]) == 1
    }

    /// Gives faces to other subjects and returns how many of them there are.
    @discardableResult
    package func setSubjects(_ pairs: [(key: Key, subject: Subject)]) -> Int {
        changes.withLock { _ in
            var state = state
            var found = 0
            for (key, subject) in pairs {
                guard let (view, row) = state.location(of: key) else { continue }
                state.views[view].setSubject(subject, row: row)
                found += 1
            }
            if found > 0 { publish(state) }
            return found
        }
    }

    /// Gives all faces of one subject to another.
    ///
    /// - Complexity: O(*n*) for *n* faces; four bytes of each are looked at.
    package func merge(subject: Subject, into other: Subject) {
        changes.withLock { _ in
            var state = state
            for index in state.views.indices {
                for row in 0..<state.views[index].rows where state.views[index].subject(row: row) == subject {
                    state.views[index].setSubject(other, row: row)
                }
            }
            publish(state)
        }
    }

    /// Drops removed rows and joins small segments.
    ///
    /// The files lose them with the next checkpoint.
    package func compact() throws {
        try changes.withLock { _ in
            var state = state
            var compacted: [SegmentView] = []
            var waiting: [SegmentView] = []
            var rows = 0
            func flush() throws {
                guard rows > 0 else { return }
                var view = rewritten(waiting, capacity: rows)
                // A gallery of millions is not gathered in memory.
                if let folder, view.rows > Segment.fullCapacity / 2 { view = try folder.store(view, isLast: false) }
                compacted.append(view)
                (waiting, rows) = ([], 0)
            }
            for view in state.views {
                if view.removed.isEmpty, view.rows == Segment.fullCapacity {
                    try flush()
                    compacted.append(view)
                    continue
                }
                if rows + view.count > Segment.fullCapacity { try flush() }
                waiting.append(view)
                rows += view.count
            }
            if waiting.count == 1, waiting[0].removed.isEmpty { compacted += waiting } else { try flush() }
            state.views = compacted
            publish(state)
        }
    }

    /// A new segment with the rows of `views` that were not removed.
    private func rewritten(_ views: [SegmentView], capacity: Int) -> SegmentView {
        let segment = Segment(layout(capacity: (capacity + 7) / 8 * 8))
        var result = SegmentView(segment: segment, rows: 0, largestError: 0)
        for view in views {
            for row in 0..<view.rows where !view.removed.contains(row) {
                segment.copy(row: row, of: view.segment, subject: view.subject(row: row), to: result.rows)
                result.largestError = max(result.largestError, segment.errors[result.rows])
                result.rows += 1
            }
        }
        return result
    }
}
