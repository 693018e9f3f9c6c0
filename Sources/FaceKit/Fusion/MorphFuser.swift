// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Turns the target's face into one between both: shapes meet, and the pictures are dissolved into each other.
public struct MorphFuser: Fuser {
    /// How faces are fused.
    public let configuration: FusionConfiguration

    /// Creates a fuser.
    public init(configuration: FusionConfiguration = .init()) {
        self.configuration = configuration
    }

    /// Returns the target picture with a face between both.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks``, ``FaceError/Code/degenerateLandmarks``, or
    ///   ``FaceError/Code/invalidConfiguration``.
    public func fuse(_ source: FusionFace, into target: FusionFace) throws(FaceError) -> Image {
        let faces = try WarpedFaces(
            source,
            target,
            shapeWeight: configuration.shapeWeight ?? configuration.weight,
            configuration: configuration
        )
        let blended = faces.target.blending(faces.source, shares: faces.softened.shares, weight: configuration.weight)
        return faces.picture(blended, in: target.image)
    }
}
