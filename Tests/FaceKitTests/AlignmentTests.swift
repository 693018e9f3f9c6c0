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

    @Test func anAffineMapBringsAShearedFaceExactlyToTheTemplate() throws {
        let shear = AffineTransform2x3(a: 1.2, b: 0.3, tx: 10, c: -0.1, d: 0.8, ty: 20)
        let landmarks = AlignmentTemplate.arcFace112.landmarks
        let sheared = landmarks.mapped(shear.applied)
        let map = try AffineTransform2x3(mapping: sheared.points, onto: landmarks.points)
        for (point, wanted) in zip(sheared.points.map(map.applied), landmarks.points) {
            #expect(abs(point.x - wanted.x) < 1e-3 && abs(point.y - wanted.y) < 1e-3)
        }
        let similarity = try SimilarityTransform(mapping: sheared.points, onto: landmarks.points).affine
        #expect(abs(similarity.applied(to: sheared.rightEye).x - landmarks.rightEye.x) > 0.5)
        let face = FaceDetection(
            boundingBox: BoundingBox(x: 0, y: 0, width: 1, height: 1),
            landmarks: sheared,
            confidence: 1
        )
        let aligned = try FivePointAligner(transform: .affine).align(face, in: Self.picture(of: sheared)).image
        for (index, point) in landmarks.points.enumerated() {
            let pixel = (Int(point.y.rounded()) * 112 + Int(point.x.rounded())) * 3
            #expect(abs(Int(aligned.pixels[pixel]) - (50 + 40 * index)) <= 1)
        }
    }

    @Test func landmarksOnOneLineDefineNoAffineMap() throws {
        let line = AlignmentTemplate.arcFace112.landmarks.mapped { Point(x: $0.x, y: $0.x * 2 + 1) }
        let error = #expect(throws: FaceError.self) {
            try AffineTransform2x3(mapping: line.points, onto: AlignmentTemplate.arcFace112.landmarks.points)
        }
        #expect(error?.code == .degenerateLandmarks)
    }

    /// Columns rise by one level, rows do not.
    private static func slope() throws -> Image {
        let pixels = (0..<100 * 250).flatMap { [UInt8](repeating: UInt8($0 % 250), count: 3) }
        return try Image(width: 250, height: 100, pixels: pixels)
    }

    private static func face(x: Float, y: Float, width: Float, height: Float) -> FaceDetection {
        FaceDetection(boundingBox: BoundingBox(x: x, y: y, width: width, height: height), confidence: 1)
    }

    @Test func aBoxIsWidenedByItsMarginOfTheCrop() throws {
        // 128 of 160 pixels are the box's 64, so the margin of 32 is 8 pixels on each side.
        let face = Self.face(x: 100, y: 20, width: 64, height: 64)
        let crop = try BoxAligner().align(face, in: Self.slope()).image
        #expect(crop.width == 160 && crop.height == 160)
        // From column 92 to column 172, each twice as wide.
        #expect(abs(Int(crop.pixels[0]) - 92) <= 1)
        #expect(abs(Int(crop.pixels[159 * 3]) - 171) <= 1)
        #expect(abs(Int(crop.pixels[80 * 3]) - 132) <= 1)
    }

    @Test func aBoxAtTheEdgeIsLimitedToThePicture() throws {
        let crop = try BoxAligner(width: 50, height: 50, margin: 0)
            .align(Self.face(x: 225, y: -30, width: 50, height: 200), in: Self.slope()).image
        #expect(abs(Int(crop.pixels[0]) - 225) <= 1 && abs(Int(crop.pixels[49 * 3]) - 249) <= 1)
    }

    @Test(arguments: [
        face(x: 300, y: 0, width: 20, height: 20), face(x: 0, y: 0, width: .nan, height: 20),
        face(x: 10, y: 10, width: -5, height: 20), face(x: -.infinity, y: 0, width: 1, height: 1),
    ])
    func aBoxThatShowsNothingIsRefused(face: FaceDetection) throws {
        let error = #expect(throws: FaceError.self) { try BoxAligner().align(face, in: Self.slope()) }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func aMarginThatLeavesNoRoomIsRefused() {
        let error = #expect(throws: FaceError.self) { try BoxAligner(width: 32, height: 64, margin: 32) }
        #expect(error?.code == .invalidConfiguration)
    }
}
