// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// Finds faces and their five landmarks with MTCNN, a cascade of three small networks.
///
/// K. Zhang, Z. Zhang, Z. Li, Y. Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
/// Networks", Signal Processing Letters 23(10), 2016. The arithmetic, with boxes in whole pixels that are counted from
/// 1 and include both ends, follows the facenet project, whose results it reproduces.
public struct MTCNNDetector: Detector {
    /// What is looked for and how far the search goes.
    public struct Configuration: Hashable, Sendable {
        /// The smallest face that is looked for, in pixels of the picture's height.
        ///
        /// Time grows with the square of its inverse; in the picture that is searched, which may be scaled down, it is
        /// at least 12. The default is 20.
        public var minimumFaceSize: Float = 20
        /// The confidence a window needs to pass the first network.
        ///
        /// The default is 0.6.
        public var proposalConfidence: Float = 0.6
        /// The confidence a window needs to pass the second network.
        ///
        /// The default is 0.7.
        public var refinementConfidence: Float = 0.7
        /// The confidence a face needs after the third network.
        ///
        /// The default is 0.7.
        public var minimumConfidence: Float = 0.7
        /// The ratio of one size of the picture to the one before, in the first stage.
        ///
        /// The default is 0.709, which halves the area.
        public var scaleFactor: Float = 0.709
        /// Of two faces that overlap by more than this share of the smaller one, only the better is kept.
        ///
        /// The default is 0.7.
        public var maximumOverlap: Float = 0.7
        /// Pictures with a longer side are scaled down to this many pixels before the search.
        ///
        /// The default is 1280.
        public var maximumSide = 1280
        /// At most this many faces are returned, the most confident ones.
        ///
        /// The default is no limit.
        public var maximumFaces: Int?
        /// Whether a picture in which nothing is found, or only what may be parts of a large face, is searched
        /// again at smaller sizes with a margin around it, which finds faces that fill the frame; see
        /// ``CloseUpRetryingDetector``.
        ///
        /// The default is true.
        public var searchesCloseUps = true

        /// Creates the default configuration.
        public init() {}

        fileprivate func validate() throws(FaceError) {
            guard minimumFaceSize >= 1, minimumFaceSize.isFinite, maximumSide >= 1 else {
                throw FaceError(
                    .invalidConfiguration,
                    "faces of \(minimumFaceSize) pixels in pictures of at most \(maximumSide) cannot be searched for;"
                        + " both must be 1 or more"
                )
            }
            guard 0.1...0.95 ~= scaleFactor else {
                throw FaceError(.invalidConfiguration, "the scale factor \(scaleFactor) is outside 0.1...0.95")
            }
            guard maximumFaces ?? 0 >= 0 else {
                throw FaceError(.invalidConfiguration, "at most \(maximumFaces ?? 0) faces cannot be returned")
            }
        }
    }

    /// The names of the three models, in the order of the stages.
    public static let modelNames = ["mtcnn_pnet", "mtcnn_rnet", "mtcnn_onet"]

    /// What this detector looks for.
    public private(set) var configuration: Configuration
    private let cascade: MTCNNCascade

    /// Reads the three networks.
    ///
    /// - Parameters:
    ///   - proposal: `mtcnn_pnet`.
    ///   - refinement: `mtcnn_rnet`.
    ///   - output: `mtcnn_onet`.
    ///   - configuration: What to look for.
    ///   - compute: How to compute.
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel``,
    ///   ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard`` or, for a number that makes no sense,
    ///   ``FaceError/Code/invalidConfiguration``.
    public init(
        proposal: ModelFile,
        refinement: ModelFile,
        output: ModelFile,
        configuration: Configuration = .init(),
        compute: ComputeOptions = .init()
    ) throws(FaceError) {
        try configuration.validate()
        self.configuration = configuration
        cascade = try MTCNNCascade(
            proposal: LoadedModel(proposal, compute: compute),
            refinement: LoadedModel(refinement, compute: compute),
            output: LoadedModel(output, compute: compute)
        )
    }

    /// Reads the three networks from a store.
    ///
    /// - Throws: ``FaceError/Code/modelNotFound`` and what the other initialiser throws.
    public init(
        models: ModelStore,
        configuration: Configuration = .init(),
        compute: ComputeOptions = .init()
    ) throws(FaceError) {
        try self.init(
            proposal: models.model(named: Self.modelNames[0]),
            refinement: models.model(named: Self.modelNames[1]),
            output: models.model(named: Self.modelNames[2]),
            configuration: configuration,
            compute: compute
        )
    }

    /// A detector with another configuration that shares this one's networks.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` for a number that makes no sense.
    public func configured(_ configuration: Configuration) throws(FaceError) -> MTCNNDetector {
        try configuration.validate()
        var detector = self
        detector.configuration = configuration
        return detector
    }

    /// Returns faces by falling confidence.
    public func detectFaces(in image: Image) throws(FaceError) -> [FaceDetection] {
        try detectFaces(in: .image(image))
    }

    /// Returns faces by falling confidence, in pixels of the whole picture, of which no more is decoded than needed.
    public func detectFaces(in source: ImageSource) throws(FaceError) -> [FaceDetection] {
        try detectFaces(in: .source(source))
    }

    private func detectFaces(in picture: SearchedPicture) throws(FaceError) -> [FaceDetection] {
        var faces = try search(picture)
        if configuration.searchesCloseUps {
            faces = try CloseUp.faces(
                after: faces,
                size: (picture.width, picture.height),
                maximumSide: configuration.maximumSide
            ) { share throws(FaceError) in
                let closeUp = try CloseUp(of: picture, maximumSide: configuration.maximumSide, share: share)
                return try search(.image(closeUp.picture)).map(closeUp.inPicture)
            }
        }
        return Array(faces.prefix(configuration.maximumFaces ?? faces.count))
    }

    private func search(_ picture: SearchedPicture) throws(FaceError) -> [FaceDetection] {
        let side = configuration.maximumSide
        let placement = try InputPlacement(picture, maximumWidth: side, maximumHeight: side)
        let shrinkage =
            Float(max(placement.content.width, placement.content.height)) / Float(max(picture.width, picture.height))
        var inner = configuration
        // Sizes are given in pixels of the picture, the cascade works on the scaled one. Below 12 pixels the first
        // network would see an enlarged picture, which costs much and shows nothing new.
        inner.minimumFaceSize = max(12, configuration.minimumFaceSize * shrinkage)
        return try cascade.detectFaces(in: placement.content, configuration: inner).map(placement.inPicture)
    }
}
