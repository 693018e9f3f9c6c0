// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Walks the marker segments of a JPEG (ITU-T T.81, annex B) up to the first scan.
enum JPEGHeader {
    private static let exifPrefix = Array("Exif\0\0".utf8)
    private static let xmpPrefix = Array("http://ns.adobe.com/xap/1.0/\0".utf8)

    static func read(_ bytes: [UInt8]) throws(FaceError) -> ImageHeader {
        var size: (width: Int, height: Int)?
        var exif: ImageOrientation?
        var xmp: ImageOrientation?
        var position = 2
        while let (marker, contents) = nextSegment(in: bytes, from: &position) {
            switch marker {
            case 0xC0...0xCF where marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
                // Precision, height, width; the first frame header counts, as it does to the decoder.
                guard size == nil, contents.count >= 5 else { continue }
                let start = contents.startIndex
                size = (
                    width: Int(contents[start + 3]) << 8 | Int(contents[start + 4]),
                    height: Int(contents[start + 1]) << 8 | Int(contents[start + 2])
                )
            case 0xE1 where exif == nil && contents.starts(with: exifPrefix):
                exif = ExifOrientation.read(contents.dropFirst(exifPrefix.count))
            case 0xE1 where xmp == nil && contents.starts(with: xmpPrefix):
                xmp = XMPOrientation.read(contents.dropFirst(xmpPrefix.count))
            default:
                continue
            }
        }
        guard let size else {
            throw FaceError(.invalidImage, "JPEG of \(bytes.count) bytes has no frame header before its first scan")
        }
        return try ImageHeader(
            format: .jpeg,
            width: size.width,
            height: size.height,
            orientation: exif ?? xmp ?? .up
        )
    }

    /// Returns the next marker that has a segment, and moves past it; `nil` at the first scan, the end marker or the
    /// end of the data.
    private static func nextSegment(
        in bytes: [UInt8],
        from position: inout Int
    ) -> (marker: UInt8, contents: ArraySlice<UInt8>)? {
        while position + 1 < bytes.count {
            guard bytes[position] == 0xFF else {
                position += 1
                continue
            }
            let marker = bytes[position + 1]
            switch marker {
            case 0xFF:
                position += 1
            case 0x00, 0x01, 0xD0...0xD8:
                position += 2
            case 0xD9, 0xDA:
                return nil
            default:
                guard position + 4 <= bytes.count else { return nil }
                let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
                let end = position + 2 + length
                guard length >= 2, end <= bytes.count else { return nil }
                let contents = bytes[position + 4..<end]
                position = end
                return (marker, contents)
            }
        }
        return nil
    }
}
