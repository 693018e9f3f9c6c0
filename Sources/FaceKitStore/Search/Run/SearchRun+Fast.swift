// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension SearchRun {
    /// Rows whose codes are nearest, and count further.
    ///
    /// A mate at a cosine of 0.4 differs from a 512-dimensional probe in 189 of 512 bits on average, with a standard
    /// deviation of 9; a stranger in 256 ± 11. Less than 0.1 % of such mates lie beyond 215 bits, and so do all but
    /// 0.02 % of strangers. Real embeddings spread more than random ones, hence 0.8 %.
    var shortlistTarget: Int { max(1000, 50 * limit, state.count / 125) }

    /// Rows of the shortlist that are compared by their bytes.
    ///
    /// The sum of the probe's components with the signs of a row's is 7.2 ± 0.6 for such a mate, in standard deviations of
    /// strangers'. Less than 0.1 % of them have a sum below 5.5, and so have all but one in 60 million strangers; again real
    /// embeddings get more room.
    private var comparedTarget: Int { max(1000, 50 * limit, state.count / 1000) }

    /// Compares the codes of all rows, then the bytes of the nearest, then the vectors of those that could be among the
    /// best.
    func fastAnswers() throws -> [[SearchHit]] {
        var answers: [[SearchHit]] = []
        for start in stride(from: 0, to: probes.count, by: Self.probesAtOnce) {
            let some = probes[start..<min(start + Self.probesAtOnce, probes.count)]
            for (number, contenders) in zip(some.indices, shortlisted(for: some)) {
                if let contenders {
                    answers.append(try ranked(contenders, probe: probes[number]))
                } else {
                    answers += try only(number).exactAnswers()
                }
            }
        }
        return answers
    }

    /// The same for one of the probes.
    private func only(_ probe: Int) -> Self {
        SearchRun(self, only: probes[probe])
    }

    /// For each probe the contenders among the rows with the nearest codes; `nil` where these are of too few subjects.
    private func shortlisted(for probes: ArraySlice<Probe>) -> [[ScoredRow]?] {
        let (pieces, target) = (pieces, shortlistTarget)
        return index.withThreads(for: pieces.count) { crew in
            let thresholds = thresholds(for: probes, pieces, crew)
            let lists = (0..<crew.threadCount).map { _ in
                thresholds.map { Share(Shortlist(target: target, threshold: $0)) }
            }
            crew.run(pieces.count) { item, thread in
                compareCodes(pieces[item], with: probes, into: lists[thread])
            }
            // `nil` stays where the rows are of too few subjects, or the threshold was too low.
            let answers = probes.map { _ in Share<[ScoredRow]?>(nil) }
            func finish(_ number: Int, _ contenders: ([UInt64], Probe) -> [ScoredRow]) {
                let near = Shortlist.joined(lists.map { $0[number].value }, target: target, keeping: comparedTarget)
                if near.count < target, thresholds[number] < index.rotation.size { return }
                if request.unit == .subjects, near.count >= target, hasFewSubjects(near.best) { return }
                answers[number].value = contenders(near.best, probes[probes.startIndex + number])
            }
            // A probe's shortlist is shared by the threads only where there are not enough probes for them.
            if probes.count < crew.threadCount {
                for number in answers.indices { finish(number) { contenders(among: $0, probe: $1, crew) } }
            } else {
                crew.run(probes.count) { number, _ in finish(number) { contenders(among: $0, probe: $1) } }
            }
            return answers.map(\.value)
        }
    }

    /// Whether rows are of fewer than `limit` subjects.
    private func hasFewSubjects(_ positions: [UInt64]) -> Bool {
        var subjects: Set<UInt32> = []
        for position in positions {
            subjects.insert(columns[Int(position >> 32)].subjects[Int(position & 0xFFFF_FFFF)])
            if subjects.count >= limit { return false }
        }
        return true
    }

    private func compareCodes(_ piece: Piece, with probes: ArraySlice<Probe>, into lists: [Share<Shortlist>]) {
        let view = state.views[piece.view]
        let (codes, words) = (view.segment.codes, Int64(view.segment.layout.words))
        let functions = index.kernels.functions
        withRoom { rows, distances, scores in
            for start in stride(from: piece.rows.lowerBound, to: piece.rows.upperBound, by: Self.codeRows) {
                let count = min(Self.codeRows, piece.rows.upperBound - start)
                for (probe, list) in zip(probes, lists) {
                    let size = functions.select_codes(
                        codes,
                        words,
                        Int64(start),
                        Int64(count),
                        probe.code,
                        UInt32(list.value.threshold),
                        rows,
                        distances
                    )
                    guard size > 0 else { continue }
                    functions.score_codes(codes, words, rows, size, probe.rotated, scores)
                    list.value.add(
                        view: piece.view,
                        columns[piece.view],
                        removed: view.removed,
                        rows: UnsafeBufferPointer(start: rows, count: Int(size)),
                        distances: distances,
                        scores: scores,
                        filter: request.filter
                    )
                }
            }
        }
    }

    /// Lends memory for what is selected of `codeRows` rows.
    private func withRoom(
        _ body: (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt16>, UnsafeMutablePointer<Int32>) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.codeRows) { rows in
            withUnsafeTemporaryAllocation(of: UInt16.self, capacity: Self.codeRows) { distances in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.codeRows) { scores in
                    guard let rows = rows.baseAddress, let distances = distances.baseAddress,
                        let scores = scores.baseAddress
                    else { return }
                    body(rows, distances, scores)
                }
            }
        }
    }

    /// Rows whose codes are compared with all probes before the next ones.
    private static let codeRows = 2048

    /// Those of some accepted rows that could be among the best by their bytes, most promising first.
    private func contenders(among positions: [UInt64], probe: Probe, _ crew: borrowing Crew) -> [ScoredRow] {
        let size = 1024
        let lists = (0..<crew.threadCount).map { _ in Share(Contenders(floor: floor)) }
        crew.run((positions.count + size - 1) / size) { item, thread in
            let part = positions[item * size..<min(item * size + size, positions.count)]
            compareBytes(of: part, with: probe, into: &lists[thread].value)
        }
        return joined(lists.map(\.value))
    }

    /// The same on one thread.
    private func contenders(among positions: [UInt64], probe: Probe) -> [ScoredRow] {
        var list = Contenders(floor: floor)
        compareBytes(of: positions[...], with: probe, into: &list)
        return joined([list])
    }

    private func joined(_ lists: [Contenders]) -> [ScoredRow] {
        Contenders.joined(lists, floor: floor) { columns[$0.view].subjects[$0.row] }
    }

    private func compareBytes(of positions: ArraySlice<UInt64>, with probe: Probe, into list: inout Contenders) {
        let addresses = positions.map { columns[Int($0 >> 32)].bytes(row: Int($0 & 0xFFFF_FFFF)) }
        var products = [Int32](repeating: 0, count: positions.count)
        index.kernels.functions.gathered_byte_dots(
            addresses,
            Int64(positions.count),
            probe.bytes,
            Int64(probe.bytes.count),
            &products
        )
        for (position, product) in zip(positions, products) {
            let (columns, row) = (columns[Int(position >> 32)], Int(position & 0xFFFF_FFFF))
            let score = Float(product - probe.offset) * (columns.scales[row] * probe.scale)
            let bound = probe.bound(rowError: columns.errors[row])
            list.add(
                ScoredRow(position: position, upper: score + bound, lower: score - bound),
                subject: columns.subjects[row]
            )
        }
    }
}

extension SearchRun {
    fileprivate init(_ run: SearchRun, only probe: Probe) {
        (index, state, request, columns) = (run.index, run.state, run.request, run.columns)
        (reader, limit) = (run.reader, run.limit)
        probes = [probe]
    }
}
