// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
public import FaceKit

/// The stages at work on one request, on one thread; takes the time of each.
public final class FaceWork {
    /// The milliseconds that stages took so far, by their names.
    public private(set) var times: [String: Double] = [:]
    private let stages: Stages
    private let limits: ImageLimits
    private let metrics: ServerMetrics

    /// The stages that a plan names.
    struct Stages: Sendable {
        var detector: (any Detector)?
        var recognizer: Recognizer?
        var attributes: (any AttributeStage)?
        var fusion: (any FusionStage)?
    }

    init(stages: Stages, limits: ImageLimits, metrics: ServerMetrics) {
        self.stages = stages
        self.limits = limits
        self.metrics = metrics
    }

    /// The recognizer, where the plan has one.
    public var recognizer: Recognizer? { stages.recognizer }

    /// Decodes a picture within the limits of the service.
    public func decode(_ bytes: [UInt8], appliesOrientation: Bool = true) throws -> Image {
        try timed("decode") { try Image(decoding: bytes, limits: limits, appliesOrientation: appliesOrientation) }
    }

    /// In which order faces are wanted.
    public enum Order: Sendable {
        /// As the detector gives them: by falling confidence.
        case confidence
        /// The largest first.
        case area
    }

    /// Finds faces.
    ///
    /// - Parameters:
    ///   - image: Where.
    ///   - minimumConfidence: Faces below are dropped.
    ///   - order: In which order they are wanted.
    ///   - limit: How many at most; 0 stands for all.
    /// - Returns: The faces.
    /// - Throws: What the detector throws.
    public func detect(
        in image: Image,
        minimumConfidence: Float = 0,
        order: Order = .confidence,
        limit: Int = 0
    ) throws -> [FaceDetection] {
        guard let detector = stages.detector else { preconditionFailure("the plan names no detector") }
        var faces = try timed("detector") { try detector.detectFaces(in: image) }
        faces.removeAll { $0.confidence < minimumConfidence }
        if order == .area {
            // A stable order, so that equals stay by confidence.
            faces = faces.enumerated()
                .sorted {
                    (-$0.element.boundingBox.area, $0.offset) < (-$1.element.boundingBox.area, $1.offset)
                }
                .map(\.element)
        }
        if limit > 0 { faces = Array(faces.prefix(limit)) }
        metrics.faces(faces.count)
        return faces
    }

    /// Embeds faces of a picture.
    public func embed(_ faces: [FaceDetection], in image: Image) throws -> [Embedding] {
        guard let recognizer = stages.recognizer else { preconditionFailure("the plan embeds nothing") }
        guard !faces.isEmpty else { return [] }
        return try timed("calculator") {
            try recognizer.embedder.embed(faces.map { try recognizer.aligner.align($0, in: image) })
        }
    }

    /// Embeds a picture that shows a face and nothing else.
    public func embed(whole image: Image) throws -> Embedding {
        guard let recognizer = stages.recognizer else { preconditionFailure("the plan embeds nothing") }
        let size = recognizer.inputSize
        return try timed("calculator") {
            let face = AlignedFace(image: image.resized(width: size.width, height: size.height))
            return try recognizer.embedder.embed([face])[0]
        }
    }

    /// Embeds aligned faces together with their mirror images.
    public func embedWithMirrors(_ faces: [FaceDetection], in image: Image) throws -> [Embedding] {
        guard let recognizer = stages.recognizer else { preconditionFailure("the plan embeds nothing") }
        return try timed("calculator") {
            try faces.map { face in
                let aligned = try recognizer.aligner.align(face, in: image)
                let both = try recognizer.embedder.embed([
                    aligned, AlignedFace(image: aligned.image.upright(from: .upMirrored)),
                ])
                return try Embedding(
                    space: both[0].space,
                    normalizing: zip(both[0].vector, both[1].vector).map { $0 + $1 }
                )
            }
        }
    }

    /// Finds out the attributes of the plan about faces of a picture.
    public func attributes(of faces: [FaceDetection], in image: Image) throws -> [FaceAttributes] {
        guard let stage = stages.attributes, !faces.isEmpty else { return faces.map { _ in FaceAttributes() } }
        return try stage.attributes(of: faces, in: image) { attribute, seconds in
            times[attribute.rawValue, default: 0] += seconds * 1000
            metrics.stage(attribute.rawValue, seconds: seconds)
        }
    }

    /// Blends a face into another picture; see ``FusionStage``.
    public func fuse(
        _ source: (image: Image, face: FaceDetection),
        into target: (image: Image, face: FaceDetection),
        weight: Float? = nil
    ) throws -> Image {
        guard let fusion = stages.fusion else { preconditionFailure("the plan fuses nothing") }
        return try timed("fusion") { try fusion.fuse(source, into: target, weight: weight) }
    }

    /// Runs a stage and takes its time.
    public func timed<Result>(_ name: String, _ stage: () throws -> Result) rethrows -> Result {
        let begun = DispatchTime.now()
        defer {
            let seconds = DispatchTime.now().seconds(since: begun)
            times[name, default: 0] += seconds * 1000
            metrics.stage(name, seconds: seconds)
        }
        return try stage()
    }
}
