// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

extension FaceCrop {
    /// The longest side of a region, in pixels of the picture: beyond all faces, and small enough to be held in memory.
    private static let longestSide: Float = 16_384

    /// Cuts the crop of a face out of its picture.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks``, ``FaceError/Code/degenerateLandmarks``, or
    ///   ``FaceError/Code/invalidConfiguration`` when the box is empty, not finite or absurdly large.
    public func cut(_ face: FaceDetection, from image: Image) throws(FaceError) -> CroppedFace {
        let box = face.boundingBox
        switch region {
        case .aligned(let template):
            return try cutAligned(landmarks(of: face), to: template, from: image)
        case .eye(let side, let scale):
            let landmarks = try landmarks(of: face)
            let (right, left) = (landmarks.rightEye, landmarks.leftEye)
            let distance = hypot(left.x - right.x, left.y - right.y)
            return try cutSquare(side == .right ? right : left, side: distance * scale, from: image)
        case .square(let scale, let shift, let length):
            let unit = length == .longerSide ? max(box.width, box.height) : (box.width + box.height) / 2
            let center = Point(x: box.center.x, y: box.center.y + shift * unit)
            return try cutSquare(center, side: unit * scale, from: image)
        case .upright(let scale, let shift):
            let unit = max(box.width, box.height)
            return try cutTurned(
                about: box.center,
                side: unit * scale,
                shift: unit * shift,
                angle: face.landmarks?.eyeAngle ?? 0,
                from: image
            )
        case .box(let scale):
            let (columns, rows) = ((box.width * scale).rounded(), (box.height * scale).rounded())
            return try cutRectangle(
                x: (box.center.x - columns / 2).rounded(),
                y: (box.center.y - rows / 2).rounded(),
                width: columns,
                height: rows,
                from: image
            )
        case .insidePicture(let scale):
            return try cutInside(box, scale: scale, from: image)
        }
    }

    private func landmarks(of face: FaceDetection) throws(FaceError) -> Landmarks {
        guard let landmarks = face.landmarks else {
            throw FaceError(
                .missingLandmarks,
                "a crop about eyes, nose and mouth needs landmarks, and the detection has a box only"
            )
        }
        return landmarks
    }

    private func cutSquare(_ center: Point, side: Float, from image: Image) throws(FaceError) -> CroppedFace {
        let side = max(1, side.rounded())
        return try cutRectangle(
            x: (center.x - side / 2).rounded(),
            y: (center.y - side / 2).rounded(),
            width: side,
            height: side,
            from: image
        )
    }

    /// As the authors of MiniFASNet cut, whose second corner is a pixel and not an edge.
    private func cutInside(_ box: BoundingBox, scale: Float, from image: Image) throws(FaceError) -> CroppedFace {
        let (lastX, lastY) = (Float(image.width - 1), Float(image.height - 1))
        let scale = min(lastY / box.height, min(lastX / box.width, scale))
        let (width, height) = (box.width * scale, box.height * scale)
        var (left, top) = (box.center.x - width / 2, box.center.y - height / 2)
        var (right, bottom) = (left + width, top + height)
        if left < 0 { (left, right) = (0, right - left) }
        if top < 0 { (top, bottom) = (0, bottom - top) }
        if right > lastX { (left, right) = (left - right + lastX, lastX) }
        if bottom > lastY { (top, bottom) = (top - bottom + lastY, lastY) }
        let (x, y) = (left.rounded(.towardZero), top.rounded(.towardZero))
        return try cutRectangle(
            x: x,
            y: y,
            width: right.rounded(.towardZero) - x + 1,
            height: bottom.rounded(.towardZero) - y + 1,
            from: image
        )
    }

    private func cutRectangle(
        x: Float,
        y: Float,
        width: Float,
        height: Float,
        from image: Image
    ) throws(FaceError) -> CroppedFace {
        try Self.check(x: x, y: y, width: width, height: height)
        let part = image.cropped(x: Int(x), y: Int(y), width: Int(width), height: Int(height))
        let shrinks = self.width <= part.width && self.height <= part.height
        return CroppedFace(
            image: part.resized(
                width: self.width,
                height: self.height,
                method: sampling == .averaging && shrinks ? .area : .bilinear
            ),
            frame: AffineTransform2x3(
                a: Double(width) / Double(self.width),
                b: 0,
                tx: Double(x),
                c: 0,
                d: Double(height) / Double(self.height),
                ty: Double(y)
            )
        )
    }

