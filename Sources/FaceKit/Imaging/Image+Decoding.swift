// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKitInference
import Foundation

extension Image {
    /// Decodes a picture to upright 8-bit RGB.
    ///
    /// The format is recognised by the data, whatever a file is called. Stored colours are kept: there is no colour
    /// management, alpha is dropped (transparent pixels show the colour stored beneath; a TIFF's premultiplied colours
    /// are divided by it), 16-bit samples are reduced to their high byte (in a TIFF, rounded), and CMYK is converted
    /// without a profile, in a JPEG read as inverted the way Adobe's programs write it. Of an animation the first frame
    /// counts, of pages the first, of icons the largest. A picture whose data end early is an error, not a half-gray
    /// picture; damage within the data is tolerated where the codec can go on.
    ///
    /// - Parameters:
    ///   - bytes: A whole file of one of the formats in ``ImageFormat/decodable``.
    ///   - limits: What the picture may cost; checked before memory is taken.
    ///   - appliesOrientation: Whether the orientation noted by the camera or an editor is applied, which it is by
    ///     default.
    ///   - minimumSide: Where given, a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, which is faster, as long as
    ///     its shorter side stays at least this many pixels. The default is full size. ``ImageSource`` leaves the choice
    ///     to those who read the picture.
    /// - Throws: ``FaceError/Code/invalidImage``, ``FaceError/Code/unsupportedImageFormat`` or
    ///   ``FaceError/Code/imageTooLarge``.
    public init(
        decoding bytes: some Collection<UInt8>,
        limits: ImageLimits = .default,
        appliesOrientation: Bool = true,
        minimumSide: Int? = nil
    ) throws(FaceError) {
        try limits.check(byteCount: bytes.count)
        let bytes = Array(bytes)
        let header = try ImageHeader(readingArray: bytes)
        try limits.check(header)
        let shorter = min(header.width, header.height)
        let reduction = header.format.reductions.last { ImageHeader.reduced(shorter, by: $0) >= minimumSide ?? .max }
        try self.init(
            decoding: bytes,
            header: header,
            reduction: reduction ?? 1,
            appliesOrientation: appliesOrientation
        )
    }

    /// Decodes a picture whose header is known, at 1/`reduction` of its size: one of ``ImageFormat/reductions``.
    init(
        decoding bytes: [UInt8],
        header: ImageHeader,
        reduction: Int,
        appliesOrientation: Bool
    ) throws(FaceError) {
        let stored: Image
        switch header.format.kind {
        case .jpeg:
            stored = try Self.decodingJPEG(bytes, header: header, reduction: reduction).image
        case .png:
            stored = try Self.decodePNG(bytes, header: header)
        case .gif:
            stored = try Self.decode(header) { cfk_gif_decode(bytes, bytes.count, $0, $1, $2, $3) }
        case .tiff:
            stored = try Self.decode(header) { cfk_tiff_decode(bytes, bytes.count, $0, $1, $2, $3) }
        case .webp:
            stored = try Self.decodeWebP(bytes)
        case .bmp:
            stored = try BitmapLayout(file: bytes).image(from: bytes, as: .bmp)
        case .icon:
            stored = try Self.decodeIcon(bytes)
        case .heif, .avif, .jpeg2000, .jpegXL, .photoshop, .netpbm:
            throw FaceError(.unsupportedImageFormat, "\(header.format) cannot be decoded")
        }
        self = appliesOrientation ? stored.upright(from: header.orientation) : stored
    }

    /// Reads and decodes a picture file; see ``init(decoding:limits:appliesOrientation:minimumSide:)``.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable`` in addition to the errors of decoding, which name the file.
    public init(
        contentsOfFile path: String,
        limits: ImageLimits = .default,
        appliesOrientation: Bool = true,
        minimumSide: Int? = nil
    ) throws(FaceError) {
        let bytes = try Self.readFile(path, limit: limits.maximumBytes)
        do {
            try self.init(
                decoding: bytes,
                limits: limits,
                appliesOrientation: appliesOrientation,
                minimumSide: minimumSide
            )
        } catch {
            throw error.naming(path)
        }
    }

