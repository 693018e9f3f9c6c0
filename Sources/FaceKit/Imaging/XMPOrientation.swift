// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Finds the orientation in an XMP packet, where some editors write it instead of EXIF data.
///
/// XMP is XML; the one property is a digit, either an attribute's value or an element's, so it is searched for instead
/// of parsing a document that nobody vouches for.
enum XMPOrientation {
    private static let name = Array("tiff:Orientation".utf8)

    /// Returns the orientation in `packet`, or `nil` where it has no valid one.
    static func read(_ packet: ArraySlice<UInt8>) -> ImageOrientation? {
        guard let found = packet.firstRange(of: name) else { return nil }
        let value = packet[found.upperBound...].prefix(3)
        let digit =
            switch value.first {
            case UInt8(ascii: "="): value.dropFirst(2).first
            case UInt8(ascii: ">"): value.dropFirst().first
            default: UInt8?.none
            }
        return digit.flatMap { ImageOrientation(rawValue: Int($0) - Int(UInt8(ascii: "0"))) }
    }
}
