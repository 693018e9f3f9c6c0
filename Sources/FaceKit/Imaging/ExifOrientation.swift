// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads the one entry that matters here from EXIF data, which have the structure of a TIFF file.
///
/// Layout after the TIFF 6.0 and EXIF 2.3 specifications. Metadata written by cameras and editors are often damaged
/// while the pixels are fine, so anything unexpected counts as no orientation instead of failing the picture.
enum ExifOrientation {
    private static let tag = 0x0112

    /// Returns the orientation in `data`, a TIFF structure that starts with its byte order mark; `nil` without a valid one.
    static func read(_ data: ArraySlice<UInt8>) -> ImageOrientation? {
        let reader = TIFFReader(data)
        guard let reader, let directory = reader.integer(at: 4, bytes: 4) else { return nil }
        guard let entryCount = reader.integer(at: directory, bytes: 2) else { return nil }
        for index in 0..<entryCount {
            let entry = directory + 2 + 12 * index
            guard let entryTag = reader.integer(at: entry, bytes: 2) else { return nil }
            guard entryTag == tag else { continue }
            return reader.firstValue(ofEntryAt: entry).flatMap(ImageOrientation.init(rawValue:))
        }
        return nil
    }
}

/// Bounds-checked integers of either byte order.
private struct TIFFReader {
    private let data: ArraySlice<UInt8>
    private let isLittleEndian: Bool

    init?(_ data: ArraySlice<UInt8>) {
        if data.starts(with: [0x49, 0x49, 0x2A, 0x00]) {
            isLittleEndian = true
        } else if data.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
            isLittleEndian = false
        } else {
            return nil
        }
        self.data = data
    }

    /// Reads 2 or 4 bytes; offsets come from 32-bit fields, so their sums cannot overflow.
    func integer(at offset: Int, bytes: Int) -> Int? {
        guard offset >= 0, offset <= data.count - bytes else { return nil }
        let start = data.startIndex + offset
        let field = data[start..<start + bytes]
        return isLittleEndian
            ? field.reversed().reduce(0) { $0 << 8 | Int($1) } : field.reduce(0) { $0 << 8 | Int($1) }
    }

    func firstValue(ofEntryAt entry: Int) -> Int? {
        guard let count = integer(at: entry + 4, bytes: 4), count >= 1 else { return nil }
        switch integer(at: entry + 2, bytes: 2) {
        case 3: return integer(at: entry + 8, bytes: 2)
        case 4: return integer(at: entry + 8, bytes: 4)
        default: return nil
        }
    }
}
