// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads the one entry that matters here from EXIF data, which have the structure of a TIFF file.
///
/// Layout after the EXIF 2.3 specification. Metadata written by cameras and editors are often damaged while the pixels
/// are fine, so anything unexpected counts as no orientation instead of failing the picture.
enum ExifOrientation {
    static let tag = 0x0112

    /// Returns the orientation in `data`, a TIFF structure that starts with its byte order mark; `nil` without a valid one.
    static func read(_ data: ArraySlice<UInt8>) -> ImageOrientation? {
        TIFFDirectory(data)?.integer(tag: tag).flatMap(ImageOrientation.init(rawValue:))
    }
}
