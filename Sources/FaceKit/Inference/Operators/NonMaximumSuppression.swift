// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Boxes that do not overlap a better one too much (ONNX `NonMaxSuppression`).
///
/// Inputs: boxes [batch, boxes, 4], scores [batch, classes, boxes] and, each optional, the scalars greatest number per
/// class (int64), greatest intersection over union, least score. Output: int64 [chosen, 3] of image, class and box.
/// How many are chosen depends on the data, so the shape is known only when all inputs are.
package struct NonMaximumSuppression: Operator {
    package static let name = "NonMaxSuppression"

    /// Whether boxes are [centre x, centre y, width, height] instead of two opposite corners [y, x, y, x].
    package var centered: Bool

    package init(centered: Bool = false) {
        self.centered = centered
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let boxes = try inputs.requiredFloats(0)
        let scores = try inputs.requiredFloats(1)
        guard boxes.shape.count == 3, boxes.shape[2] == 4, scores.shape.count == 3, scores.shape[0] == boxes.shape[0],
            scores.shape[2] == boxes.shape[1]
        else {
            throw ModelError(.mismatch, "boxes \(boxes.shape) and scores \(scores.shape) do not fit")
        }
        let limit = try inputs.constantIntegers(2, "greatest number")?.first ?? 0
        let overlap = try inputs.constantFloats(3, "greatest overlap")?.first ?? 0
        let threshold = try inputs.constantFloats(4, "least score")?.first
        guard let corners = try inputs.constantFloats(0, "boxes"), let scored = try inputs.constantFloats(1, "scores")
        else {
            throw ModelError(.malformed, "boxes or scores are missing")
        }

        var chosen: [Int64] = []
        let (count, classes) = (boxes.shape[1], scores.shape[1])
        let all = (0..<boxes.shape[0] * count).map { box(corners[4 * $0..<4 * $0 + 4]) }
        for image in 0..<boxes.shape[0] {
            for kind in 0..<classes {
                let scores = scored[(image * classes + kind) * count..<(image * classes + kind + 1) * count]
                let order = (0..<count).filter { threshold == nil || scores[scores.startIndex + $0] > threshold ?? 0 }
                    .sorted { a, b in
                        let (first, second) = (scores[scores.startIndex + a], scores[scores.startIndex + b])
                        return first == second ? a < b : first > second
                    }
                var kept: [Int] = []
                for index in order where kept.count < limit {
                    let candidate = all[image * count + index]
                    if kept.allSatisfy({ candidate.overlap(all[image * count + $0]) <= overlap }) { kept.append(index) }
                }
                chosen += kept.flatMap { [Int64(image), Int64(kind), Int64($0)] }
            }
        }
        return [TensorFact(constant: Tensor(chosen, shape: [chosen.count / 3, 3]))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        try inferred(inputs).compactMap(\.constant)
    }

    private struct Box {
        var left, top, right, bottom: Float

        var area: Float { (right - left) * (bottom - top) }

        /// Intersection over union.
        func overlap(_ other: Box) -> Float {
            let width = min(right, other.right) - max(left, other.left)
            let height = min(bottom, other.bottom) - max(top, other.top)
            guard width > 0, height > 0 else { return 0 }
            return width * height / (area + other.area - width * height)
        }
    }

    private func box(_ numbers: ArraySlice<Float>) -> Box {
        let n = Array(numbers)
        if centered {
            return Box(left: n[0] - n[2] / 2, top: n[1] - n[3] / 2, right: n[0] + n[2] / 2, bottom: n[1] + n[3] / 2)
        }
        return Box(left: min(n[1], n[3]), top: min(n[0], n[2]), right: max(n[1], n[3]), bottom: max(n[0], n[2]))
    }
}
