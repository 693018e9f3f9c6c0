// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension SearchRun {
    /// Compares the bytes of all rows, then the vectors of those that could be among the best.
    func exactAnswers() throws -> [[SearchHit]] {
        var answers: [[SearchHit]] = []
        for start in stride(from: 0, to: probes.count, by: Self.probesAtOnce) {
            let some = probes[start..<min(start + Self.probesAtOnce, probes.count)]
            for (probe, contenders) in zip(some, contenders(for: some)) {
                answers.append(try ranked(contenders, probe: probe))
            }
        }
        return answers
    }

    /// For each probe the rows that could be among the best, most promising first.
    private func contenders(for probes: ArraySlice<Probe>) -> [[ScoredRow]] {
        let pieces = pieces
        let bytes = probes.flatMap(\.bytes)
        return index.withThreads(for: pieces.count) { crew in
            // A list for each thread and probe.
            let lists = (0..<crew.threadCount).map { _ in probes.map { _ in Share(Contenders(floor: floor)) } }
            crew.run(pieces.count) { item, thread in
                compare(pieces[item], with: probes, bytes: bytes, into: lists[thread])
            }
            return probes.indices.map { probe in
                Contenders.joined(lists.map { $0[probe - probes.startIndex].value }, floor: floor) {
                    columns[$0.view].subjects[$0.row]
                }
            }
        }
    }

    /// Compares the bytes of a piece's rows with those of all probes, tile by tile.
    private func compare(_ piece: Piece, with probes: ArraySlice<Probe>, bytes: [Int8], into lists: [Share<Contenders>])
    {
        let largestError = state.views[piece.view].largestError
        let (columns, functions) = (columns[piece.view], index.kernels.functions)
        let bounds = probes.map { $0.bound(rowError: largestError) }
        withTile(probes: probes.count) { products, found, scores in
            for start in Swift.stride(from: piece.rows.lowerBound, to: piece.rows.upperBound, by: Self.tileRows) {
                let count = min(Self.tileRows, piece.rows.upperBound - start)
                functions.byte_dots(
                    columns.bytes(row: start),
                    Int64(count),
                    bytes,
                    Int64(probes.count),
                    Int64(columns.byteStride),
                    products,
                    Int64(Self.tileRows)
                )
                for (number, probe) in probes.enumerated() {
                    let size = functions.select_scores(
                        products + number * Self.tileRows,
                        columns.scales + start,
                        Int64(count),
                        probe.offset,
                        probe.scale,
                        lists[number].value.floor.value - bounds[number],
                        found,
                        scores
                    )
                    guard size > 0 else { continue }
                    add(
                        UnsafeBufferPointer(start: found, count: Int(size)),
                        from: start,
                        of: piece.view,
                        scores: scores,
                        probe: probe,
                        to: &lists[number].value
                    )
                }
            }
        }
    }

    /// Adds selected rows of a tile, unless they were removed or the filter rejects them.
    private func add(
        _ found: UnsafeBufferPointer<UInt32>,
        from start: Int,
        of index: Int,
        scores: UnsafePointer<Float>,
        probe: Probe,
        to list: inout Contenders
    ) {
        let columns = columns[index]
        let hasRemoved = !state.views[index].removed.isEmpty
        for (hit, offset) in found.enumerated() {
            let row = start + Int(offset)
            if hasRemoved, state.views[index].removed.contains(row) { continue }
            if let filter = request.filter, !filter(columns.keys[row], columns.subjects[row]) { continue }
            let bound = probe.bound(rowError: columns.errors[row])
            list.add(
                ScoredRow(
                    position: UInt64(index) << 32 | UInt64(row),
                    upper: scores[hit] + bound,
                    lower: scores[hit] - bound
                ),
                subject: columns.subjects[row]
            )
        }
    }

    /// Lends memory for the products of a tile and for what is selected of one probe's.
    private func withTile(
        probes: Int,
        _ body: (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<Float>) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: probes * Self.tileRows) { products in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.tileRows) { found in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.tileRows) { scores in
                    guard let products = products.baseAddress, let found = found.baseAddress,
                        let scores = scores.baseAddress
                    else { return }
                    body(products, found, scores)
                }
            }
        }
    }
}
