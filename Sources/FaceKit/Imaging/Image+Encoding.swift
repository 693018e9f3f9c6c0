// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import Foundation

extension Image {
    /// The longest side that libjpeg writes.
    private static let longestJPEGSide = 65_500
    /// The longest side that a WebP can have.
    private static let longestWebPSide = 16_383

    /// Encodes the picture.
    ///
    /// - Throws: ``FaceError/Code/imageTooLarge`` for sides that the format cannot hold, or when memory runs out;
    ///   ``FaceError/Code/unsupportedImageFormat`` for WebP in a build without it.
    public func encoded(as encoding: ImageEncoding) throws(FaceError) -> [UInt8] {
        switch encoding.kind {
        case .jpeg(let quality):
            guard max(width, height) <= Self.longestJPEGSide else {
                throw FaceError(
                    .imageTooLarge,
                    "JPEG cannot hold \(width)×\(height) pixels, only \(Self.longestJPEGSide) per side"
                )
            }
            return try encode(.jpeg) { pixels, encoded, message in
                cfk_jpeg_encode(pixels, UInt32(width), UInt32(height), Int32(quality), encoded, message)
            }
        case .png:
            guard max(width, height) <= Int32.max else {
                throw FaceError(.imageTooLarge, "PNG cannot hold \(width)×\(height) pixels")
            }
            return try encode(.png) { pixels, encoded, message in
                cfk_png_encode(pixels, UInt32(width), UInt32(height), encoded, message)
            }
        case .webp(let quality):
            guard max(width, height) <= Self.longestWebPSide else {
                throw FaceError(
                    .imageTooLarge,
                    "WebP cannot hold \(width)×\(height) pixels, only \(Self.longestWebPSide) per side"
                )
            }
            return try encode(.webp) { pixels, encoded, message in
                cfk_webp_encode(pixels, UInt32(width), UInt32(height), Int32(quality), encoded, message)
            }
        }
    }

    /// Writes the picture to a file, replacing what was there.
    ///
    /// - Parameters:
    ///   - path: Where to; the folder must exist.
    ///   - encoding: How; by default what the name's extension asks for.
    /// - Throws: ``FaceError/Code/unsupportedImageFormat`` for an extension without an encoder,
    ///   ``FaceError/Code/fileUnwritable``, and the errors of ``encoded(as:)``.
    public func write(toFile path: String, as encoding: ImageEncoding? = nil) throws(FaceError) {
        guard let encoding = encoding ?? ImageEncoding(fileName: path) else {
            throw FaceError(
                .unsupportedImageFormat,
                "\(path) ends in no extension that can be written (jpg, jpeg, png, webp)"
            )
        }
        let bytes = try encoded(as: encoding)
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw FaceError(.fileUnwritable, "\(path) cannot be written", cause: error)
        }
    }

    private func encode(
        _ format: ImageFormat,
        body: (UnsafePointer<UInt8>, UnsafeMutablePointer<cfk_encoded>, UnsafeMutablePointer<cfk_codec_message>)
            -> cfk_codec_status
    ) throws(FaceError) -> [UInt8] {
        var encoded = cfk_encoded()
        var message = cfk_codec_message()
        defer { cfk_encoded_free(&encoded) }
        let status = body(pixels, &encoded, &message)
        guard status == .ok else { throw FaceError(status, format: format, message: message) }
        return [UInt8](UnsafeBufferPointer(start: encoded.bytes, count: encoded.count))
    }
}
