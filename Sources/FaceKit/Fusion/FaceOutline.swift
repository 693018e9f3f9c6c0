// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// The landmarks of a face that take part in a fusion, and what follows from them.
struct FaceOutline {
    /// The landmarks in their scheme's order, followed by points of the forehead where the scheme has none.
    let points: [Point]
    /// Where in ``points`` the line around the face is: jaw and forehead.
    let rim: [Int]
    /// The inner edge of the lips.
    let innerLips: [Point]
    /// The distance between the outer corners of the eyes, in pixels.
    let eyeDistance: Float
    let pose: HeadPose
    /// The outer corners of the subject's eyes.
    let eyes: (right: Point, left: Point)

    /// The smallest face that is fused: pixels between the outer corners of the eyes.
    private static let smallestEyeDistance: Float = 10

    /// - Parameters:
    ///   - face: A face.
    ///   - role: What the face is in the fusion, for messages.
    /// - Throws: ``FaceError/Code/missingLandmarks`` or ``FaceError/Code/degenerateLandmarks``.
    init(_ face: FusionFace, role: String) throws(FaceError) {
        guard let landmarks = face.landmarks, let points68 = landmarks.points68 else {
            throw FaceError(
                .missingLandmarks,
                "the \(role) face of a fusion has \(face.landmarks?.points.count ?? 0) landmarks, wanted are 68 or more"
            )
        }
        guard landmarks.points.allSatisfy({ abs($0.x) < 1e6 && abs($0.y) < 1e6 }) else {
            throw FaceError(.degenerateLandmarks, "the \(role) face has landmarks far outside of every picture")
        }
        let (right, left) = (points68[36], points68[45])
        eyes = (right, left)
        let width = hypot(left.x - right.x, left.y - right.y)
        let height = hypot(points68[27].x - points68[8].x, points68[27].y - points68[8].y)
        // A head seen from the side has its eyes close together, not its chin close to them.
        eyeDistance = max(width, height * 0.75)
        guard eyeDistance >= Self.smallestEyeDistance else {
            throw FaceError(
                .degenerateLandmarks,
                "the \(role) face is too small to be fused: \(Int(eyeDistance)) pixels from eye to eye,"
                    + " wanted are \(Int(Self.smallestEyeDistance))"
            )
        }
        pose = try HeadPose(fitting: landmarks)
        innerLips = landmarks[.innerLips]
        if landmarks.scheme == .points468 {
            points = landmarks.points
            rim = Self.meshOval
        } else {
            // The brows, moved up by a part of the way from the chin.
            let brows =
                landmarks.scheme.indices(of: .rightEyebrow).prefix(5)
                + landmarks.scheme.indices(of: .leftEyebrow).prefix(5)
            let chin = points68[8]
            let top = points68[27]
            let lift = Float(0.42)
            let up = Point(x: (top.x - chin.x) * lift, y: (top.y - chin.y) * lift)
            let forehead = brows.enumerated().map { index, brow in
                // Less at the temples, as foreheads are round.
                let side = abs(Float(index) - Float(brows.count - 1) / 2) / (Float(brows.count - 1) / 2)
                let share = 1 - 0.45 * side * side
                let point = landmarks.points[brow]
                return Point(x: point.x + up.x * share, y: point.y + up.y * share)
            }
            points = landmarks.points + forehead
            rim =
                landmarks.scheme.indices(of: .jaw)
                + forehead.indices.reversed().map { landmarks.points.count + $0 }
        }
    }

    /// How far the lips are open, as a share of the eye distance.
    var mouthOpening: Float { Self.area(innerLips) / (eyeDistance * eyeDistance) }

    /// The line around the face of MediaPipe's mesh, from the top of the forehead.
    private static let meshOval = [
        10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
        150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
    ]

    private static func area(_ polygon: [Point]) -> Float {
        var doubled: Float = 0
        for (index, point) in polygon.enumerated() {
            let next = polygon[(index + 1) % polygon.count]
            doubled += point.x * next.y - next.x * point.y
        }
        return abs(doubled) / 2
    }
}
