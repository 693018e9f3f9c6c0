// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// Finds faces and their five landmarks with YuNet, a small anchor-free network.
///
/// W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20, 2023;
/// project libfacedetection. It sees faces from about 10 to 300 pixels; larger ones come into that range because the
/// picture is scaled down to ``Configuration/maximumSide``.
public struct YuNetDetector: Detector {
    /// What is looked for and how far the search goes.
    public struct Configuration: Hashable, Sendable {
        /// Faces below this confidence are dropped.
        ///
        /// The default is 0.6; OpenCV's own default, 0.9, misses many small and turned faces.
        public var minimumConfidence: Float = 0.6
        /// Of two boxes that overlap by more than this (intersection over union), only the better is kept.
        ///
        /// The default is 0.3.
        public var maximumOverlap: Float = 0.3
        /// Faces whose shorter side is less than this many pixels of the picture are dropped.
        ///
        /// The default is 0.
        public var minimumFaceSize: Float = 0
        /// Pictures with a longer side are scaled down to this many pixels before the search.
        ///
        /// The default is 1280.
        public var maximumSide = 1280
        /// At most this many faces are returned, the most confident ones.
        ///
        /// The default is no limit.
        public var maximumFaces: Int?
        /// Whether a picture in which nothing is found is searched again at half its size with a margin around it,
        /// which finds faces that fill the frame.
        ///
        /// The default is true.
        public var searchesCloseUps = true

        /// Creates the default configuration.
        public init() {}
    }

    /// What this detector looks for.
    public let configuration: Configuration
    private let model: LoadedModel
    private let input: ModelInput
    private let decoder: YuNetDecoder
    /// Columns and rows of the plane, for a network that takes no other.
    private let fixedSides: (width: Int, height: Int)?

    /// Reads the network.
    ///
    /// - Parameters:
    ///   - file: `yunet_n`, `yunet_s` or another export with the outputs `cls_8` … `kps_32`. One whose input has fixed
    ///     sides, such as `yunet_2023mar_upstream`, gets every picture scaled into that size.
    ///   - configuration: What to look for.
    ///   - compute: How to compute.
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel``,
    ///   ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard`` or, for a number that makes no sense,
    ///   ``FaceError/Code/invalidConfiguration``.
    public init(
        model file: ModelFile,
        configuration: Configuration = .init(),
        compute: ComputeOptions = .init()
    ) throws(FaceError) {
        guard configuration.maximumSide >= 1 else {
            throw FaceError(
                .invalidConfiguration,
                "a maximum side of \(configuration.maximumSide) pixels holds no picture"
            )
        }
        guard (0...1).contains(configuration.minimumConfidence), (0...1).contains(configuration.maximumOverlap) else {
            throw FaceError(
                .invalidConfiguration,
                "confidence \(configuration.minimumConfidence) and overlap \(configuration.maximumOverlap) must be within 0...1"
            )
        }
        guard configuration.maximumFaces ?? 0 >= 0 else {
            throw FaceError(
                .invalidConfiguration,
                "at most \(configuration.maximumFaces ?? 0) faces cannot be returned"
            )
        }
        self.configuration = configuration
        model = try LoadedModel(file, compute: compute)
        input = try model.pictureInput
        decoder = try YuNetDecoder(model: model)
        let shape = model.network.inputs[0].shape
        if let shape, shape.count == 4, let height = shape[2], let width = shape[3] {
            guard width > 0, height > 0, width <= 16384, height <= 16384 else {
                throw FaceError(
                    .invalidModel,
                    "the model \(file.card.name) wants pictures of \(width)×\(height) pixels"
                )
            }
            fixedSides = (width, height)
        } else {
            fixedSides = nil
        }
    }

    /// Returns faces by falling confidence.
    public func detectFaces(in image: Image) throws(FaceError) -> [FaceDetection] {
        let (width, height) = planeSides(for: image)
        var placement = InputPlacement(image, maximumWidth: width, maximumHeight: height)
        var faces = try detectFaces(in: placement, width: width, height: height)
        if faces.isEmpty, configuration.searchesCloseUps {
            let (innerWidth, innerHeight) = (max(1, placement.content.width / 2), max(1, placement.content.height / 2))
            placement = InputPlacement(
                image,
                maximumWidth: innerWidth,
                maximumHeight: innerHeight,
                left: innerWidth / 2,
                top: innerHeight / 2
            )
            faces = try detectFaces(in: placement, width: width, height: height)
        }
        return Array(faces.prefix(configuration.maximumFaces ?? faces.count))
    }

    /// The plane a picture is searched in: large enough for the picture, or for as much as the configuration allows.
    private func planeSides(for image: Image) -> (width: Int, height: Int) {
        if let fixedSides { return fixedSides }
        let scale = min(1, Double(configuration.maximumSide) / Double(max(image.width, image.height)))
        // The network halves its input five times.
        func padded(_ side: Int) -> Int {
            (max(1, Int((Double(side) * scale).rounded())) + 31) / 32 * 32
        }
        return (padded(image.width), padded(image.height))
    }

    private func detectFaces(in placement: InputPlacement, width: Int, height: Int) throws(FaceError) -> [FaceDetection]
    {
        let tensor = input.tensor(
            of: [placement.content],
            width: width,
            height: height
        )
        let candidates = try decoder.detections(
            in: model.run(tensor),
            width: width,
            height: height,
            minimumConfidence: configuration.minimumConfidence
        )
        return NonMaximumSuppression(threshold: configuration.maximumOverlap)
            .keptIndices(of: candidates.map(\.boundingBox), confidences: candidates.map(\.confidence))
            .map { placement.inPicture(candidates[$0]) }
            .filter { min($0.boundingBox.width, $0.boundingBox.height) >= configuration.minimumFaceSize }
    }
}
