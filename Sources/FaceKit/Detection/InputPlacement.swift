// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A picture laid into a detector's input plane, scaled down where needed, and the way back.
struct InputPlacement {
    /// The picture at the size it has in the plane, with what lies to the left and above.
    let content: Image
    /// Columns of the plane to the left of the picture.
    let left: Int
    /// Rows of the plane above the picture.
    let top: Int
    private let factorX: Float
    private let factorY: Float

    /// Scales `image` down so that neither side exceeds `maximumWidth` and `maximumHeight`; never up.
    ///
    /// Factors are taken for each axis by itself, so that the way back is exact also where a side was rounded.
    init(_ image: Image, maximumWidth: Int, maximumHeight: Int, left: Int = 0, top: Int = 0) {
        let scale = min(
            1,
            Double(maximumWidth) / Double(image.width),
            Double(maximumHeight) / Double(image.height)
        )
        let width = max(1, min(maximumWidth, Int((Double(image.width) * scale).rounded())))
        let height = max(1, min(maximumHeight, Int((Double(image.height) * scale).rounded())))
        let scaled = image.resized(width: width, height: height, method: .area)
        content =
            left == 0 && top == 0
            ? scaled : scaled.cropped(x: -left, y: -top, width: left + width, height: top + height)
        self.left = left
        self.top = top
        factorX = Float(image.width) / Float(width)
        factorY = Float(image.height) / Float(height)
    }

    /// Takes a point of the plane back to the picture.
    func pictureLocation(of point: Point) -> Point {
        Point(x: (point.x - Float(left)) * factorX, y: (point.y - Float(top)) * factorY)
    }

    /// Takes a detection in the plane back to the picture.
    func inPicture(_ detection: FaceDetection) -> FaceDetection {
        let box = detection.boundingBox
        let origin = pictureLocation(of: Point(x: box.x, y: box.y))
        return FaceDetection(
            boundingBox: BoundingBox(
                x: origin.x,
                y: origin.y,
                width: box.width * factorX,
                height: box.height * factorY
            ),
            landmarks: detection.landmarks?.mapped(pictureLocation),
            confidence: detection.confidence
        )
    }
}
