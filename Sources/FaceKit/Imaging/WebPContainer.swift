// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Walks the chunks of a WebP (RFC 9649) for its canvas, its first frame and its orientation.
struct WebPContainer {
    /// A picture within the canvas.
    struct Frame {
        var x = 0
        var y = 0
        var width: Int
        var height: Int
        /// What the codec is given: the whole file of a still picture, the chunks of an animation's frame.
        var data: Range<Int>
    }

    let header: ImageHeader
    let frame: Frame

    private static let exifPrefix = Array("Exif\0\0".utf8)
    private static let animationFlag = 2

    init(_ bytes: [UInt8]) throws(FaceError) {
        let reader = ByteReader(bytes, isLittleEndian: true)
        var canvas: (width: Int, height: Int)?
        var isAnimated = false
        var frame: Frame?
        var exif: ImageOrientation?
        var xmp: ImageOrientation?
        var position = 12
        while let length = reader.integer(at: position + 4, bytes: 4) {
            let contents = position + 8
            let end = min(contents + length, bytes.count)
            switch String(decoding: bytes[position..<position + 4], as: UTF8.self) {
            case "VP8X" where canvas == nil:
                guard let flags = reader.integer(at: contents, bytes: 1),
                    let width = reader.integer(at: contents + 4, bytes: 3),
                    let height = reader.integer(at: contents + 7, bytes: 3)
                else { throw Self.truncated(bytes) }
                isAnimated = flags & Self.animationFlag != 0
                canvas = (width + 1, height + 1)
            case "VP8 " where frame == nil, "VP8L" where frame == nil:
                guard let size = Self.size(ofBitstreamAt: contents, in: reader) else { throw Self.truncated(bytes) }
                frame = Frame(width: size.width, height: size.height, data: 0..<bytes.count)
            case "ANMF" where frame == nil && isAnimated:
                frame = try Self.frame(at: contents, end: end, in: reader, bytes)
            case "EXIF" where exif == nil:
                let data = bytes[contents..<end]
                exif = ExifOrientation.read(
                    data.starts(with: Self.exifPrefix) ? data.dropFirst(Self.exifPrefix.count) : data
                )
            case "XMP " where xmp == nil:
                xmp = XMPOrientation.read(bytes[contents..<end])
            default:
                break
            }
            // Chunks are padded to an even length.
            position = contents + length + length & 1
        }
        guard let frame else {
            throw FaceError(.invalidImage, "WebP is truncated: its \(bytes.count) bytes end before the first frame")
        }
        let size = canvas ?? (frame.width, frame.height)
        guard frame.x + frame.width <= size.width, frame.y + frame.height <= size.height else {
            throw FaceError(
                .invalidImage,
                "WebP frame of \(frame.width)×\(frame.height) pixels at \(frame.x), \(frame.y) does not fit "
                    + "\(size.width)×\(size.height)"
            )
        }
        header = try ImageHeader(
            format: .webp,
            width: size.width,
            height: size.height,
            orientation: exif ?? xmp ?? .up
        )
        self.frame = frame
    }

    /// A frame of an animation: place and size in units and of 3 bytes each, duration, flags, then its own chunks.
    private static func frame(
        at contents: Int,
        end: Int,
        in reader: ByteReader,
        _ bytes: [UInt8]
    ) throws(FaceError) -> Frame {
        guard let x = reader.integer(at: contents, bytes: 3), let y = reader.integer(at: contents + 3, bytes: 3),
            let width = reader.integer(at: contents + 6, bytes: 3),
            let height = reader.integer(at: contents + 9, bytes: 3), contents + 16 < end
        else { throw truncated(bytes) }
        return Frame(x: 2 * x, y: 2 * y, width: width + 1, height: height + 1, data: contents + 16..<end)
    }

    /// The size in the header of a lossy (RFC 6386) or lossless bit stream.
    private static func size(ofBitstreamAt start: Int, in reader: ByteReader) -> (width: Int, height: Int)? {
        if reader.integer(at: start, bytes: 1) == 0x2F, reader.integer(at: start - 8, bytes: 4) == 0x4C38_5056 {
            return reader.integer(at: start + 1, bytes: 4).map { ($0 & 0x3FFF + 1, $0 >> 14 & 0x3FFF + 1) }
        }
        guard let width = reader.integer(at: start + 6, bytes: 2), let height = reader.integer(at: start + 8, bytes: 2)
        else { return nil }
        return (width & 0x3FFF, height & 0x3FFF)
    }

    private static func truncated(_ bytes: [UInt8]) -> FaceError {
        FaceError(.invalidImage, "WebP is truncated: its \(bytes.count) bytes end within a header")
    }
}