    private func cutTurned(
        about center: Point,
        side: Float,
        shift: Float,
        angle: Float,
        from image: Image
    ) throws(FaceError) -> CroppedFace {
        try Self.check(x: center.x, y: center.y, width: side, height: side)
        let (cosine, sine) = (cos(Double(angle)), sin(Double(angle)))
        let (scaleX, scaleY) = (Double(side) / Double(width), Double(side) / Double(height))
        let (a, b, c, d) = (cosine * scaleX, -sine * scaleY, sine * scaleX, cosine * scaleY)
        let x = Double(center.x) - sine * Double(shift)
        let y = Double(center.y) + cosine * Double(shift)
        let frame = AffineTransform2x3(
            a: a,
            b: b,
            tx: x - a * Double(width) / 2 - b * Double(height) / 2,
            c: c,
            d: d,
            ty: y - c * Double(width) / 2 - d * Double(height) / 2
        )
        return CroppedFace(image: try warp(image, frame: frame), frame: frame)
    }

    private func cutAligned(
        _ landmarks: Landmarks,
        to template: AlignmentTemplate,
        from image: Image
    ) throws(FaceError) -> CroppedFace {
        let template = template.scaled(toWidth: width, height: height)
        let map = try SimilarityTransform(mapping: landmarks.points, onto: template.landmarks.points).affine
        guard let back = map.inverse else {
            throw FaceError(.degenerateLandmarks, "an alignment of determinant \(map.determinant) has no way back")
        }
        // Here pixel centres lie at whole numbers; a frame counts from the outer edges.
        let frame = AffineTransform2x3(
            a: back.a,
            b: back.b,
            tx: back.tx + 0.5 - (back.a + back.b) / 2,
            c: back.c,
            d: back.d,
            ty: back.ty + 0.5 - (back.c + back.d) / 2
        )
        guard sampling == .averaging else {
            return CroppedFace(image: try image.warpAffine(map, width: width, height: height), frame: frame)
        }
        return CroppedFace(image: try warp(image, frame: frame), frame: frame)
    }

    /// Samples bilinearly, after an averaging to a size at which that leaves out no pixel.
    private func warp(_ image: Image, frame: AffineTransform2x3) throws(FaceError) -> Image {
        let corners = [(0, 0), (width, 0), (0, height), (width, height)].map {
            frame.applied(to: Point(x: Float($0.0), y: Float($0.1)))
        }
        let xs = corners.map(\.x)
        let ys = corners.map(\.y)
        // A margin for the neighbours of the outermost pixels.
        let margin = Float(max(2, (frame.determinant.magnitude).squareRoot().rounded(.up) + 1))
        let left = ((xs.min() ?? 0) - margin).rounded(.down)
        let top = ((ys.min() ?? 0) - margin).rounded(.down)
        let columns = ((xs.max() ?? 0) + margin).rounded(.up) - left
        let rows = ((ys.max() ?? 0) + margin).rounded(.up) - top
        try Self.check(x: left, y: top, width: columns, height: rows)
        let factor = sampling == .averaging ? max(1, Int(frame.determinant.magnitude.squareRoot())) : 1
        var part = image.cropped(x: Int(left), y: Int(top), width: Int(columns), height: Int(rows))
        var (stepX, stepY) = (1.0, 1.0)
        if factor > 1 {
            let (width, height) = (max(1, part.width / factor), max(1, part.height / factor))
            (stepX, stepY) = (Double(part.width) / Double(width), Double(part.height) / Double(height))
            part = part.resized(width: width, height: height, method: .area)
        }
        // From pixel centres of the crop to pixel centres of the part.
        let back = AffineTransform2x3(
            a: frame.a / stepX,
            b: frame.b / stepX,
            tx: (frame.tx - Double(left) + (frame.a + frame.b) / 2) / stepX - 0.5,
            c: frame.c / stepY,
            d: frame.d / stepY,
            ty: (frame.ty - Double(top) + (frame.c + frame.d) / 2) / stepY - 0.5
        )
        guard let map = back.inverse else {
            throw FaceError(.degenerateLandmarks, "a crop of determinant \(back.determinant) shows nothing")
        }
        return try part.warpAffine(map, width: width, height: height)
    }

    private static func check(x: Float, y: Float, width: Float, height: Float) throws(FaceError) {
        guard width >= 1, height >= 1, width <= longestSide, height <= longestSide, abs(x) <= 1e6, abs(y) <= 1e6 else {
            throw FaceError(
                .invalidConfiguration,
                "a region of \(width)×\(height) pixels at \(x), \(y) cannot be cut out of a picture"
            )
        }
    }
}

extension Landmarks {
    /// The direction from the subject's right eye to the left one, in radians; positive is clockwise on a screen.
    var eyeAngle: Float { atan2(leftEye.y - rightEye.y, leftEye.x - rightEye.x) }

    /// The distance between the centres of the eyes, in pixels.
    public var eyeDistance: Float { hypot(leftEye.x - rightEye.x, leftEye.y - rightEye.y) }
}
