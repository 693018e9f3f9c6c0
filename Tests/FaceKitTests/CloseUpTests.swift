// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

struct CloseUpTests {
    /// Finds nothing in a picture, and in close-ups of it one face in the middle.
    private struct SeesCloseUpsOnly: Detector {
        /// Columns of the picture.
        let width: Int
        /// Of the face, in pixels of the picture.
        let side: Float

        func detectFaces(in image: Image) throws -> [FaceDetection] {
            // A close-up is twice as wide as what it shows, so even; the pictures here are of odd widths.
            guard image.width != width else { return [] }
            let scale = Float(image.width) / Float(2 * width)
            let box = BoundingBox(
                x: Float(image.width) / 2 - side * scale / 2,
                y: Float(image.height) / 2 - side * scale / 2,
                width: side * scale,
                height: side * scale
            )
            return [FaceDetection(boundingBox: box, confidence: 0.9)]
        }
    }

    /// A face that only a close-up shows and that is no large one was not missed in the picture: it is none.
    @Test(arguments: [
        // 300 pixels of what is searched, or three fifths of the shorter side where that is less.
        (1001, 800, 300), (401, 400, 240), (2563, 1900, 600),
    ])
    func facesThatOnlyCloseUpsShowAreLarge(width: Int, height: Int, least: Int) throws {
        let pixels = [UInt8](repeating: 128, count: width * height * 3)
        let picture = try Image(width: width, height: height, pixels: pixels)
        func faces(side: Float) throws -> [FaceDetection] {
            try CloseUpRetryingDetector(SeesCloseUpsOnly(width: width, side: side)).detectFaces(in: picture)
        }
        #expect(try faces(side: Float(least) * 0.97).isEmpty)
        let found = try faces(side: Float(least) * 1.03)
        #expect(found.count == 1)
        let box = try #require(found.first).boundingBox
        #expect(abs(box.width - Float(least) * 1.03) < Float(least) * 0.02, "\(box)")
        #expect(abs(box.center.x - Float(width) / 2) < 4 && abs(box.center.y - Float(height) / 2) < 4, "\(box)")
    }
}