    static func readFile(_ path: String, limit: Int) throws(FaceError) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw FaceError(.fileUnreadable, "\(path) cannot be opened")
        }
        defer { try? file.close() }
        do {
            // One byte more than allowed, so that decoding sees when there is too much.
            let (most, overflow) = limit.addingReportingOverflow(1)
            return [UInt8](try file.read(upToCount: overflow ? limit : most) ?? Data())
        } catch {
            throw FaceError(.fileUnreadable, "\(path) cannot be read", cause: error)
        }
    }

    /// Decodes a JPEG as stored, at 1/`reduction` of its size, while `body` already reads the rows that are there.
    ///
    /// What `body` makes is worth nothing where this throws. The time is that of decoding alone.
    static func decodingJPEG(
        _ bytes: [UInt8],
        header: ImageHeader,
        reduction: Int = 1,
        while body: (ArrivingPixels) -> Void = { _ in }
    ) throws(FaceError) -> (image: Image, time: Duration) {
        let width = ImageHeader.reduced(header.width, by: reduction)
        let height = ImageHeader.reduced(header.height, by: reduction)
        var time = Duration.zero
        let image = try decode(.jpeg, width: width, height: height) { pixels, message in
            var status = cfk_codec_status.ok
            let arriving = ArrivingPixels(width: width, height: height, pixels: pixels) { rowsThere in
                let clock = ContinuousClock()
                let start = clock.now
                status = cfk_jpeg_decode(
                    bytes,
                    bytes.count,
                    UInt32(reduction),
                    UInt32(width),
                    UInt32(height),
                    pixels,
                    rowsThere,
                    message
                )
                time = clock.now - start
            }
            body(arriving)
            arriving.arrive()
            return status
        }
        return (image, time)
    }

    private static func decodePNG(_ bytes: [UInt8], header: ImageHeader) throws(FaceError) -> Image {
        try decode(header) { cfk_png_decode(bytes, bytes.count, $0, $1, $2, $3) }
    }

    private static func decodeWebP(_ bytes: [UInt8]) throws(FaceError) -> Image {
        let container = try WebPContainer(bytes)
        let (canvas, frame) = (container.header, container.frame)
        return try decode(.webp, width: canvas.width, height: canvas.height) { pixels, message in
            if frame.width != canvas.width || frame.height != canvas.height {
                pixels.update(repeating: 0, count: canvas.width * canvas.height * 3)
            }
            return bytes.withUnsafeBufferPointer { bytes in
                let data = UnsafeBufferPointer(rebasing: bytes[frame.data])
                guard let start = data.baseAddress else { return .truncated }
                return cfk_webp_decode(
                    start,
                    data.count,
                    UInt32(frame.width),
                    UInt32(frame.height),
                    canvas.width * 3,
                    pixels + 3 * (frame.y * canvas.width + frame.x),
                    message
                )
            }
        }
    }

    private static func decodeIcon(_ bytes: [UInt8]) throws(FaceError) -> Image {
        let directory = try IconDirectory(bytes)
        guard directory.holdsPNG(in: bytes) else {
            return try directory.layout(in: bytes).image(from: bytes, as: .icon)
        }
        let png = Array(bytes[directory.entry])
        return try decodePNG(png, header: PNGHeader.read(png))
    }

    /// Lets a codec that takes the picture's size fill an image.
    private static func decode(
        _ header: ImageHeader,
        body: (UInt32, UInt32, UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<cfk_codec_message>) -> cfk_codec_status
    ) throws(FaceError) -> Image {
        try decode(header.format, width: header.width, height: header.height) { pixels, message in
            body(UInt32(header.width), UInt32(header.height), pixels, message)
        }
    }

    /// Lets `body` fill `width * height * 3` bytes, and turns its status into an image or an error.
    private static func decode(
        _ format: ImageFormat,
        width: Int,
        height: Int,
        body: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<cfk_codec_message>) -> cfk_codec_status
    ) throws(FaceError) -> Image {
        let byteCount = try byteCount(format, width: width, height: height)
        var message = cfk_codec_message()
        var status = cfk_codec_status.ok
        let pixels = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            status = body(start, &message)
            count = status == .ok ? byteCount : 0
        }
        guard status == .ok else { throw FaceError(status, format: format, message: message) }
        return Image(width: width, height: height, validated: pixels)
    }

    /// The bytes of a picture's pixels, or an error where they cannot be counted.
    static func byteCount(_ format: ImageFormat, width: Int, height: Int) throws(FaceError) -> Int {
        let (pixelCount, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, pixelCount <= Int.max / 3, width <= UInt32.max, height <= UInt32.max else {
            throw FaceError(.imageTooLarge, "\(format) of \(width)×\(height) pixels does not fit memory")
        }
        return pixelCount * 3
    }
}

extension FaceError {
    /// The error for a codec's status other than success.
    init(_ status: cfk_codec_status, format: ImageFormat, message: cfk_codec_message) {
        let text = withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        switch status {
        case .ok, .damaged: self.init(.invalidImage, "\(format) is damaged: \(text)")
        case .truncated: self.init(.invalidImage, "\(format) is truncated: \(text)")
        case .unsupported: self.init(.unsupportedImageFormat, "\(format) of a kind that cannot be decoded: \(text)")
        case .out_of_memory: self.init(.imageTooLarge, "\(format) does not fit memory: \(text)")
        }
    }
}
