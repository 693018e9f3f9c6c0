// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Warps a detected face into the pose an ``Embedder`` expects.
public protocol Aligner: Sendable {
    /// Returns the face in its canonical pose.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` when `face` has none and the aligner needs them,
    ///   ``FaceError/Code/degenerateLandmarks`` when they do not define a transform.
    func align(_ face: FaceDetection, in image: Image) throws -> AlignedFace

    /// By how much the crop enlarges the picture, less than 1 where it makes it smaller; `nil` when that is not known,
    /// which is the default.
    ///
    /// It says how much detail of a picture that is not decoded yet the crop can show.
    func enlargement(of face: FaceDetection) -> Double?
}

extension Aligner {
    /// Nothing is known.
    public func enlargement(of face: FaceDetection) -> Double? { nil }

    /// Brings faces into their canonical pose, cut from as small a picture as shows all of the detail that the crops can
    /// hold.
    ///
    /// - Parameters:
    ///   - faces: Faces in pixels of the whole picture.
    ///   - source: The picture.
    /// - Returns: The faces in the given order.
    /// - Throws: The errors of decoding and of ``align(_:in:)-(FaceDetection,_)``.
    public func align(_ faces: [FaceDetection], in source: ImageSource) throws -> [AlignedFace] {
        guard !faces.isEmpty else { return [] }
        // A face of which nothing is known may need every pixel.
        let share = min(1, faces.map { enlargement(of: $0) ?? 1 }.max() ?? 1)
        let (image, reduction) = try source.image(
            atLeastWidth: Int((Double(source.width) * share).rounded(.up)),
            height: Int((Double(source.height) * share).rounded(.up))
        )
        return try faces.map { try align($0.scaled(by: 1 / Float(reduction)), in: image) }
    }
}

/// A face crop in the pose its ``Embedder`` was trained on, made by an ``Aligner``.
public struct AlignedFace: Hashable, Sendable {
    /// The crop.
    public var image: Image

    /// Wraps a picture that already shows a face in canonical pose.
    public init(image: Image) {
        self.image = image
    }
}
