// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP

/// A fuser with the landmarks that it needs.
struct NamedFusionStage: FusionStage {
    let fuser: FuserName
    let landmarks: LandmarkNetwork

    func fuse(
        _ source: (image: Image, face: FaceDetection),
        into target: (image: Image, face: FaceDetection),
        weight: Float?
    ) throws -> Image {
        var configuration = FusionConfiguration()
        configuration.weight = weight ?? configuration.weight
        func face(_ side: (image: Image, face: FaceDetection)) throws -> FusionFace {
            let found = try landmarks.findings(for: FaceViews(of: [side.face], in: side.image))
            return FusionFace(image: side.image, detection: side.face, landmarks: found.first)
        }
        return try fuser.makeFuser(configuration).fuse(face(source), into: face(target))
    }
}
