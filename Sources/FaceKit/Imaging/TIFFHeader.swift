// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads size and orientation of a TIFF's first page.
enum TIFFHeader {
    private static let widthTag = 0x0100
    private static let heightTag = 0x0101

    static func read(_ bytes: [UInt8]) throws(FaceError) -> ImageHeader {
        guard let directory = TIFFDirectory(bytes[...]) else {
            throw FaceError(.invalidImage, "TIFF is truncated: its \(bytes.count) bytes end before the first directory")
        }
        guard let width = directory.integer(tag: widthTag), let height = directory.integer(tag: heightTag) else {
            throw FaceError(.invalidImage, "TIFF of \(bytes.count) bytes has no width or height in its first directory")
        }
        let orientation = directory.integer(tag: ExifOrientation.tag).flatMap(ImageOrientation.init(rawValue:))
        return try ImageHeader(format: .tiff, width: width, height: height, orientation: orientation ?? .up)
    }
}
