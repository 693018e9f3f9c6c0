// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension [FaceDetection] {
    /// The face a portrait is of: among faces at least half as wide as the widest, the one nearest to the middle.
    ///
    /// The first of several at the same distance; `nil` when there is no face.
    public func mainFace(in image: Image) -> FaceDetection? { mainFace(inWidth: image.width, height: image.height) }

    /// The face that a portrait of the given number of pixels is of; see ``mainFace(in:)``.
    public func mainFace(inWidth width: Int, height: Int) -> FaceDetection? {
        guard let widest = self.map(\.boundingBox.width).max() else { return nil }
        let (middleX, middleY) = (Float(width) / 2, Float(height) / 2)

        func squaredDistance(_ face: FaceDetection) -> Float {
            let center = face.boundingBox.center
            let (x, y) = (center.x - middleX, center.y - middleY)
            return x * x + y * y
        }

        return filter { $0.boundingBox.width >= 0.5 * widest }
            .min { squaredDistance($0) < squaredDistance($1) }
    }
}
