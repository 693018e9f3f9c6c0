// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// Reads faces from SCRFD's outputs.
///
/// For each stride s of 8, 16 and 32 the network looks from the top-left corners of a grid of (H/s) × (W/s) cells, twice
/// from each, and gives a confidence, the distances of the box's left, top, right and bottom edge and five points, all
/// in cells. Outputs are told apart by their extents, because exports name and order them differently.
struct SCRFDDecoder: SingleShotDecoder {
    private static let strides = [8, 16, 32]
    private static let anchorsPerCell = 2

    let largestStride = 32
    private let model: LoadedModel

    /// - Throws: ``FaceError/Code/invalidModel`` when there are not nine outputs.
    init(model: LoadedModel) throws(FaceError) {
        guard model.network.outputs.count == 3 * Self.strides.count else {
            throw model.unexpectedOutputs(wanted: "nine, of confidences, boxes and landmarks at three strides,")
        }
        self.model = model
    }

    func detections(
        in tensors: [Tensor],
        width: Int,
        height: Int,
        minimumConfidence: Float
    ) throws(FaceError) -> [FaceDetection] {
        var found: [FaceDetection] = []
        for stride in Self.strides {
            let columns = width / stride
            let count = (height / stride) * columns * Self.anchorsPerCell
            let confidences = try model.rows(of: 1, count: count, in: tensors, meaning: "confidences")
            let boxes = try model.rows(of: 4, count: count, in: tensors, meaning: "boxes")
            let points = try model.rows(of: 10, count: count, in: tensors, meaning: "landmarks")
            let size = Float(stride)
            for anchor in 0..<count {
                let confidence = confidences[anchor]
                guard confidence >= minimumConfidence else { continue }
                let cell = anchor / Self.anchorsPerCell
                let (x, y) = (Float(cell % columns) * size, Float(cell / columns) * size)
                let edges = (0..<4).map { boxes[anchor * 4 + $0] * size }
                let box = BoundingBox(
                    x: x - edges[0],
                    y: y - edges[1],
                    width: edges[0] + edges[2],
                    height: edges[1] + edges[3]
                )
                guard box.isPossible else { continue }
                let landmarks = (0..<5).map { index in
                    Point(
                        x: x + points[anchor * 10 + index * 2] * size,
                        y: y + points[anchor * 10 + index * 2 + 1] * size
                    )
                }
                found.append(
                    FaceDetection(
                        boundingBox: box,
                        landmarks: Landmarks(points: landmarks),
                        confidence: min(confidence, 1)
                    )
                )
            }
        }
        return found
    }
}
