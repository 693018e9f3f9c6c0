// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct AlignmentTests {
    /// A dark picture with a bright disc at each landmark, different for each.
    private static func picture(of landmarks: Landmarks) throws -> Image {
        var pixels = [UInt8](repeating: 0, count: 200 * 160 * 3)
        for (index, point) in landmarks.points.enumerated() {
            for y in Int(point.y) - 4...Int(point.y) + 4 {
                for x in Int(point.x) - 4...Int(point.x) + 4 {
                    pixels[(y * 200 + x) * 3] = UInt8(50 + 40 * index)
                }
            }
        }
        return try Image(width: 200, height: 160, pixels: pixels)
    }

    @Test func landmarksArriveAtTheTemplateAndSidesAreKept() throws {
        // A face turned by a quarter, eyes on the right, so that left and right differ.
        let turned = AlignmentTemplate.arcFace112.landmarks.mapped { Point(x: 180 - $0.y, y: 20 + $0.x) }
        let face = FaceDetection(
            boundingBox: BoundingBox(x: 0, y: 0, width: 1, height: 1),
            landmarks: turned,
            confidence: 1
        )
        let aligned = try FivePointAligner().align(face, in: Self.picture(of: turned)).image
        #expect(aligned.width == 112 && aligned.height == 112)
        for (index, point) in AlignmentTemplate.arcFace112.landmarks.points.enumerated() {
            let pixel = (Int(point.y.rounded()) * 112 + Int(point.x.rounded())) * 3
            #expect(abs(Int(aligned.pixels[pixel]) - (50 + 40 * index)) <= 1)
        }
        #expect(aligned.pixels[0] == 0)
    }

    @Test func aTemplateScalesWithItsCrop() {
        let scaled = AlignmentTemplate.arcFace112.scaled(toWidth: 224, height: 56)
        #expect(scaled.width == 224 && scaled.height == 56)
        #expect(scaled.landmarks.rightEye == Point(x: 38.2946 * 2, y: 51.6963 / 2))
    }

    @Test func aDetectionWithoutLandmarksIsRefused() throws {
        let image = try Image(width: 1, height: 1, pixels: [0, 0, 0])
        let face = FaceDetection(boundingBox: BoundingBox(x: 0, y: 0, width: 1, height: 1), confidence: 1)
        let error = #expect(throws: FaceError.self) { try FivePointAligner().align(face, in: image) }
        #expect(error?.code == .missingLandmarks)
    }

    @Test func landmarksThatCoincideAreRefused() throws {
        let image = try Image(width: 1, height: 1, pixels: [0, 0, 0])
        let face = FaceDetection(
            boundingBox: BoundingBox(x: 0, y: 0, width: 1, height: 1),
            landmarks: AlignmentTemplate.arcFace112.landmarks.mapped { _ in Point(x: 7, y: 7) },
            confidence: 1
        )
        let error = #expect(throws: FaceError.self) { try FivePointAligner().align(face, in: image) }
        #expect(error?.code == .degenerateLandmarks)
    }
}
