// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

extension Image {
    /// Returns the picture with a box, the confidence in per cent and the five landmarks drawn for each face.
    func marking(_ faces: [FaceDetection]) -> Image {
        drawing { canvas in
            for face in faces { canvas.mark(face) }
        }
    }
}

extension ImageCanvas {
    /// Lines that are thin and still seen when the picture fills a screen.
    var lineWidth: Int { max(1, (width + height) / 800) }

    /// Draws a face's box and confidence in a colour, green by default, and its landmarks.
    ///
    /// The subject's right eye and corner of the mouth are red, the left ones blue, so that a mirrored picture shows.
    mutating func mark(_ face: FaceDetection, color: PixelColor = .green) {
        let box = face.boundingBox
        strokeBox(box, color: color, lineWidth: lineWidth)
        if let landmarks = face.landmarks {
            let right = PixelColor(red: 255, green: 64, blue: 64)
            let left = PixelColor(red: 64, green: 128, blue: 255)
            // A single pixel, or a small cross, where more would hide the face.
            let radius = box.width < 16 ? 0 : box.width < 30 ? 0.6 : max(1, box.width / 40)
            for (point, color) in [
                (landmarks.rightEye, right), (landmarks.leftEye, left), (landmarks.noseTip, .yellow),
                (landmarks.rightMouthCorner, right), (landmarks.leftMouthCorner, left),
            ] {
                fillDisc(at: point, radius: radius, color: color)
            }
        }
        // Letters would hide a small face.
        guard box.width >= 24 else { return }
        let text = (face.confidence * 100).formatted(digits: 0)
        let scale = max(1, Int(box.width) / 100, min(lineWidth, Int(box.width) / 40))
        let textHeight = Float(ImageCanvas.size(ofText: text, scale: scale).height)
        write(
            text,
            at: Point(x: box.x + Float(scale), y: max(Float(scale), box.y - textHeight - Float(lineWidth + scale))),
            color: .black,
            background: color,
            scale: scale
        )
    }
}
