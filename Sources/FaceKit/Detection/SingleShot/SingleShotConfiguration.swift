// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What a detector that sees the picture once looks for and how far its search goes.
public struct SingleShotConfiguration: Hashable, Sendable {
    /// Faces below this confidence are dropped.
    ///
    /// The default, `nil`, is 0.6 for YuNet and RetinaFace and 0.5 for SCRFD, whose confidences run lower. OpenCV's own
    /// default for YuNet, 0.9, misses many small and turned faces.
    public var minimumConfidence: Float?
    /// Of two boxes that overlap by more than this (intersection over union), only the better is kept.
    ///
    /// The default, `nil`, is 0.3 for YuNet and 0.4 for RetinaFace and SCRFD.
    public var maximumOverlap: Float?
    /// Faces whose shorter side is less than this many pixels of the picture are dropped.
    ///
    /// The default is 0.
    public var minimumFaceSize: Float = 0
    /// Pictures with a longer side are scaled down to this many pixels before the search.
    ///
    /// The default is 1280.
    public var maximumSide = 1280
    /// At most this many faces are returned, the most confident ones.
    ///
    /// The default is no limit.
    public var maximumFaces: Int?
    /// Whether a picture in which nothing is found, or only what may be parts of a large face, is searched
    /// again at smaller sizes with a margin around it, which finds faces that fill the frame; see
    /// ``CloseUpRetryingDetector``.
    ///
    /// The default is true.
    public var searchesCloseUps = true

    /// Creates the default configuration.
    public init() {}

    /// Checks the numbers.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` for one that makes no sense.
    func validate() throws(FaceError) {
        guard maximumSide >= 1 else {
            throw FaceError(.invalidConfiguration, "a maximum side of \(maximumSide) pixels holds no picture")
        }
        for (value, name) in [(minimumConfidence, "confidence"), (maximumOverlap, "overlap")] {
            guard let value else { continue }
            guard (0...1).contains(value) else {
                throw FaceError(.invalidConfiguration, "the \(name) \(value) is outside 0...1")
            }
        }
        guard maximumFaces ?? 0 >= 0 else {
            throw FaceError(.invalidConfiguration, "at most \(maximumFaces ?? 0) faces cannot be returned")
        }
    }
}
