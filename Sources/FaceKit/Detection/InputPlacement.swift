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

    /// Scales `picture` down so that neither side exceeds `maximumWidth` and `maximumHeight`; never up.
    ///
    /// Factors are taken for each axis by itself, so that the way back is exact also where a side was rounded.
    init(
        _ picture: SearchedPicture,
        maximumWidth: Int,
        maximumHeight: Int,
        left: Int = 0,
        top: Int = 0
    ) throws(FaceError) {
        let scale = min(
            1,
            Double(maximumWidth) / Double(picture.width),
            Double(maximumHeight) / Double(picture.height)
        )
        let width = max(1, min(maximumWidth, Int((Double(picture.width) * scale).rounded())))
        let height = max(1, min(maximumHeight, Int((Double(picture.height) * scale).rounded())))
        let scaled = try picture.scaled(width: width, height: height)
        content =
            left == 0 && top == 0
            ? scaled : scaled.cropped(x: -left, y: -top, width: left + width, height: top + height)
        self.left = left
        self.top = top
        factorX = Float(picture.width) / Float(width)
        factorY = Float(picture.height) / Float(height)
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
