// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How a picture is encoded; an open set, recognised by the data's first bytes and never by a name.
public struct ImageFormat: Hashable, Sendable, CustomStringConvertible {
    enum Kind: String {
        case jpeg = "JPEG"
        case png = "PNG"
        case gif = "GIF"
        case bmp = "BMP"
        case tiff = "TIFF"
        case webp = "WebP"
        case heif = "HEIF"
        case avif = "AVIF"
        case jpeg2000 = "JPEG 2000"
        case jpegXL = "JPEG XL"
        case icon = "ICO"
        case photoshop = "PSD"
        case netpbm = "PNM"
    }

    let kind: Kind

    /// JPEG, baseline or progressive; of a multi-picture file (MPO) the first picture counts.
    public static let jpeg = Self(kind: .jpeg)
    /// PNG; of an animation the default picture counts.
    public static let png = Self(kind: .png)

    /// GIF; of an animation the first frame counts.
    public static let gif = Self(kind: .gif)
    /// TIFF or BigTIFF; the first page counts.
    public static let tiff = Self(kind: .tiff)
    /// WebP; of an animation the first frame counts.
    public static let webp = Self(kind: .webp)
    /// BMP, with the headers of Windows and OS/2.
    public static let bmp = Self(kind: .bmp)
    /// ICO; the largest icon counts, among those of one size the one with most colours.
    public static let icon = Self(kind: .icon)

    /// The formats that this build decodes; GIF, TIFF and WebP are among them by the trait `MorePictureFormats`.
    public static var decodable: [Self] {
        #if MorePictureFormats
            [.jpeg, .png, .gif, .tiff, .webp, .bmp, .icon]
        #else
            [.jpeg, .png, .bmp, .icon]
        #endif
    }

    /// By what the sides of a picture can be divided while it is decoded, rising from 1.
    var reductions: [Int] { kind == .jpeg ? [1, 2, 4, 8] : [1] }

    /// The format's usual name, such as "JPEG".
    public var description: String { kind.rawValue }

    /// Recognises the format of `bytes`, also one that cannot be decoded here; `nil` for anything unknown.
    public init?(recognizing bytes: some Collection<UInt8>) {
        guard let kind = Self.kind(of: Array(bytes.prefix(16))) else { return nil }
        self.init(kind: kind)
    }

    init(kind: Kind) {
        self.kind = kind
    }

    private static let signatures: [(Kind, [UInt8])] = [
        (.jpeg, [0xFF, 0xD8, 0xFF]),
        (.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        (.gif, Array("GIF87a".utf8)),
        (.gif, Array("GIF89a".utf8)),
        (.bmp, Array("BM".utf8)),
        (.tiff, [0x49, 0x49, 0x2A, 0x00]),
        (.tiff, [0x4D, 0x4D, 0x00, 0x2A]),
        (.tiff, [0x49, 0x49, 0x2B, 0x00]),
        (.tiff, [0x4D, 0x4D, 0x00, 0x2B]),
        (.jpeg2000, [0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20]),
        (.jpeg2000, [0xFF, 0x4F, 0xFF, 0x51]),
        (.jpegXL, [0x00, 0x00, 0x00, 0x0C, 0x4A, 0x58, 0x4C, 0x20]),
        (.jpegXL, [0xFF, 0x0A]),
        (.icon, [0x00, 0x00, 0x01, 0x00]),
        (.photoshop, Array("8BPS".utf8)),
    ]

    private static let brands: [String: Kind] = [
        "avif": .avif, "avis": .avif,
        "heic": .heif, "heix": .heif, "heim": .heif, "heis": .heif, "hevc": .heif, "hevx": .heif,
        "mif1": .heif, "msf1": .heif,
    ]

    private static func kind(of start: [UInt8]) -> Kind? {
        if let match = signatures.first(where: { start.starts(with: $0.1) }) { return match.0 }
        if start.count >= 12 {
            if start.starts(with: "RIFF".utf8), start[8..<12].elementsEqual("WEBP".utf8) { return .webp }
            if start[4..<8].elementsEqual("ftyp".utf8) { return brands[String(decoding: start[8..<12], as: UTF8.self)] }
        }
        // Netpbm: "P1" to "P7", then white space.
        if start.count >= 3, start[0] == 0x50, (0x31...0x37).contains(start[1]),
            [0x09, 0x0A, 0x0D, 0x20].contains(start[2])
        {
            return .netpbm
        }
        return nil
    }
}
