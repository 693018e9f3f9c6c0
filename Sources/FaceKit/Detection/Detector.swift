// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Finds the faces in an image.
public protocol Detector: Sendable {
    /// Returns faces by falling confidence; an image without faces gives an empty array.
    ///
    /// Blocks the calling thread for the whole computation.
    func detectFaces(in image: Image) throws -> [FaceDetection]
}
