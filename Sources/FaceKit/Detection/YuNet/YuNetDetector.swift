// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Finds faces and their five landmarks with YuNet, a small anchor-free network.
///
/// W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20, 2023;
/// project libfacedetection. It sees faces from about 10 to 300 pixels; larger ones come into that range because the
/// picture is scaled down to ``SingleShotConfiguration/maximumSide``. Overlaps are measured on whole pixels as in OpenCV,
/// whose results it reproduces; it matters for faces of a few pixels.
public struct YuNetDetector: Detector {
    /// What is looked for and how far the search goes.
    public typealias Configuration = SingleShotConfiguration

    /// What this detector looks for.
    public var configuration: Configuration { search.configuration }
    private var search: SingleShotSearch

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
        search = try SingleShotSearch(
            model: file,
            configuration: configuration,
            compute: compute,
            minimumConfidence: 0.6,
            maximumOverlap: 0.3,
            cutsToPixels: true
        ) { model throws(FaceError) in try YuNetDecoder(model: model) }
    }

    /// A detector with another configuration that shares this one's network.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` for a number that makes no sense.
    public func configured(_ configuration: Configuration) throws(FaceError) -> YuNetDetector {
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
