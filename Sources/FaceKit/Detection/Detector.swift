// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Finds the faces in an image.
public protocol Detector: Sendable {
    /// Returns faces by falling confidence; an image without faces gives an empty array.
    ///
    /// Blocks the calling thread for the whole computation.
    func detectFaces(in image: Image) throws -> [FaceDetection]

    /// Returns faces by falling confidence, in pixels of the whole picture.
    ///
    /// Detectors that scale large pictures down need not decode all of one; by default all of it is decoded.
    func detectFaces(in source: ImageSource) throws -> [FaceDetection]
}

extension Detector {
    /// Decodes the whole picture and searches it.
    public func detectFaces(in source: ImageSource) throws -> [FaceDetection] {
        try detectFaces(in: source.image())
    }
}
