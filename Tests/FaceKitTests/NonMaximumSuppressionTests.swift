// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct NonMaximumSuppressionTests {
    private static let boxes = [
        BoundingBox(x: 0, y: 0, width: 10, height: 10),
        // Shares 5 × 10 with the first: 50 / 150 of the union, half of the area.
        BoundingBox(x: 5, y: 0, width: 10, height: 10),
        // Lies inside the first: 16 / 100 of the union, the whole of the smaller.
        BoundingBox(x: 3, y: 3, width: 4, height: 4),
        BoundingBox(x: 40, y: 40, width: 10, height: 10),
    ]
    private static let confidences: [Float] = [0.9, 0.8, 0.7, 0.95]

    @Test(arguments: [
        (NonMaximumSuppression(threshold: 0.3), [3, 0, 2]),
        (NonMaximumSuppression(threshold: 0.4), [3, 0, 1, 2]),
        (NonMaximumSuppression(threshold: 0.1), [3, 0]),
        (NonMaximumSuppression(measure: .smallerArea, threshold: 0.6), [3, 0, 1]),
        (NonMaximumSuppression(measure: .smallerArea, threshold: 0.4), [3, 0]),
        (NonMaximumSuppression(threshold: 0.3, maximumCandidates: 2), [3, 0]),
    ])
    func boxesThatOverlapABetterOneAreDropped(suppression: NonMaximumSuppression, kept: [Int]) {
        #expect(suppression.keptIndices(of: Self.boxes, confidences: Self.confidences) == kept)
    }

    @Test func anOverlapOfExactlyTheThresholdIsKept() {
        let boxes = [BoundingBox(x: 0, y: 0, width: 2, height: 1), BoundingBox(x: 1, y: 0, width: 1, height: 1)]
        let suppression = NonMaximumSuppression(threshold: 0.5)
        #expect(suppression.keptIndices(of: boxes, confidences: [1, 0.5]) == [0, 1])
    }

    @Test func equalConfidencesKeepTheirOrder() {
        let boxes = Self.boxes + Self.boxes
        let kept = NonMaximumSuppression(threshold: 0.3).keptIndices(
            of: boxes,
            confidences: [Float](repeating: 0.5, count: 8)
        )
        #expect(kept == [0, 2, 3])
    }

    @Test func nothingComesOfNothing() {
        #expect(NonMaximumSuppression(threshold: 0.3).keptIndices(of: [], confidences: []).isEmpty)
    }

    @Test func theMainFaceIsTheCentralOneAmongTheLarge() throws {
        let image = try Image(width: 100, height: 100, pixels: [UInt8](repeating: 0, count: 30_000))
        func face(_ x: Float, _ width: Float) -> FaceDetection {
            FaceDetection(boundingBox: BoundingBox(x: x, y: 30, width: width, height: width), confidence: 1)
        }
        let (large, central, small) = (face(0, 40), face(40, 20), face(45, 10))
        #expect([large, small, central].mainFace(in: image) == central)
        #expect([large, small].mainFace(in: image) == large)
        #expect([FaceDetection]().mainFace(in: image) == nil)
    }

    @Test func overlapsOfWholePixelsAreMeasuredOnRequest() {
        // 4×5 pixels that overlap by 3.2×5 of 24; cut to whole ones, by 3×5 of 25.
        let boxes = [
            BoundingBox(x: 0.9, y: 0, width: 4, height: 5), BoundingBox(x: 1.7, y: 0, width: 4, height: 5),
        ]
        func kept(cutsToPixels: Bool) -> [Int] {
            NonMaximumSuppression(threshold: 0.63, cutsToPixels: cutsToPixels)
                .keptIndices(of: boxes, confidences: [0.9, 0.8])
        }
        #expect(kept(cutsToPixels: false) == [0])
        #expect(kept(cutsToPixels: true) == [0, 1])
    }
}
