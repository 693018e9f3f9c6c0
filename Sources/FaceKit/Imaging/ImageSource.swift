// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import FaceKitInference
import Synchronization

/// An encoded picture that is decoded as large as its readers need it.
///
/// A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, which takes a fraction of the time; a detector that scales
/// large pictures down needs no more, and neither does the alignment of faces that are large in the picture. What was
/// decoded is remembered as long as the source lives. Pictures of other formats are decoded whole.
public final class ImageSource: Sendable {
    /// Columns of the whole picture.
    public let width: Int
    /// Rows of the whole picture.
    public let height: Int

    private let bytes: [UInt8]
    private let header: ImageHeader
    private let appliesOrientation: Bool
    private let name: String?
    private let state = Mutex(State())

    private struct State {
        /// The decoded picture by the reduction of its sides.
        var images: [Int: Image] = [:]
        var decodingTime = Duration.zero
    }

    /// How long decoding has taken so far, once or several times.
    package var decodingTime: Duration { state.withLock(\.decodingTime) }

    /// Reads the header of encoded picture data.
    ///
    /// - Parameters:
    ///   - bytes: A whole file of one of the formats in ``ImageFormat/decodable``.
    ///   - limits: What the picture may cost.
    ///   - appliesOrientation: Whether the orientation noted by the camera or an editor is applied, which it is by
    ///     default.
    /// - Throws: ``FaceError/Code/invalidImage``, ``FaceError/Code/unsupportedImageFormat`` or
    ///   ``FaceError/Code/imageTooLarge``.
    public convenience init(
        _ bytes: some Collection<UInt8>,
        limits: ImageLimits = .default,
        appliesOrientation: Bool = true
    ) throws(FaceError) {
        try limits.check(byteCount: bytes.count)
        try self.init(Array(bytes), limits: limits, appliesOrientation: appliesOrientation, name: nil)
    }

    /// Reads a picture file and its header.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable`` in addition to the errors of decoding, which name the file.
    public convenience init(
        contentsOfFile path: String,
        limits: ImageLimits = .default,
        appliesOrientation: Bool = true
    ) throws(FaceError) {
        let bytes = try Image.readFile(path, limit: limits.maximumBytes)
        do {
            try limits.check(byteCount: bytes.count)
            try self.init(bytes, limits: limits, appliesOrientation: appliesOrientation, name: path)
        } catch {
            throw error.naming(path)
        }
    }

    private init(_ bytes: [UInt8], limits: ImageLimits, appliesOrientation: Bool, name: String?) throws(FaceError) {
        let header = try ImageHeader(readingArray: bytes)
        try limits.check(header)
        let exchangesSides = appliesOrientation && header.orientation.exchangesSides
        self.bytes = bytes
        self.header = header
        self.appliesOrientation = appliesOrientation
        self.name = name
        width = exchangesSides ? header.height : header.width
        height = exchangesSides ? header.width : header.height
    }

    /// Returns the whole picture.
    ///
    /// - Throws: ``FaceError/Code/invalidImage``, ``FaceError/Code/unsupportedImageFormat`` or
    ///   ``FaceError/Code/imageTooLarge``; the message names the file, if there is one.
    public func image() throws(FaceError) -> Image { try image(reduction: 1) }

    /// Returns the picture as small as can be decoded, but no side shorter than asked for, or whole where the picture
    /// itself is smaller.
    ///
    /// - Returns: The picture, and by how much its sides were divided: 1, 2, 4 or 8. The pixel (x, y) stands for those
    ///   of the whole picture from (`reduction * x`, `reduction * y`) on.
    /// - Throws: What ``image()`` throws.
    public func image(atLeastWidth width: Int, height: Int) throws(FaceError) -> (image: Image, reduction: Int) {
        let reduction =
            header.format.reductions.last {
                ImageHeader.reduced(self.width, by: $0) >= width && ImageHeader.reduced(self.height, by: $0) >= height
            } ?? 1
        // What was decoded before, and larger, serves as well.
        let finer = state.withLock { $0.images.filter { $0.key <= reduction }.max { $0.key < $1.key } }
        if let finer { return (finer.value, finer.key) }
        return (try image(reduction: reduction), reduction)
    }

    /// Decodes the whole picture while `body` already reads the rows that are there, where the format allows it.
    ///
    /// - Parameter body: Reads the pixels, and is over with them when it returns. Its result is dropped where decoding
    ///   fails.
    /// - Returns: What `body` returns; `nil`, and `body` was not called, where the picture is there already, is to be
    ///   turned, or is no JPEG.
    /// - Throws: What ``image()`` throws, and what `body` throws.
    package func whileDecoding<Result>(
        _ body: (ArrivingPixels) throws(FaceError) -> Result
    ) throws(FaceError) -> Result? {
        guard header.format.kind == .jpeg, !appliesOrientation || header.orientation == .up,
            state.withLock({ $0.images[1] == nil })
        else { return nil }
        var outcome: Swift.Result<Result, FaceError>?
        try keep(reduction: 1) { () throws(FaceError) in
            try Image.decodingJPEG(bytes, header: header) { pixels in
                outcome = Swift.Result { () throws(FaceError) in try body(pixels) }
            }
        }
        return try outcome?.get()
    }

    private func image(reduction: Int) throws(FaceError) -> Image {
        if let image = state.withLock({ $0.images[reduction] }) { return image }
        let clock = ContinuousClock()
        let start = clock.now
        return try keep(reduction: reduction) { () throws(FaceError) in
            let image = try Image(
                decoding: bytes,
                header: header,
                reduction: reduction,
                appliesOrientation: appliesOrientation
            )
            return (image, clock.now - start)
        }
    }

    /// Keeps what was decoded for those who ask next; errors name the file.
    @discardableResult
    private func keep(
        reduction: Int,
        _ decode: () throws(FaceError) -> (image: Image, time: Duration)
    ) throws(FaceError) -> Image {
        do {
            let (image, time) = try decode()
            state.withLock { state in
                state.images[reduction] = image
                state.decodingTime += time
            }
            return image
        } catch {
            throw name.map(error.naming) ?? error
        }
    }
}

extension FaceError {
    /// The same error with the file it is about in front of the message.
    func naming(_ path: String) -> FaceError { FaceError(code, "\(path): \(message)", cause: cause) }
}
