// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// Finds faces and their five landmarks with RetinaFace or one of the small networks that decode alike.
///
/// J. Deng, J. Guo, E. Ververas, I. Kotsia, S. Zafeiriou, "RetinaFace: Single-Shot Multi-Level Face Localisation in the
/// Wild", CVPR 2020; projects InsightFace, Pytorch_Retinaface and Face-Detector-1MB-with-landmark.
public struct RetinaFaceDetector: Detector {
    /// What is looked for and how far the search goes.
    public typealias Configuration = SingleShotConfiguration

    /// What this detector looks for.
    public var configuration: Configuration { search.configuration }
    private var search: SingleShotSearch

    /// Reads the network.
    ///
    /// - Parameters:
    ///   - file: `retinaface_mnet025`, `retinaface_mnet025_leaky`, `retinaface_slim`, `retinaface_rfb` or another export
    ///     with three outputs: boxes, confidences and landmarks for each anchor. One with nine, three at each stride, is
    ///     taken for InsightFace's own.
    ///   - anchors: The anchors it was trained with; by default those that the card's `decode` states, for InsightFace's
    ///     networks otherwise theirs.
    ///   - configuration: What to look for.
    ///   - compute: How to compute.
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel``,
    ///   ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard``, also when anchors are neither given
    ///   nor stated, or, for a number that makes no sense, ``FaceError/Code/invalidConfiguration``.
    public init(
        model file: ModelFile,
        anchors: RetinaFaceAnchors? = nil,
        configuration: Configuration = .init(),
        compute: ComputeOptions = .init()
    ) throws(FaceError) {
        search = try SingleShotSearch(
            model: file,
            configuration: configuration,
            compute: compute,
            minimumConfidence: 0.6,
            maximumOverlap: 0.4
        ) { model throws(FaceError) in
            if model.network.outputs.count == 9 {
                let stated = try? RetinaFaceAnchors(decodeText: file.card.decode ?? "")
                let usual = try RetinaFaceAnchors(levels: InsightFaceRetinaFaceDecoder.anchors)
                return InsightFaceRetinaFaceDecoder(model: model, anchors: anchors ?? stated ?? usual)
            }
            if let anchors { return try RetinaFaceDecoder(model: model, anchors: anchors) }
            return try RetinaFaceDecoder(model: model, anchors: Self.anchors(statedBy: file.card))
        }
    }

    /// A detector with another configuration that shares this one's network.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` for a number that makes no sense.
    public func configured(_ configuration: Configuration) throws(FaceError) -> RetinaFaceDetector {
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

    private static func anchors(statedBy card: ModelCard) throws(FaceError) -> RetinaFaceAnchors {
        do throws(FaceError) {
            return try RetinaFaceAnchors(decodeText: card.decode ?? "")
        } catch {
            throw FaceError(
                .invalidModelCard,
                "the card of the model \(card.name) states no anchors in its decode: \(error.message)"
            )
        }
    }
}
