// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Foundation

/// Reads faces from YuNet's outputs.
///
/// For each stride s of 8, 16 and 32 the network looks at a grid of (H/s) × (W/s) cells and gives for each a class
/// score, an objectness, a box (centre and logarithm of the size, in cells) and five points (in cells).
struct YuNetDecoder: SingleShotDecoder {
    private static let strides = [8, 16, 32]
    private static let kinds = [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)]

    let largestStride = 32
    private let model: LoadedModel
    /// Where the outputs of each stride are, in the order of `kinds`.
    private let outputs: [[Int]]

    /// - Throws: ``FaceError/Code/invalidModel`` when an output is missing.
    init(model: LoadedModel) throws(FaceError) {
        self.model = model
        var outputs: [[Int]] = []
        for stride in Self.strides {
            outputs.append(try model.outputIndices(of: Self.kinds.map { "\($0.0)_\(stride)" }))
        }
        self.outputs = outputs
    }

    func detections(
        in tensors: [Tensor],
        width: Int,
        height: Int,
        minimumConfidence: Float
    ) throws(FaceError) -> [FaceDetection] {
        var found: [FaceDetection] = []
        for (stride, indices) in zip(Self.strides, outputs) {
            let (rows, columns) = (height / stride, width / stride)
            for (index, kind) in zip(indices, Self.kinds) {
                let wanted = [1, rows * columns, kind.1]
                guard tensors[index].shape == wanted else {
                    throw model.unexpectedShape(tensors[index], of: "\(kind.0)_\(stride)", wanted: wanted)
                }
            }
            let (classes, objects) = (tensors[indices[0]].floats, tensors[indices[1]].floats)
            for cell in 0..<rows * columns {
                let confidence = (min(max(classes[cell], 0), 1) * min(max(objects[cell], 0), 1)).squareRoot()
                guard confidence >= minimumConfidence else { continue }
                let (row, column, size) = (Float(cell / columns), Float(cell % columns), Float(stride))
                let place = tensors[indices[2]].floats(cell * 4..<cell * 4 + 4)
                let boxWidth = exp(place[2]) * size
                let boxHeight = exp(place[3]) * size
                let box = BoundingBox(
                    x: (column + place[0]) * size - boxWidth / 2,
                    y: (row + place[1]) * size - boxHeight / 2,
                    width: boxWidth,
                    height: boxHeight
                )
                guard box.isPossible else { continue }
                let points = tensors[indices[3]].floats(cell * 10..<cell * 10 + 10)
                let landmarks = (0..<5).map { index in
                    Point(x: (points[index * 2] + column) * size, y: (points[index * 2 + 1] + row) * size)
                }
                found.append(
                    FaceDetection(boundingBox: box, landmarks: Landmarks(points: landmarks), confidence: confidence)
                )
            }
        }
        return found
    }
}
