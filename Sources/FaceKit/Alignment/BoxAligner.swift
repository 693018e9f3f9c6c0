// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Cuts out a face by its box with a margin, without turning it: how FaceNet's networks want it.
///
/// The box is widened, limited to the picture and brought to the size of the crop, each axis by itself. Landmarks are
/// not needed.
public struct BoxAligner: Aligner {
    /// Columns of the crop.
    public let width: Int
    /// Rows of the crop.
    public let height: Int
    /// How many of the crop's pixels, of its width and of its height, lie outside the box: half of them on each side.
    public let margin: Int

    /// Creates an aligner; by default 160 by 160 pixels with a margin of 32, as the facenet project aligns.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` when a side is outside 1...16384 or the margin leaves no room for
    ///   the face.
    public init(width: Int = 160, height: Int = 160, margin: Int = 32) throws(FaceError) {
        guard 1...16384 ~= width, 1...16384 ~= height, 0..<min(width, height) ~= margin else {
            throw FaceError(
                .invalidConfiguration,
                "a crop of \(width)×\(height) pixels with a margin of \(margin) shows no face"
            )
        }
        self.width = width
        self.height = height
        self.margin = margin
    }

    /// Returns the crop of the face in `image`.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` when the box is not finite or lies outside the picture.
    public func align(_ face: FaceDetection, in image: Image) throws(FaceError) -> AlignedFace {
        let box = face.boundingBox
        let marginX = box.width * Float(margin) / Float(width - margin) / 2
        let marginY = box.height * Float(margin) / Float(height - margin) / 2
        let (left, right) = (max(box.x - marginX, 0), min(box.maxX + marginX, Float(image.width)))
        let (top, bottom) = (max(box.y - marginY, 0), min(box.maxY + marginY, Float(image.height)))
        // Comparisons with a number that is none are false. Within the picture the conversions to integers are safe.
        guard right - left >= 1, bottom - top >= 1 else {
            throw FaceError(
                .invalidConfiguration,
                "the box \(box.x), \(box.y), \(box.width)×\(box.height) shows nothing of a picture of"
                    + " \(image.width)×\(image.height) pixels"
            )
        }
        let crop = image.cropped(
            x: Int(left),
            y: Int(top),
            width: Int(right) - Int(left),
            height: Int(bottom) - Int(top)
        )
        let enlarges = crop.width < width || crop.height < height
        return AlignedFace(
            image: crop.resized(width: width, height: height, method: enlarges ? .bilinear : .area)
        )
    }

    /// The greater of the ratios of the sides of the crop and of the widened box.
    public func enlargement(of face: FaceDetection) -> Double? {
        let box = face.boundingBox
        guard box.width > 0, box.height > 0 else { return nil }
        return Double(max(Float(width - margin) / box.width, Float(height - margin) / box.height))
    }
}
