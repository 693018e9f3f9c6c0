// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

extension Image {
    /// Returns the picture with a box, the confidence in per cent and the five landmarks drawn for each face.
    ///
    /// The subject's right eye and corner of the mouth are red, the left ones blue, so that a mirrored picture shows.
    func marking(_ faces: [FaceDetection]) -> Image {
        let line = max(1, (width + height) / 800)
        let right = PixelColor(red: 255, green: 64, blue: 64)
        let left = PixelColor(red: 64, green: 128, blue: 255)
        return drawing { canvas in
            for face in faces {
                let box = face.boundingBox
                canvas.strokeBox(box, color: .green, lineWidth: line)
                if let landmarks = face.landmarks {
                    // A single pixel, or a small cross, where more would hide the face.
                    let radius = box.width < 16 ? 0 : box.width < 30 ? 0.6 : max(1, box.width / 40)
                    for (point, color) in [
                        (landmarks.rightEye, right), (landmarks.leftEye, left), (landmarks.noseTip, .yellow),
                        (landmarks.rightMouthCorner, right), (landmarks.leftMouthCorner, left),
                    ] {
                        canvas.fillDisc(at: point, radius: radius, color: color)
                    }
                }
                // Letters would hide a small face.
                guard box.width >= 24 else { continue }
                let text = (face.confidence * 100).formatted(digits: 0)
                let scale = max(1, Int(box.width) / 100, min(line, Int(box.width) / 40))
                let textHeight = Float(ImageCanvas.size(ofText: text, scale: scale).height)
                canvas.write(
                    text,
                    at: Point(x: box.x + Float(scale), y: max(Float(scale), box.y - textHeight - Float(line + scale))),
                    color: .black,
                    background: .green,
                    scale: scale
                )
            }
        }
    }
}
