// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// The average of many faces: their mean shape, filled with the mean of their pictures.
public struct FaceAverage: Sendable {
    /// Columns of the result.
    public var width: Int
    /// Rows of the result.
    public var height: Int

    /// Creates an average with pictures of the given size, 480 by 600 by default.
    ///
    /// - Precondition: Both sides are at least 32.
    public init(width: Int = 480, height: Int = 600) {
        precondition(width >= 32 && height >= 32, "an average of \(width)×\(height) pixels shows no face")
        self.width = width
        self.height = height
    }

    /// Returns the average of faces.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` or ``FaceError/Code/degenerateLandmarks`` with the number of the
    ///   face, counted from 1; ``FaceError/Code/invalidConfiguration`` when there is no face.
    public func average(of faces: [FusionFace]) throws(FaceError) -> Image {
        guard !faces.isEmpty else { throw FaceError(.invalidConfiguration, "an average needs a face") }
        var outlines: [FaceOutline] = []
        for (number, face) in faces.enumerated() {
            let outline = try FaceOutline(face, role: "\(number + 1).")
            guard outline.points.count == outlines.first?.points.count ?? outline.points.count else {
                throw FaceError(
                    .missingLandmarks,
                    "the \(number + 1). face of an average has other landmarks than the first: those of one model are wanted"
                )
            }
            outlines.append(outline)
        }
        let shape = try meanShape(outlines)
        let ring = Self.frame(width: width, height: height)
        var sums = [Float](repeating: 0, count: 3 * width * height)
        for (face, outline) in zip(faces, outlines) {
            let map = try SimilarityTransform(mapping: outline.points, onto: shape).affine
            guard let back = map.inverse else {
                throw FaceError(.degenerateLandmarks, "a face of an average has no size")
            }
            let moved = outline.points.map(map.applied)
            let mesh = FaceMesh(
                points: shape + ring,
                sourcePoints: outline.points + ring.map(back.applied),
                targetPoints: moved + ring,
                keeping: ring.count
            )
            let warped = face.image.warpingMesh(
                mesh.triangles,
                from: mesh.sourcePoints,
                to: mesh.points,
                width: width,
                height: height
            )
            for index in sums.indices { sums[index] += Float(warped.image.pixels[index]) }
        }
        let scale = 1 / Float(faces.count)
        return Image(width: width, height: height, validated: sums.map { UInt8(min($0 * scale + 0.5, 255)) })
    }

    /// The mean of the shapes after bringing each to the mean so far, three times over, in the middle of the result.
    private func meanShape(_ outlines: [FaceOutline]) throws(FaceError) -> [Point] {
        // Upright, with the eyes where portraits have them.
        let first = outlines[0]
        let (right, left) = (first.eyes.right, first.eyes.left)
        let start = try SimilarityTransform(
            mapping: [right, left],
            onto: [
                Point(x: Float(width) * 0.34, y: Float(height) * 0.42),
                Point(x: Float(width) * 0.66, y: Float(height) * 0.42),
            ]
        ).affine
        var mean = first.points.map(start.applied)
        for _ in 0..<3 {
            var sums = Array(repeating: SIMD2<Double>.zero, count: mean.count)
            for outline in outlines {
                let map = try SimilarityTransform(mapping: outline.points, onto: mean).affine
                for (index, point) in outline.points.enumerated() {
                    let moved = map.applied(to: point)
                    sums[index] += SIMD2(Double(moved.x), Double(moved.y)) / Double(outlines.count)
                }
            }
            mean = sums.map { Point(x: Float($0.x), y: Float($0.y)) }
        }
        return mean
    }

    /// Points along the edges of a picture.
    private static func frame(width: Int, height: Int) -> [Point] {
        let (right, bottom) = (Float(width - 1), Float(height - 1))
        var points: [Point] = []
        for index in 0...4 {
            let share = Float(index) / 4
            points += [Point(x: share * right, y: 0), Point(x: share * right, y: bottom)]
            if index > 0, index < 4 { points += [Point(x: 0, y: share * bottom), Point(x: right, y: share * bottom)] }
        }
        return points
    }
}
