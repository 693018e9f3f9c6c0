// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Foundation

/// Reads faces from the outputs of RetinaFace networks in InsightFace's own form, such as `R50` and `mnet025`.
///
/// At each of three strides there are three planes of numbers, [1, k·a, rows, columns] for a anchors in a cell: a
/// background and then a face probabilities (k = 2), boxes (k = 4) and landmarks (k = 10), the numbers of one anchor
/// side by side. Anchors are counted in whole pixels with both ends included, and all are centred on (7.5, 7.5) of their
/// cell, whatever its size: a box of side m there is moved by m·(d₀, d₁) and scaled by exp(d₂), exp(d₃); landmarks are
/// m·(x, y) from its centre. Outputs are told apart by their extents.
struct InsightFaceRetinaFaceDecoder: SingleShotDecoder {
    private static let center: Float = 7.5

    /// The sizes that InsightFace's networks were trained with: 16 pixels times 32, 16 … 1.
    static let anchors: [RetinaFaceAnchors.Level] = [
        .init(stride: 32, sizes: [512, 256]), .init(stride: 16, sizes: [128, 64]), .init(stride: 8, sizes: [32, 16]),
    ]

    let largestStride: Int
    private let model: LoadedModel
    private let anchors: RetinaFaceAnchors

    init(model: LoadedModel, anchors: RetinaFaceAnchors) {
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
        var found: [FaceDetection] = []
        for level in anchors.levels {
            let (rows, columns, count) = (height / level.stride, width / level.stride, level.sizes.count)
            let plane = rows * columns
            func floats(_ numbers: Int, _ meaning: String) throws(FaceError) -> [Float] {
                let shape = [1, numbers * count, rows, columns]
                guard let tensor = tensors.first(where: { $0.shape == shape }) else {
                    throw FaceError(
                        .invalidModel,
                        "the model \(model.file.card.name) gave \(tensors.map(\.shape)),"
                            + " wanted among them are \(meaning) of the shape \(shape)"
                    )
                }
                return tensor.floats
            }
            let classes = try floats(2, "confidences")
            let boxes = try floats(4, "boxes")
            let points = try floats(10, "landmarks")
            for cell in 0..<plane {
                let x = Float(cell % columns * level.stride) + Self.center
                let y = Float(cell / columns * level.stride) + Self.center
                for (anchor, size) in level.sizes.enumerated() {
                    let confidence = classes[(count + anchor) * plane + cell]
                    guard confidence >= minimumConfidence else { continue }
                    func box(_ number: Int) -> Float { boxes[(anchor * 4 + number) * plane + cell] }
                    func point(_ number: Int) -> Float { points[(anchor * 10 + number) * plane + cell] }
                    let (boxWidth, boxHeight) = (exp(box(2)) * size, exp(box(3)) * size)
                    let boundingBox = BoundingBox(
                        x: x + box(0) * size - (boxWidth - 1) / 2,
                        y: y + box(1) * size - (boxHeight - 1) / 2,
                        width: boxWidth - 1,
                        height: boxHeight - 1
                    )
                    guard boundingBox.isPossible else { continue }
                    let landmarks = (0..<5).map { index in
                        Point(x: x + size * point(index * 2), y: y + size * point(index * 2 + 1))
                    }
                    found.append(
                        FaceDetection(
                            boundingBox: boundingBox,
                            landmarks: Landmarks(points: landmarks),
                            confidence: min(confidence, 1)
                        )
                    )
                }
            }
        }
        return found
    }
}
