// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Where the columns of a ``Segment`` lie, in memory as in its file.
struct SegmentLayout: Hashable, Sendable {
    /// What is known of each row.
    enum Column: Int, CaseIterable, Sendable {
        /// Sign codes, in groups of 8 rows.
        case codes
        /// Components as bytes with an offset of 128.
        case bytes
        /// What a row's bytes are multiplied by: `Float`.
        case scales
        /// Length of the difference between a vector and its bytes: `Float`.
        case errors
        /// `UInt64`, rising.
        case keys
        /// `UInt32`.
        case subjects
        /// The vectors themselves as `Float`; only where the index keeps them.
        case vectors

        /// The columns whose checksums are looked at whenever a file is opened.
        static let small: [Self] = [.scales, .errors, .keys, .subjects]
    }

    let dimension: Int
    /// Rows there is room for, a multiple of 8.
    let capacity: Int
    let keepsVectors: Bool

    /// Bytes before the first column: the header of the file.
    static let headerSize = 4096

    /// Words of a sign code.
    var words: Int { SignRotation.size(dimension: dimension) / 64 }
    /// Bytes of a row of ``Column/bytes``.
    var byteStride: Int { (dimension + 63) / 64 * 64 }
    /// Floats of a row of ``Column/vectors``, and of a probe.
    var vectorStride: Int { (dimension + 15) / 16 * 16 }

    /// Bytes that a row takes in a column.
    func rowSize(_ column: Column) -> Int {
        switch column {
        case .codes: words * 8
        case .bytes: byteStride
        case .scales, .errors, .subjects: 4
        case .keys: 8
        case .vectors: keepsVectors ? vectorStride * 4 : 0
        }
    }

    /// Bytes of a row in all columns.
    var rowSize: Int { Column.allCases.reduce(0) { $0 + rowSize($1) } }

    /// Bytes of a column, without the gap that follows it.
    func size(_ column: Column) -> Int { rowSize(column) * capacity }

    /// Where a column begins: at a whole page.
    func offset(_ column: Column) -> Int {
        Column.allCases.prefix(column.rawValue).reduce(Self.headerSize) { $0 + Self.pages(size($1)) }
    }

    /// Bytes of the whole, a multiple of the page size.
    var size: Int { Column.allCases.reduce(Self.headerSize) { $0 + Self.pages(size($1)) } }

    private static func pages(_ bytes: Int) -> Int { (bytes + 4095) / 4096 * 4096 }
}
