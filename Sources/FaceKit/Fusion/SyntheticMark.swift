// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The note in a picture's file that it does not show what was photographed.
///
/// PNG files carry it in a text chunk, JPEG files in a comment, WebP files in XMP metadata with IPTC's digital source
/// type for composites.
public struct SyntheticMark: Hashable, Sendable {
    /// What the note says.
    public var text: String

    /// Creates a note.
    public init(text: String = "Synthetic picture: faces were fused by FaceKit. It does not show a real person.") {
        self.text = text
    }

    /// What every note has, so that it can be found.
    static let keyword = "Synthetic"
}

extension Image {
    /// Encodes a picture that was made and not photographed, with a note that says so.
    ///
    /// - Parameters:
    ///   - encoding: How.
    ///   - mark: The note; `nil` leaves it out, which is for programs that tell of it in another way.
    /// - Returns: The bytes of a file.
    /// - Throws: What ``encoded(as:)`` throws.
    public func encodedSynthetic(
        as encoding: ImageEncoding,
        mark: SyntheticMark? = SyntheticMark()
    ) throws(FaceError) -> [UInt8] {
        let bytes = try encoded(as: encoding)
        guard let mark else { return bytes }
        return switch encoding.kind {
        case .png: SyntheticMark.addingPNGText(mark.text, to: bytes)
        case .jpeg: SyntheticMark.addingJPEGComment(mark.text, to: bytes)
        case .webp: SyntheticMark.addingWebPMetadata(mark.text, to: bytes, width: width, height: height)
        }
    }
}

extension SyntheticMark {
    /// Whether a picture's file carries such a note, or IPTC's mark of a composite.
    public static func isPresent(in file: [UInt8]) -> Bool {
        [keyword, "compositeSynthetic"].contains { file.contains(Array($0.utf8)) }
    }

    /// Inserts a `tEXt` chunk after the header, which has a fixed length.
    static func addingPNGText(_ text: String, to file: [UInt8]) -> [UInt8] {
        let headerEnd = 8 + 25
        // Text chunks are Latin-1; what does not fit shows as a question mark.
        let latin = text.unicodeScalars.map { $0.value < 256 && $0.value > 0 ? UInt8($0.value) : UInt8(ascii: "?") }
        let content = Array("Comment".utf8) + [0] + Array("\(keyword): ".utf8) + latin
        let typed = Array("tEXt".utf8) + content
        let chunk = bigEndian(UInt32(content.count)) + typed + bigEndian(crc32(typed))
        return Array(file[..<headerEnd]) + chunk + file[headerEnd...]
    }

    /// Inserts a comment after the start marker and the JFIF header, where there is one.
    static func addingJPEGComment(_ text: String, to file: [UInt8]) -> [UInt8] {
        var start = 2
        if file.count > 6, file[2] == 0xFF, file[3] == 0xE0 { start = 4 + (Int(file[4]) << 8) + Int(file[5]) }
        let content = Array(Array("\(keyword): \(text)".utf8).prefix(65_533))
        let length = content.count + 2
        let comment = [0xFF, 0xFE, UInt8(length >> 8), UInt8(length & 255)] + content
        return Array(file[..<start]) + comment + file[start...]
    }

    /// Turns a simple file into one with the extended header and a chunk of XMP metadata at its end.
    static func addingWebPMetadata(_ text: String, to file: [UInt8], width: Int, height: Int) -> [UInt8] {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        let packet = Array(
            """
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
            <rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" \
            xmlns:dc="http://purl.org/dc/elements/1.1/" Iptc4xmpExt:DigitalSourceType=\
            "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic">\
            <dc:description><rdf:Alt><rdf:li xml:lang="x-default">\(keyword): \(escaped)</rdf:li></rdf:Alt>\
            </dc:description></rdf:Description></rdf:RDF></x:xmpmeta>
            """.utf8
        )
        func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
            Array(name.utf8) + littleEndian(UInt32(content.count), bytes: 4) + content
                + (content.count.isMultiple(of: 2) ? [] : [0])
        }
        let hasXMP: UInt8 = 0x04
        let extended =
            [hasXMP, 0, 0, 0] + littleEndian(UInt32(width - 1), bytes: 3) + littleEndian(UInt32(height - 1), bytes: 3)
        let body = Array("WEBP".utf8) + chunk("VP8X", extended) + file[12...] + chunk("XMP ", packet)
        return Array("RIFF".utf8) + littleEndian(UInt32(body.count), bytes: 4) + body
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        littleEndian(number, bytes: 4).reversed()
    }

    private static func littleEndian(_ number: UInt32, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
    }

    /// The checksum of PNG chunks (ISO 3309).
    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = .max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1 }
        }
        return ~sum
    }
}
