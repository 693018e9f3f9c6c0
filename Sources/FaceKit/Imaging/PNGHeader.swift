// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Walks the chunks of a PNG (ISO/IEC 15948) for its size and its EXIF data.
enum PNGHeader {
    private static let signatureLength = 8

    static func read(_ bytes: [UInt8]) throws(FaceError) -> ImageHeader {
        var position = signatureLength
        guard let first = nextChunk(in: bytes, from: &position), first.name.elementsEqual("IHDR".utf8) else {
            throw FaceError(.invalidImage, "PNG of \(bytes.count) bytes does not start with a whole IHDR chunk")
        }
        guard first.contents.count == 13 else {
            throw FaceError(.invalidImage, "PNG header chunk has \(first.contents.count) bytes instead of 13")
        }
        let width = integer(first.contents.prefix(4))
        let height = integer(first.contents.dropFirst(4).prefix(4))
        var orientation = ImageOrientation.up
        // The EXIF chunk may follow the pixels, so the walk goes to the end.
        while let chunk = nextChunk(in: bytes, from: &position) {
            if chunk.name.elementsEqual("eXIf".utf8) {
                orientation = ExifOrientation.read(chunk.contents)
                break
            }
        }
        return try ImageHeader(format: .png, width: width, height: height, orientation: orientation)
    }

    private static func nextChunk(
        in bytes: [UInt8],
        from position: inout Int
    ) -> (name: ArraySlice<UInt8>, contents: ArraySlice<UInt8>)? {
        // Length, name and checksum take four bytes each.
        guard bytes.count - position >= 12 else { return nil }
        let length = integer(bytes[position..<position + 4])
        guard length <= bytes.count - position - 12 else { return nil }
        let contents = position + 8..<position + 8 + length
        defer { position = contents.upperBound + 4 }
        return (bytes[position + 4..<position + 8], bytes[contents])
    }

    private static func integer(_ field: ArraySlice<UInt8>) -> Int {
        field.reduce(0) { $0 << 8 | Int($1) }
    }
}
