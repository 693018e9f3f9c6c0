// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// The first page of a segment's file: what the file holds, and checksums.
///
/// All fields are 64-bit little-endian words.
struct SegmentHeader: Hashable {
    /// "FKSEG\0\0" and the version of the format.
    private static let magic: UInt64 = 0x0100_0047_4553_4B46

    let rows: Int
    let largestError: Float
    private let name: String
    /// Of each column.
    private let columns: [UInt64]
    /// Of this header.
    let checksum: UInt64

    /// Describes a segment in memory.
    init(of segment: Segment, rows: Int, largestError: Float) {
        self.rows = rows
        self.largestError = largestError
        name = "segment"
        columns = SegmentLayout.Column.allCases.map { segment.checksum($0) }
        checksum = Self.checksum(Self.fields(segment.layout, rows: rows, largestError: largestError, columns: columns))
    }

    /// Reads the header of a mapped file.
    init(reading mapping: MemoryMapping, layout: SegmentLayout, name: String) throws(SearchIndexFault) {
        let count =
            Self.fields(layout, rows: 0, largestError: 0, columns: []).count
            + SegmentLayout.Column.allCases.count
        let words = (0...count).map {
            UInt64(littleEndian: mapping.base.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
        }
        guard words[0] == Self.magic else { throw .stale("\(name) is of another version or no segment") }
        guard words[count] == Self.checksum(Array(words.prefix(count))) else {
            throw .damaged("the header of \(name) does not have its checksum")
        }
        guard let rows = Int(exactly: words[5]), rows <= layout.capacity, let bits = UInt32(exactly: words[6]) else {
            throw .damaged("\(name) says it has \(words[5]) rows where \(layout.capacity) have room")
        }
        self.name = name
        self.rows = rows
        largestError = Float(bitPattern: bits)
        columns = Array(words[7..<count])
        checksum = words[count]
        guard
            Self.fields(layout, rows: rows, largestError: largestError, columns: columns) == Array(words.prefix(count))
        else { throw .stale("\(name) is of another dimension") }
    }

    /// Compares the checksums of columns.
    func check(_ wanted: [SegmentLayout.Column], of segment: Segment) throws(SearchIndexFault) {
        for column in wanted where segment.checksum(column) != columns[column.rawValue] {
            throw .damaged("the \(column) of \(name) do not have their checksum")
        }
    }

    /// Writes the header where a file begins; the rest of the page is left as it is.
    func write(to base: UnsafeMutableRawPointer, layout: SegmentLayout) {
        let fields = Self.fields(layout, rows: rows, largestError: largestError, columns: columns) + [checksum]
        for (index, word) in fields.enumerated() {
            base.storeBytes(of: word.littleEndian, toByteOffset: index * 8, as: UInt64.self)
        }
    }

    private static func fields(
        _ layout: SegmentLayout,
        rows: Int,
        largestError: Float,
        columns: [UInt64]
    ) -> [UInt64] {
        [
            magic, UInt64(layout.dimension), UInt64(layout.words), UInt64(layout.capacity),
            layout.keepsVectors ? 1 : 0, UInt64(rows), UInt64(largestError.bitPattern),
        ] + columns
    }

    private static func checksum(_ fields: [UInt64]) -> UInt64 {
        fields.map(\.littleEndian).withUnsafeBytes { cfk_checksum($0.baseAddress, Int64($0.count)) }
    }
}

extension Segment {
    /// The checksum of a whole column.
    fileprivate func checksum(_ column: SegmentLayout.Column) -> UInt64 {
        cfk_checksum(mapping.base + layout.offset(column), Int64(layout.size(column)))
    }
}
