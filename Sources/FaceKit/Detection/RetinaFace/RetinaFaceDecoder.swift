// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Foundation

/// Reads faces from RetinaFace's outputs.
///
/// For each anchor of centre p and side m the network gives two class probabilities, the last of which is a face's, a
/// box (centre p + 0.1·m·(l₀, l₁), sides m·exp(0.2·(l₂, l₃))) and five points (p + 0.1·m·(x, y)). Outputs are told
/// apart by their last extents, because exports name them differently.
struct RetinaFaceDecoder: SingleShotDecoder {
    private static let centerVariance: Float = 0.1
    private static let sizeVariance: Float = 0.2

    let largestStride: Int
    private let model: LoadedModel
    private let anchors: RetinaFaceAnchors

    /// - Throws: ``FaceError/Code/invalidModel`` when there are not three outputs.
    init(model: LoadedModel, anchors: RetinaFaceAnchors) throws(FaceError) {
        guard model.network.outputs.count == 3 else {
            throw model.unexpectedOutputs(wanted: "three, of boxes, confidences and landmarks,")
        }
        self.model = model
        self.anchors = anchors
        largestStride = anchors.levels.map(\.stride).max() ?? 1
    }

    func detections(
        in tensors: [Tensor],
        width: Int,
        height: Int,
        minimumConfidence: Float
    ) throws(FaceError) -> [FaceDetection] {
        let count = anchors.count(width: width, height: height)
        let boxes = try model.rows(of: 4, count: count, in: tensors, meaning: "boxes")
        let classes = try model.rows(of: 2, count: count, in: tensors, meaning: "confidences")
        let points = try model.rows(of: 10, count: count, in: tensors, meaning: "landmarks")
        var found: [FaceDetection] = []
        var anchor = 0
        for level in anchors.levels {
            for row in 0..<height / level.stride {
                for column in 0..<width / level.stride {
                    for size in level.sizes {
                        defer { anchor += 1 }
                        let confidence = classes[anchor * 2 + 1]
                        guard confidence >= minimumConfidence else { continue }
                        let x = (Float(column) + 0.5) * Float(level.stride)
                        let y = (Float(row) + 0.5) * Float(level.stride)
                        let shift = Self.centerVariance * size
                        let boxWidth = size * exp(Self.sizeVariance * boxes[anchor * 4 + 2])
                        let boxHeight = size * exp(Self.sizeVariance * boxes[anchor * 4 + 3])
                        let box = BoundingBox(
                            x: x + shift * boxes[anchor * 4] - boxWidth / 2,
                            y: y + shift * boxes[anchor * 4 + 1] - boxHeight / 2,
                            width: boxWidth,
                            height: boxHeight
                        )
                        guard box.isPossible else { continue }
                        let landmarks = (0..<5).map { index in
                            Point(
                                x: x + shift * points[anchor * 10 + index * 2],
                                y: y + shift * points[anchor * 10 + index * 2 + 1]
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
            }
        }
        return found
    }
}
