// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Which detector a system uses and what it looks for.
public struct DetectorSettings: Hashable, Sendable {
    /// `yunet`, `mtcnn`, `retinaface` or `scrfd`.
    public var name: String
    /// The model; `nil` stands for the best of the detector's models that is installed.
    ///
    /// MTCNN has models of its own.
    public var model: String?
    /// Faces below this confidence are not found; `nil` stands for the detector's own default.
    public var minimumConfidence: Float?
    /// The smallest face, in pixels of the picture; `nil` stands for the detector's own default.
    public var minimumFaceSize: Float?
    /// Pictures with a longer side are scaled down to this many pixels before the search.
    public var maximumSide: Int
    /// MTCNN's thresholds of the first two stages and the factor of its pyramid.
    public var cascade: Cascade

    /// What only MTCNN has.
    public struct Cascade: Hashable, Sendable {
        /// Threshold of the first stage.
        public var proposal: Float
        /// Threshold of the second stage.
        public var refinement: Float
        /// Ratio of one size of the picture to the one before.
        public var factor: Float

        /// Creates settings; the defaults are those of the facenet project.
        public init(proposal: Float = 0.6, refinement: Float = 0.7, factor: Float = 0.709) {
            (self.proposal, self.refinement, self.factor) = (proposal, refinement, factor)
        }
    }

    /// Creates settings.
    public init(
        _ name: String,
        model: String? = nil,
        minimumConfidence: Float? = nil,
        minimumFaceSize: Float? = nil,
        maximumSide: Int = 1280,
        cascade: Cascade = .init()
    ) {
        self.name = name
        self.model = model
        self.minimumConfidence = minimumConfidence
        self.minimumFaceSize = minimumFaceSize
        self.maximumSide = maximumSide
        self.cascade = cascade
    }

    /// The names of the detectors.
    public static let names = ["yunet", "mtcnn", "retinaface", "scrfd"]

    /// MTCNN as the documents of the systems describe it: faces from 20 pixels, thresholds 0.6, 0.7, 0.7.
    public static let mtcnn = DetectorSettings("mtcnn", minimumConfidence: 0.7, minimumFaceSize: 20)
}
