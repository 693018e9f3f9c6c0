// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Tells one thing of a face: where its landmarks are, which way it looks, how old it seems.
///
/// A stage says which parts of the picture it looks at, and takes them from ``FaceViews``, which cuts every distinct
/// part only once however many stages want it.
public protocol FaceAnalyzer<Finding>: Sendable {
    /// What it tells of one face.
    associatedtype Finding: Sendable

    /// The model or method, for people and for logs, such as `"fsanet_var"`.
    var name: String { get }

    /// The parts of the picture it looks at.
    var crops: [FaceCrop] { get }

    /// Returns one finding for each face, in the same order.
    ///
    /// Blocks the calling thread for the whole computation.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` when a crop needs landmarks and a detection has none, and what a
    ///   stage's network throws.
    func findings(for faces: FaceViews) throws -> [Finding]
}
