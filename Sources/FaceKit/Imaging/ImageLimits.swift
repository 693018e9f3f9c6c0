// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What a picture may cost; checked against its header before memory is taken.
public struct ImageLimits: Hashable, Sendable {
    /// Most bytes of encoded data; 64 MiB by default.
    public var maximumBytes: Int
    /// Most pixels per side, as stored; 32,768 by default.
    public var maximumSide: Int
    /// Most pixels altogether, as stored; 100 million by default, which take 300 MB once decoded.
    public var maximumPixels: Int

    /// Creates limits; each may be left at its default.
    public init(maximumBytes: Int = 64 << 20, maximumSide: Int = 32_768, maximumPixels: Int = 100_000_000) {
        self.maximumBytes = maximumBytes
        self.maximumSide = maximumSide
        self.maximumPixels = maximumPixels
    }

    /// 64 MiB, 32,768 pixels per side, 100 million pixels.
    public static let `default` = Self()

    func check(byteCount: Int) throws(FaceError) {
        guard byteCount <= maximumBytes else {
            throw FaceError(.imageTooLarge, "Image data of \(byteCount) bytes exceed the limit of \(maximumBytes)")
        }
    }

    func check(_ header: ImageHeader) throws(FaceError) {
        let (width, height) = (header.width, header.height)
        guard max(width, height) <= maximumSide else {
            throw FaceError(
                .imageTooLarge,
                "\(header.format) of \(width)×\(height) pixels exceeds \(maximumSide) per side"
            )
        }
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, pixels <= maximumPixels else {
            throw FaceError(
                .imageTooLarge,
                "\(header.format) of \(width)×\(height) pixels exceeds \(maximumPixels) altogether"
            )
        }
    }
}
