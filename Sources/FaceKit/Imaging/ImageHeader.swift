// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What a picture says about itself before it is decoded.
public struct ImageHeader: Hashable, Sendable {
    /// The encoding.
    public let format: ImageFormat
    /// Columns as stored, before the orientation is applied.
    public let width: Int
    /// Rows as stored, before the orientation is applied.
    public let height: Int
    /// From EXIF data, else from XMP; upright where there are none or they are damaged.
    public let orientation: ImageOrientation

    /// Reads the header of encoded picture data without decoding pixels.
    ///
    /// - Parameter bytes: A file of one of the formats in ``ImageFormat/decodable``.
    /// - Throws: ``FaceError/Code/unsupportedImageFormat`` naming the format that was found, if any;
    ///   ``FaceError/Code/invalidImage`` for a header that is damaged or cut off.
    public init(reading bytes: some Collection<UInt8>) throws(FaceError) {
        try self.init(readingArray: Array(bytes))
    }

    init(readingArray bytes: [UInt8]) throws(FaceError) {
        guard !bytes.isEmpty else { throw FaceError(.invalidImage, "Image data are empty") }
        guard let format = ImageFormat(recognizing: bytes) else {
            let start = bytes.prefix(8).map { byte in
                let digits = String(byte, radix: 16)
                return digits.count < 2 ? "0" + digits : digits
            }
            throw FaceError(
                .unsupportedImageFormat,
                "\(bytes.count) bytes starting with \(start.joined(separator: " ")) are no known picture"
            )
        }
        guard ImageFormat.decodable.contains(format) else { throw Self.unsupported(format) }
        switch format.kind {
        case .jpeg: self = try JPEGHeader.read(bytes)
        case .png: self = try PNGHeader.read(bytes)
        case .gif: self = try GIFHeader.read(bytes)
        case .tiff: self = try TIFFHeader.read(bytes)
        case .webp: self = try WebPContainer(bytes).header
        case .bmp: self = try BitmapLayout(file: bytes).header(as: .bmp)
        case .icon: self = try IconDirectory(bytes).header(in: bytes)
        case .heif, .avif, .jpeg2000, .jpegXL, .photoshop, .netpbm: throw Self.unsupported(format)
        }
    }

    /// What is left of a side when a picture is decoded at 1/`reduction` of its size.
    static func reduced(_ side: Int, by reduction: Int) -> Int { (side + reduction - 1) / reduction }

    private static func unsupported(_ format: ImageFormat) -> FaceError {
        let names = ImageFormat.decodable.map(\.description).joined(separator: ", ")
        return FaceError(
            .unsupportedImageFormat,
            "\(format) is not among the formats this build decodes (\(names))"
        )
    }

    init(format: ImageFormat, width: Int, height: Int, orientation: ImageOrientation) throws(FaceError) {
        guard width > 0, height > 0 else {
            throw FaceError(.invalidImage, "\(format) header gives a size of \(width)×\(height) pixels")
        }
        self.format = format
        self.width = width
        self.height = height
        self.orientation = orientation
    }
}
