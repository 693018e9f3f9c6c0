// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Measures how sharp a face is: the variance of the Laplacian of the brightness of the aligned crop.
///
/// The number of ``Image/laplacianVariance`` on the 112 by 112 pixels that embedders see; above 100 counts as sharp with
/// several services.
public struct SharpnessMeter: FaceAnalyzer {
    /// Creates a meter.
    public init() {}

    /// `"laplacian"`.
    public var name: String { "laplacian" }

    /// The aligned face.
    public var crops: [FaceCrop] { [.arcFace112] }

    /// Returns the variance for each face in squared levels, in the same order.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks``, ``FaceError/Code/degenerateLandmarks``.
    public func findings(for faces: FaceViews) throws(FaceError) -> [Double] {
        try faces.crops(.arcFace112).map(\.image.laplacianVariance)
    }
}
