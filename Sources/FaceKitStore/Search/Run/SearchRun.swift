// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKitInference

/// One call's way through an index: what is asked, of which state.
struct SearchRun {
    let index: SearchIndex
    let state: IndexState
    let request: SearchRequest
    let probes: [Probe]
    /// Of each of the state's views.
    let columns: [RowColumns]
    /// Fetches vectors where the index does not keep them.
    let reader: SearchIndex.VectorReader?
    /// `request.limit`, but no more than there are faces.
    let limit: Int

    /// Rows that a thread takes at a time.
    static let pieceRows = 8192
    /// Rows whose bytes are compared with all probes before the next ones: they stay in the processor's cache.
    static let tileRows = 256
    /// Probes that are compared with a tile at a time.
    static let probesAtOnce = 64
    /// Vectors that are fetched at a time.
    static let fetchedAtOnce = 64

    init(
        index: SearchIndex,
        state: IndexState,
        request: SearchRequest,
        probes: [[Float]],
        reader: SearchIndex.VectorReader?
    ) {
        let layout = index.layout(capacity: 8)
        self.index = index
        self.state = state
        self.request = request
        self.reader = reader
        columns = state.views.map(RowColumns.init)
        self.probes = probes.map { Probe($0, layout: layout, rotation: index.rotation) }
        limit = min(request.limit, state.count)
    }

    /// A part of one view, for one thread.
    struct Piece {
        var view: Int
        var rows: Range<Int>
    }

    /// All rows, cut for the threads; pieces begin at a multiple of 8.
    var pieces: [Piece] {
        state.views.enumerated().flatMap { index, view in
            stride(from: 0, to: view.rows, by: Self.pieceRows).map { start in
                Piece(view: index, rows: start..<min(start + Self.pieceRows, view.rows))
            }
        }
    }

    /// What a row has to reach before any is known.
    var floor: Floor {
        Floor(limit: limit, unit: request.unit, least: request.minimumSimilarity ?? -.infinity)
    }

    /// The answers of the method.
    func answers() throws -> [[SearchHit]] {
        switch request.method {
        case .exact: try exactAnswers()
        case .fast: try fastAnswers()
        case .automatic:
            try state.count <= index.configuration.exactLimit ? exactAnswers() : fastAnswers()
        }
    }

    /// Ranks rows by their vectors, most promising first, until no other can be among the best.
    func ranked(_ rows: [ScoredRow], probe: Probe) throws -> [SearchHit] {
        var ranking = Ranking(limit: limit, unit: request.unit)
        let least = request.minimumSimilarity ?? -.infinity
        var start = 0
        while start < rows.count, rows[start].upper >= ranking.floor ?? least {
            let part = rows[start..<min(start + max(Self.fetchedAtOnce, limit), rows.count)]
            for (scored, similarity) in zip(part, try similarities(of: part, probe: probe)) {
                guard let similarity, similarity >= least else { continue }
                ranking.offer(
                    SearchHit(
                        key: columns[scored.view].keys[scored.row],
                        subject: columns[scored.view].subjects[scored.row],
                        similarity: similarity
                    )
                )
            }
            start += part.count
        }
        return ranking.sorted
    }

    /// The similarities of rows' vectors to a probe; `nil` for a face that the store no longer has.
    private func similarities(of rows: ArraySlice<ScoredRow>, probe: Probe) throws -> [Float?] {
        guard !index.keepsVectors, let reader else {
            return rows.map { row in
                let columns = columns[row.view]
                return columns.vectors.map { similarity(of: $0 + row.row * columns.vectorStride, to: probe) }
            }
        }
        // Rising keys, as the reader is promised.
        let keyed = rows.enumerated()
            .map { (offset: $0.offset, key: columns[$0.element.view].keys[$0.element.row]) }
            .sorted { $0.key < $1.key }
        let vectors = try reader(keyed.map(\.key))
        precondition(vectors.count == keyed.count, "a reader answers every key")
        var result = [Float?](repeating: nil, count: rows.count)
        var padded = [Float](repeating: 0, count: probe.vector.count)
        for (entry, vector) in zip(keyed, vectors) {
            guard let vector else { continue }
            precondition(vector.count == index.configuration.dimension, "vectors have the index's dimension")
            padded.replaceSubrange(0..<vector.count, with: vector)
            result[entry.offset] = similarity(of: padded, to: probe)
        }
        return result
    }

    private func similarity(of row: UnsafePointer<Float>, to probe: Probe) -> Float {
        var product: Float = 0
        index.kernels.functions.dots(row, 1, probe.vector, 1, Int64(probe.vector.count), &product, 1)
        // Two unit vectors rounded to Float can give a hair more than 1.
        return min(max(product, -1), 1)
    }
}
