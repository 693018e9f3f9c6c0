// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Source and target of a fusion in one shape, in a rectangle of the target picture, and where they are to be blended.
struct WarpedFaces {
    /// Left edge and top edge of the rectangle in the target picture.
    let origin: (x: Int, y: Int)
    /// The target in the common shape.
    let target: Image
    /// The source in the common shape, with the target's pixels where it does not reach.
    let source: Image
    /// Where the source counts, hard-edged: 1 or 0.
    let region: BlendMask
    /// How much of the source shows, soft towards the edge of the region and where the mouth is open in the target only.
    let softened: BlendMask

    /// Brings both faces into one shape.
    ///
    /// - Parameters:
    ///   - source: The face to be shown.
    ///   - target: The face in whose place.
    ///   - shapeWeight: How far the common shape is the source's.
    ///   - configuration: Size and softness of the region, and the colours.
    /// - Throws: ``FaceError/Code/missingLandmarks``, ``FaceError/Code/degenerateLandmarks``,
    ///   ``FaceError/Code/invalidConfiguration``.
    init(
        _ source: FusionFace,
        _ target: FusionFace,
        shapeWeight: Float,
        configuration: FusionConfiguration
    ) throws(FaceError) {
        try configuration.validate()
        let from = try FaceOutline(source, role: "source")
        let to = try FaceOutline(target, role: "target")
        guard from.points.count == to.points.count else {
            throw FaceError(
                .missingLandmarks,
                "source and target of a fusion have \(source.landmarks?.points.count ?? 0) and"
                    + " \(target.landmarks?.points.count ?? 0) landmarks, wanted are those of one model"
            )
        }
        try Self.checkTurn(from.pose, to.pose, largest: configuration.largestTurn)
        let (rectangle, ring) = try Self.surroundings(of: to, in: target.image)
        origin = (rectangle.x, rectangle.y)
        let shift = { (point: Point) in Point(x: point.x - Float(rectangle.x), y: point.y - Float(rectangle.y)) }
        let near = target.image.cropped(
            x: rectangle.x,
            y: rectangle.y,
            width: rectangle.width,
            height: rectangle.height
        )

        let alignment = try SimilarityTransform(mapping: from.points, onto: to.points).affine
        guard let back = alignment.inverse else {
            throw FaceError(.degenerateLandmarks, "the faces of a fusion differ in size by \(alignment.determinant)")
        }
        let shape = zip(from.points, to.points).map { source, target in
            let moved = alignment.applied(to: source)
            return shift(
                Point(
                    x: target.x + (moved.x - target.x) * shapeWeight,
                    y: target.y + (moved.y - target.y) * shapeWeight
                )
            )
        }
        let mesh = FaceMesh(
            points: shape + ring.map(shift),
            sourcePoints: from.points + ring.map(back.applied),
            targetPoints: to.points.map(shift) + ring.map(shift),
            keeping: ring.count
        )
        guard mesh.triangles.count >= 8 else {
            throw FaceError(
                .degenerateLandmarks,
                "the landmarks of the faces of a fusion are folded: only \(mesh.triangles.count) triangles lie the same way"
            )
        }
        let (width, height) = (near.width, near.height)
        if shapeWeight > 0 {
            let moved = near.warpingMesh(
                mesh.triangles,
                from: mesh.targetPoints,
                to: mesh.points,
                width: width,
                height: height
            )
            self.target = near.replacing(with: moved.image, where: moved.covered)
        } else {
            self.target = near
        }
        let shown = source.image.warpingMesh(
            mesh.triangles,
            from: mesh.sourcePoints,
            to: mesh.points,
            width: width,
            height: height
        )

        var region = BlendMask(
            polygon: to.rim.map { shape[$0] }.convexHull.scaled(by: configuration.maskScale),
            width: width,
            height: height
        )
        // Nothing is shown that lies beyond the source picture, or that no triangle reaches.
        let seen = BlendMask(
            polygon: Self.corners(of: source.image).map { shift(alignment.applied(to: $0)) },
            width: width,
            height: height
        )
        for index in region.shares.indices where shown.covered[index] == 0 || seen.shares[index] == 0 {
            region.shares[index] = 0
        }
        guard region.shares.contains(where: { $0 > 0 }) else {
            throw FaceError(.degenerateLandmarks, "the face region of a fusion lies outside of the picture")
        }
        let features = Self.features(shape, of: target, region: region)
        let colored =
            configuration.matchesColors
            ? shown.image.matchingColors(of: self.target, where: features.shares) : shown.image
        self.source = self.target.replacing(with: colored, where: shown.covered)
        var softened = Self.softened(region, from: from, to: to, shape: shape, configuration: configuration)
        let likeness = Self.likeness(
            self.source,
            self.target,
            region: region,
            features: features,
            eyeDistance: to.eyeDistance
        )
        region.multiply(by: likeness)
        softened.multiply(by: likeness)
        self.region = region
        self.softened = softened
    }

