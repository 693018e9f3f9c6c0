// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Finds faces and their five landmarks with SCRFD.
///
/// J. Guo, J. Deng, A. Lattas, S. Zafeiriou, "Sample and Computation Redistribution for Efficient Face Detection", ICLR
/// 2022; project InsightFace, whose weights may be used for research that is not commercial.
public struct SCRFDDetector: Detector {
    /// What is looked for and how far the search goes.
    public typealias Configuration = SingleShotConfiguration

    /// What this detector looks for.
    public var configuration: Configuration { search.configuration }
    private var search: SingleShotSearch

    /// Reads the network.
    ///
    /// - Parameters:
    ///   - file: `scrfd_500m`, `scrfd_2.5g` or another export with landmarks, three strides and two anchors for each
    ///     cell.
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
        search = try SingleShotSearch(
            model: file,
            configuration: configuration,
            compute: compute,
            minimumConfidence: 0.5,
            maximumOverlap: 0.4
        ) { model throws(FaceError) in try SCRFDDecoder(model: model) }
    }

    /// A detector with another configuration that shares this one's network.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` for a number that makes no sense.
    public func configured(_ configuration: Configuration) throws(FaceError) -> SCRFDDetector {
        var detector = self
        detector.search = try search.configured(configuration)
        return detector
    }

    /// Returns faces by falling confidence.
    public func detectFaces(in image: Image) throws(FaceError) -> [FaceDetection] {
        try search.detectFaces(in: .image(image))
    }

    /// Returns faces by falling confidence, in pixels of the whole picture, of which no more is decoded than needed.
    public func detectFaces(in source: ImageSource) throws(FaceError) -> [FaceDetection] {
        try search.detectFaces(in: .source(source))
    }
}
