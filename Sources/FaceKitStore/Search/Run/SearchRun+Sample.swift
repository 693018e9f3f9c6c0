// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension SearchRun {
    /// Rows at the beginning of each piece that tell how near the nearest will be.
    private static let sampledRows = 64
    /// So many faces make a sample worth its while.
    private static let leastSampled = 50_000

    /// For each probe a distance that hardly ever fewer than `shortlistTarget` rows do not exceed, and not many more: what
    /// the first rows of all pieces let expect.
    ///
    /// So most rows are never looked at again. With a filter nothing can be expected.
    func thresholds(for probes: ArraySlice<Probe>, _ pieces: [Piece], _ crew: borrowing Crew) -> [Int] {
        let bits = index.rotation.size
        guard state.count >= Self.leastSampled, request.filter == nil else { return probes.map { _ in bits } }
        let counts = (0..<crew.threadCount).map { _ in
            probes.map { _ in Share([Int](repeating: 0, count: bits + 1)) }
        }
        let stretch = 16
        crew.run((pieces.count + stretch - 1) / stretch) { item, thread in
            for piece in pieces[item * stretch..<min(item * stretch + stretch, pieces.count)] {
                countDistances(piece, probes, into: counts[thread])
            }
        }
        let sampled = pieces.reduce(0) { $0 + min($1.rows.count, Self.sampledRows) }
        let expected = Double(shortlistTarget) * Double(sampled) / Double(state.count)
        // Four standard deviations more than expected.
        let wanted = Int(expected + 4 * expected.squareRoot()) + 1
        return probes.indices.map { probe in
            var found = 0
            return (0..<bits).first { distance in
                found += counts.reduce(0) { $0 + $1[probe - probes.startIndex].value[distance] }
                return found >= wanted
            } ?? bits
        }
    }

    /// Counts how many of a piece's first rows have which distance from each probe.
    private func countDistances(_ piece: Piece, _ probes: ArraySlice<Probe>, into counts: [Share<[Int]>]) {
        let segment = state.views[piece.view].segment
        let rows = Int64(min(piece.rows.count, Self.sampledRows))
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.sampledRows) { found in
            withUnsafeTemporaryAllocation(of: UInt16.self, capacity: Self.sampledRows) { distances in
                guard let found = found.baseAddress, let all = distances.baseAddress else { return }
                for (probe, count) in zip(probes, counts) {
                    let size = index.kernels.functions.select_codes(
                        segment.codes,
                        Int64(segment.layout.words),
                        Int64(piece.rows.lowerBound),
                        rows,
                        probe.code,
                        UInt32(index.rotation.size),
                        found,
                        all
                    )
                    Self.count(UnsafeBufferPointer(start: all, count: Int(size)), &count.value)
                }
            }
        }
    }

    private static func count(_ distances: UnsafeBufferPointer<UInt16>, _ counts: inout [Int]) {
        for distance in distances { counts[Int(distance)] += 1 }
    }
}
