// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Keeps the best of detections that overlap.
package struct NonMaximumSuppression: Sendable {
    /// What the area of an overlap is compared with.
    package enum Measure: Sendable {
        /// The area both boxes cover together.
        case union
        /// The area of the smaller box, so that a box inside another is always suppressed.
        case smallerArea
    }

    /// What overlaps are measured by.
    package var measure: Measure
    /// A box is dropped when its overlap with a better one is greater than this.
    package var threshold: Float
    /// Boxes beyond this number, by falling confidence, are dropped unseen: it bounds the time, which grows with the
    /// square of the number.
    package var maximumCandidates: Int
    /// Whether overlaps are measured on boxes whose corner and extents are cut to whole pixels.
    package var cutsToPixels: Bool

    package init(
        measure: Measure = .union,
        threshold: Float,
        maximumCandidates: Int = 5000,
        cutsToPixels: Bool = false
    ) {
        self.measure = measure
        self.threshold = threshold
        self.maximumCandidates = maximumCandidates
        self.cutsToPixels = cutsToPixels
    }

    /// Returns the indices of the boxes to keep, by falling confidence; equals keep their order.
    ///
    /// - Complexity: O(*n* · *k*) for *n* boxes of which *k* are kept.
    /// - Precondition: There are as many confidences as boxes.
    package func keptIndices(of boxes: [BoundingBox], confidences: [Float]) -> [Int] {
        precondition(boxes.count == confidences.count, "every box needs its confidence")
        let order = confidences.indices
            .sorted { (-confidences[$0], $0) < (-confidences[$1], $1) }
            .prefix(maximumCandidates)
        let boxes = cutsToPixels ? boxes.map(\.cutToPixels) : boxes
        var kept: [Int] = []
        for index in order where !kept.contains(where: { overlap(boxes[$0], boxes[index]) > threshold }) {
            kept.append(index)
        }
        return kept
    }

    private func overlap(_ one: BoundingBox, _ other: BoundingBox) -> Float {
        switch measure {
        case .union:
            return one.intersectionOverUnion(with: other)
        case .smallerArea:
            let smaller = min(one.area, other.area)
            return smaller > 0 ? one.intersectionArea(with: other) / smaller : 0
        }
    }
}

extension BoundingBox {
    fileprivate var cutToPixels: BoundingBox {
        BoundingBox(
            x: x.rounded(.towardZero),
            y: y.rounded(.towardZero),
            width: width.rounded(.towardZero),
            height: height.rounded(.towardZero)
        )
    }
}