    /// The part of the region from the brows to the mouth, which is skin and features and neither hair nor background.
    private static func features(_ shape: [Point], of target: FusionFace, region: BlendMask) -> BlendMask {
        let indices = target.landmarks?.scheme.indicesOf68?.dropFirst(17) ?? []
        var features = BlendMask(
            polygon: indices.map { shape[$0] }.convexHull,
            width: region.width,
            height: region.height
        )
        features.multiply(by: region.shares)
        // A face that is cut off between brows and mouth has only what there is.
        return features.shares.contains { $0 > 0 } ? features : region
    }

    /// How much source and target look alike at large, 0 to 1; always 1 between brows and mouth.
    ///
    /// About the features hair, hats and shadows of one picture meet skin in the other: there the target stays.
    private static func likeness(
        _ source: Image,
        _ target: Image,
        region: BlendMask,
        features: BlendMask,
        eyeDistance: Float
    ) -> [Float] {
        var difference = [Float](repeating: 0, count: region.shares.count)
        for index in difference.indices where region.shares[index] > 0 {
            let (red, green, blue) = (3 * index, 3 * index + 1, 3 * index + 2)
            difference[index] =
                0.299 * (Float(source.pixels[red]) - Float(target.pixels[red]))
                + 0.587 * (Float(source.pixels[green]) - Float(target.pixels[green]))
                + 0.114 * (Float(source.pixels[blue]) - Float(target.pixels[blue]))
        }
        let (width, height) = (region.width, region.height)
        let reach = max(2, Int(eyeDistance * 0.08))
        var weight = region.shares
        RunningMeans.blur(&difference, width: width, height: height, columns: reach, rows: reach)
        RunningMeans.blur(&weight, width: width, height: height, columns: reach, rows: reach)
        var inner = features
        let softness = max(2, Int(eyeDistance * 0.1))
        inner.blur(columns: softness, rows: softness)
        // Light falls differently on two faces; hair against skin differs by more.
        let (alike, unlike): (Float, Float) = (30, 65)
        var likeness = difference.indices.map { index in
            guard weight[index] > 0.05 else { return Float(1) }
            let share = (abs(difference[index] / weight[index]) - alike) / (unlike - alike)
            let step = min(max(share, 0), 1)
            return 1 - step * step * (3 - 2 * step) * (1 - inner.shares[index])
        }
        RunningMeans.blur(&likeness, width: width, height: height, columns: reach, rows: reach)
        return likeness.map { min(max($0, 0), 1) }
    }

