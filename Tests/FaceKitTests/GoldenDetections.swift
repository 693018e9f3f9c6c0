// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

/// A picture and the faces that another implementation found in it.
struct GoldenDetections {
    let image: Image
    /// Left, top, right, bottom.
    let boxes: [[Float]]
    /// x and y of five points.
    let landmarks: [[Float]]
    let confidences: [Float]

    /// The golden of a detector that sees the picture once; the picture is the network's input, [1, 3, height, width],
    /// taken back to levels by the card.
    static func singleShot(_ name: String) throws -> GoldenDetections {
        let arrays = try archive("\(name).golden.npz")
        let input = try #require(arrays["input:input"])
        let (height, width) = (input.shape[2], input.shape[3])
        let planes = input.floats
        let card = try #require(try mirroredModels().model(named: name).card.input)
        let pixels = (0..<height * width).flatMap { index in
            (card.color == .rgb ? [0, 1, 2] : [2, 1, 0]).map { plane in
                let level = planes[plane * height * width + index] / card.scale[plane] + card.mean[plane]
                return UInt8(level.rounded())
            }
        }
        return GoldenDetections(
            image: try Image(width: width, height: height, pixels: pixels),
            boxes: try rows(#require(arrays["decoded:boxes"])),
            landmarks: try rows(#require(arrays["decoded:landmarks"])),
            confidences: try #require(arrays["decoded:scores"]).floats
        )
    }

    static func mtcnn() throws -> GoldenDetections {
        let arrays = try archive("mtcnn_cascade.golden.npz")
        let picture = try #require(arrays["image_rgb"])
        let found = rows(try #require(arrays["boxes_x1y1x2y2_score"]))
        return GoldenDetections(
            image: try Image(
                width: picture.shape[1],
                height: picture.shape[0],
                pixels: picture.integers.map { UInt8($0) }
            ),
            boxes: found.map { Array($0.prefix(4)) },
            landmarks: try rows(#require(arrays["landmarks"])),
            confidences: found.map { $0[4] }
        )
    }

    /// The largest difference of any box edge, and of any landmark coordinate, in pixels; infinite when the number of
    /// faces differs.
    func largestDifferences(to detections: [FaceDetection]) -> (boxes: Float, landmarks: Float) {
        guard detections.count == boxes.count else { return (.infinity, .infinity) }
        var (boxDifference, landmarkDifference) = (Float(0), Float(0))
        for (index, detection) in detections.enumerated() {
            let box = detection.boundingBox
            for (found, wanted) in zip([box.x, box.y, box.maxX, box.maxY], boxes[index]) {
                boxDifference = max(boxDifference, abs(found - wanted))
            }
            for (found, wanted) in zip(detection.landmarks?.points.flatMap { [$0.x, $0.y] } ?? [], landmarks[index]) {
                landmarkDifference = max(landmarkDifference, abs(found - wanted))
            }
        }
        return (boxDifference, landmarkDifference)
    }

    private static func archive(_ name: String) throws -> [String: Tensor] {
        let folder = try #require(EvaluationFolders.models)
        return try NumpyArchive(contentsOf: folder.appendingPathComponent("detection/\(name)")).arrays
    }

    private static func rows(_ tensor: Tensor) -> [[Float]] {
        let floats = tensor.floats
        let length = floats.count / max(1, tensor.shape[0])
        return (0..<tensor.shape[0]).map { Array(floats[$0 * length..<($0 + 1) * length]) }
    }
}

/// The models of the mirror.
func mirroredModels() throws -> ModelStore {
    ModelStore(folders: [try #require(EvaluationFolders.models).path])
}
