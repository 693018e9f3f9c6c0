// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The first directory of a TIFF structure (TIFF 6.0; BigTIFF after libtiff's description), which EXIF data have too.
struct TIFFDirectory {
    private let reader: ByteReader
    private let isBig: Bool
    private let firstEntry: Int
    private let entryCount: Int

    /// Finds the directory; `nil` where `data` do not start with a byte order mark or end before it.
    init?(_ data: ArraySlice<UInt8>) {
        guard data.count >= 8 else { return nil }
        let mark = data.prefix(4)
        let isLittleEndian = mark.first == 0x49
        switch Array(mark) {
        case [0x49, 0x49, 0x2A, 0x00], [0x4D, 0x4D, 0x00, 0x2A]: isBig = false
        case [0x49, 0x49, 0x2B, 0x00], [0x4D, 0x4D, 0x00, 0x2B]: isBig = true
        default: return nil
        }
        reader = ByteReader(data, isLittleEndian: isLittleEndian)
        let countBytes = isBig ? 8 : 2
        guard let start = reader.integer(at: isBig ? 8 : 4, bytes: isBig ? 8 : 4),
            let count = reader.integer(at: start, bytes: countBytes)
        else { return nil }
        firstEntry = start + countBytes
        // No more than have room, so that positions stay in range.
        entryCount = min(count, reader.count / (isBig ? 20 : 12))
    }

    /// The first value of the first entry with this tag, if it is an unsigned integer; `nil` where there is none.
    func integer(tag: Int) -> Int? {
        for index in 0..<entryCount {
            let entry = firstEntry + (isBig ? 20 : 12) * index
            guard let entryTag = reader.integer(at: entry, bytes: 2) else { return nil }
            if entryTag == tag { return firstValue(ofEntryAt: entry) }
        }
        return nil
    }

    private func firstValue(ofEntryAt entry: Int) -> Int? {
        guard let count = reader.integer(at: entry + 4, bytes: isBig ? 8 : 4), count >= 1 else { return nil }
        let value = entry + (isBig ? 12 : 8)
        switch reader.integer(at: entry + 2, bytes: 2) {
        case 3: return reader.integer(at: value, bytes: 2)
        case 4: return reader.integer(at: value, bytes: 4)
        case 16 where isBig: return reader.integer(at: value, bytes: 8)
        default: return nil
        }
    }
}