    private static func softened(
        _ region: BlendMask,
        from: FaceOutline,
        to: FaceOutline,
        shape: [Point],
        configuration: FusionConfiguration
    ) -> BlendMask {
        let natural = max(3, Int(to.eyeDistance * 0.22))
        let blur = configuration.blur ?? (natural, natural)
        var softened = region
        softened.feather(columns: blur.width, rows: blur.height)
        // Lips that are closed in the source have nothing to show between those that are open in the target.
        if to.mouthOpening > 0.02, from.mouthOpening < 0.4 * to.mouthOpening {
            var mouth = BlendMask(
                polygon: to.innerLips.map { point in
                    // The lips move with the shape by what their nearest landmark moves.
                    let index = to.points.firstIndex(of: point) ?? 0
                    return shape[index]
                },
                width: region.width,
                height: region.height
            )
            let reach = max(2, Int(to.eyeDistance * 0.04))
            mouth.blur(columns: reach, rows: reach)
            for index in softened.shares.indices { softened.shares[index] *= 1 - mouth.shares[index] }
        }
        return softened
    }

    /// Puts a blended rectangle back into the target picture, as far as the region reaches.
    ///
    /// Outside of the region only what the change of the shape moved is another than in the target.
    func picture(_ blended: Image, in target: Image) -> Image {
        target.replacing(with: blended, atX: origin.x, y: origin.y)
    }

    private static func checkTurn(_ source: HeadPose, _ target: HeadPose, largest: Float) throws(FaceError) {
        for (role, pose) in [("source", source), ("target", target)] where abs(pose.yaw) > 1.5 * largest {
            throw FaceError(
                .degenerateLandmarks,
                "the \(role) face is turned by \(Int(abs(pose.degrees.yaw)))° to the side, too far to be fused"
            )
        }
        let difference = abs(source.yaw - target.yaw)
        guard difference <= largest else {
            throw FaceError(
                .degenerateLandmarks,
                "the faces of a fusion are turned against each other by \(Int(difference * 180 / .pi))°,"
                    + " at most \(Int(largest * 180 / .pi))° are possible"
            )
        }
    }

    /// The rectangle about a face in which a fusion works, and points about the face that do not move.
    private static func surroundings(
        of face: FaceOutline,
        in image: Image
    ) throws(FaceError) -> (rectangle: (x: Int, y: Int, width: Int, height: Int), ring: [Point]) {
        let hull = face.rim.map { face.points[$0] }
        let box = BoundingBox(around: hull)
        let (radiusX, radiusY) = (max(box.width, face.eyeDistance) * 0.85, max(box.height, face.eyeDistance) * 0.8)
        let left = max(0, Int((box.center.x - radiusX).rounded(.down)))
        let top = max(0, Int((box.center.y - radiusY).rounded(.down)))
        let right = min(image.width, Int((box.center.x + radiusX).rounded(.up)) + 1)
        let bottom = min(image.height, Int((box.center.y + radiusY).rounded(.up)) + 1)
        guard right - left >= 8, bottom - top >= 8 else {
            throw FaceError(
                .degenerateLandmarks,
                "the target face of a fusion lies outside of its picture of \(image.width)×\(image.height) pixels"
            )
        }
        // An ellipse within the rectangle, cut off at the edges of the picture, whose own corners and edges are added.
        let count = 24
        var ring = (0..<count).map { index in
            let angle = 2 * Float.pi * Float(index) / Float(count)
            return Point(
                x: min(max(box.center.x + cos(angle) * (radiusX - 1), Float(left)), Float(right - 1)),
                y: min(max(box.center.y + sin(angle) * (radiusY - 1), Float(top)), Float(bottom - 1))
            )
        }
        let (lastX, lastY) = (Float(right - 1), Float(bottom - 1))
        ring += [
            Point(x: Float(left), y: Float(top)), Point(x: lastX, y: Float(top)), Point(x: Float(left), y: lastY),
            Point(x: lastX, y: lastY),
        ]
        return ((left, top, right - left, bottom - top), ring)
    }

    /// The corners of a picture, in order.
    private static func corners(of image: Image) -> [Point] {
        let (right, bottom) = (Float(image.width) - 0.5, Float(image.height) - 0.5)
        return [
            Point(x: -0.5, y: -0.5), Point(x: right, y: -0.5), Point(x: right, y: bottom), Point(x: -0.5, y: bottom),
        ]
    }
}
