// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// Reads faces from the outputs of a network that looks at grids of cells over the whole picture.
protocol SingleShotDecoder: Sendable {
    /// The largest stride of a grid: sides of the input plane are multiples of it.
    var largestStride: Int { get }

    /// Returns every cell's face of at least `minimumConfidence`, in pixels of the input plane, overlaps included.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when an output has not the shape that belongs to the plane.
    func detections(
        in tensors: [Tensor],
        width: Int,
        height: Int,
        minimumConfidence: Float
    ) throws(FaceError) -> [FaceDetection]
}

extension BoundingBox {
    /// Whether the numbers are finite.
    ///
    /// Exponential functions of a damaged network's outputs overflow; such a box is no answer.
    var isPossible: Bool { area.isFinite && x.isFinite && y.isFinite && maxX.isFinite && maxY.isFinite }
}
