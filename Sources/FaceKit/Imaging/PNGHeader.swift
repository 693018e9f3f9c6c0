// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Walks the chunks of a PNG (ISO/IEC 15948) for its size and its orientation.
enum PNGHeader {
    private static let signatureLength = 8
    private static let xmpKeyword = Array("XML:com.adobe.xmp\0".utf8)

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
        var exif: ImageOrientation?
        var xmp: ImageOrientation?
        // Metadata may follow the pixels, so the walk goes to the end.
        while let chunk = nextChunk(in: bytes, from: &position) {
            if exif == nil, chunk.name.elementsEqual("eXIf".utf8) {
                exif = ExifOrientation.read(chunk.contents)
            } else if xmp == nil, chunk.name.elementsEqual("iTXt".utf8), chunk.contents.starts(with: xmpKeyword) {
                xmp = XMPOrientation.read(chunk.contents.dropFirst(xmpKeyword.count))
            }
        }
        return try ImageHeader(format: .png, width: width, height: height, orientation: exif ?? xmp ?? .up)
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
