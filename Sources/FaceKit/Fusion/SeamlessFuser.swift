// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Brings the source's features into the target's face without a seam: shapes meet in part, the pictures are mixed by
/// weight, and the mixture's gradients are taken over (Poisson blending), so that light and colour are the target's.
public struct SeamlessFuser: Fuser {
    /// How faces are fused.
    public let configuration: FusionConfiguration

    /// Creates a fuser; the defaults are weight 0.75 and mask scale 0.95.
    public init(configuration: FusionConfiguration = .init()) {
        self.configuration = configuration
    }

    /// Returns the target picture with the source's features in its face.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks``, ``FaceError/Code/degenerateLandmarks``,
    ///   ``FaceError/Code/invalidConfiguration``, or ``FaceError/Code/imageTooLarge`` when memory runs out.
    public func fuse(_ source: FusionFace, into target: FusionFace) throws(FaceError) -> Image {
        let faces = try WarpedFaces(
            source,
            target,
            shapeWeight: configuration.shapeWeight ?? configuration.weight / 2,
            configuration: configuration
        )
        // Mixed beyond the region too: a step from mixture to target at its edge would be a gradient of its own.
        let everywhere = Array(repeating: Float(1), count: faces.region.shares.count)
        let mixed = faces.target.blending(faces.source, shares: everywhere, weight: configuration.weight)
        let seamless = try faces.target.blendingGradients(of: mixed, mask: faces.region.shares)
        // Gradients leave no seam, but a colour may run; towards the edge the target itself counts more and more.
        let blended = faces.target.blending(seamless, shares: faces.softened.shares)
        return faces.picture(blended, in: target.image)
    }
}
