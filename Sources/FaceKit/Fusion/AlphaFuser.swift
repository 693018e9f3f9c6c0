// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Lays the source's face over the target's by a soft mask; the target keeps its shape.
public struct AlphaFuser: Fuser {
    /// How faces are fused; the shape weight does not count.
    public let configuration: FusionConfiguration

    /// Creates a fuser.
    public init(configuration: FusionConfiguration = .init()) {
        self.configuration = configuration
    }

    /// Returns the target picture with the source's face laid over its own.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks``, ``FaceError/Code/degenerateLandmarks``, or
    ///   ``FaceError/Code/invalidConfiguration``.
    public func fuse(_ source: FusionFace, into target: FusionFace) throws(FaceError) -> Image {
        let faces = try WarpedFaces(source, target, shapeWeight: 0, configuration: configuration)
        let blended = faces.target.blending(faces.source, shares: faces.softened.shares, weight: configuration.weight)
        return faces.picture(blended, in: target.image)
    }
}
