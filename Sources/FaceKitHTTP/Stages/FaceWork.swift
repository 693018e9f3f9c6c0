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

    /// Reads the header of a picture within the limits of the service.
    ///
    /// The picture is decoded by the stages that look at it, and no larger than they need it.
    ///
    /// - Throws: ``FaceKit/FaceError`` with a code of which ``FaceKit/FaceError/Code/isAboutPicture`` is true.
    public func open(_ bytes: [UInt8], appliesOrientation: Bool = true) throws(FaceError) -> ImageSource {
        try ImageSource(bytes, limits: limits, appliesOrientation: appliesOrientation)
    }

    /// Reads the header of a picture file; see ``open(_:appliesOrientation:)``.
    public func open(contentsOfFile path: String) throws(FaceError) -> ImageSource {
        try ImageSource(contentsOfFile: path, limits: limits)
    }

    /// Runs `body` on a picture.
    ///
    /// - Returns: What `body` returns; `nil` also when the picture cannot be decoded, wherever that shows.
    /// - Throws: What `body` throws otherwise.
    public func withPicture<Result>(
        _ bytes: [UInt8],
        appliesOrientation: Bool = true,
        _ body: (ImageSource) throws -> Result?
    ) throws -> Result? {
        do {
            return try body(open(bytes, appliesOrientation: appliesOrientation))
        } catch let error as FaceError where error.code.isAboutPicture {
            return nil
        }
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
    ///   - source: Where.
    ///   - minimumConfidence: Faces below are dropped.
    ///   - order: In which order they are wanted.
    ///   - limit: How many at most; 0 stands for all.
    /// - Returns: The faces.
    /// - Throws: What the detector throws, and the errors of decoding.
    public func detect(
        in source: ImageSource,
        minimumConfidence: Float = 0,
        order: Order = .confidence,
        limit: Int = 0
    ) throws -> [FaceDetection] {
        guard let detector = stages.detector else { preconditionFailure("the plan names no detector") }
        // Attributes are read from the whole picture: once it is there, nothing smaller need be decoded besides.
        if stages.attributes != nil { _ = try whole(source) }
        var faces = try timed("detector", on: source) { try detector.detectFaces(in: source) }
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
    public func embed(_ faces: [FaceDetection], in source: ImageSource) throws -> [Embedding] {
        try embedded(faces, in: source) { try $0.embed($1) }
    }

    /// Embeds faces of a picture and measures the networks' vectors; lengths are `nil` where the embedder does not know.
    func measuredEmbeddings(
        of faces: [FaceDetection],
        in source: ImageSource
    ) throws -> [(embedding: Embedding, length: Float?)] {
        try embedded(faces, in: source) { try Self.measuredEmbeddings(of: $1, by: $0) }
    }

    private static func measuredEmbeddings(
        of faces: [AlignedFace],
        by embedder: any Embedder
    ) throws -> [(embedding: Embedding, length: Float?)] {
        guard let embedder = embedder as? any MeasuringEmbedder else {
            return try embedder.embed(faces).map { ($0, nil) }
        }
        return try embedder.measuredEmbeddings(of: faces).map { ($0.embedding, $0.length) }
    }

    private func embedded<Result>(
        _ faces: [FaceDetection],
        in source: ImageSource,
        by embed: (any Embedder, [AlignedFace]) throws -> [Result]
    ) throws -> [Result] {
        let recognizer = recognizerOfPlan
        guard !faces.isEmpty else { return [] }
        return try timed("calculator", on: source) {
            try embed(recognizer.embedder, recognizer.aligner.align(faces, in: source))
        }
    }

    /// Embeds a picture that shows a face and nothing else; see ``measuredEmbeddings(of:in:)``.
    func measuredEmbedding(whole source: ImageSource) throws -> (embedding: Embedding, length: Float?) {
        let recognizer = recognizerOfPlan
        let size = recognizer.inputSize
        return try timed("calculator", on: source) {
            let face = AlignedFace(image: try source.image().resized(width: size.width, height: size.height))
            return try Self.measuredEmbeddings(of: [face], by: recognizer.embedder)[0]
        }
    }

    /// Embeds aligned faces together with their mirror images.
    public func embedWithMirrors(_ faces: [FaceDetection], in source: ImageSource) throws -> [Embedding] {
        let recognizer = recognizerOfPlan
        return try timed("calculator", on: source) {
            try recognizer.aligner.align(faces, in: source).map { aligned in
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

    private var recognizerOfPlan: Recognizer {
        guard let recognizer = stages.recognizer else { preconditionFailure("the plan embeds nothing") }
        return recognizer
    }

    /// Finds out the attributes of the plan about faces of a picture.
    public func attributes(of faces: [FaceDetection], in source: ImageSource) throws -> [FaceAttributes] {
        guard let stage = stages.attributes, !faces.isEmpty else { return faces.map { _ in FaceAttributes() } }
        return try stage.attributes(of: faces, in: whole(source)) { attribute, seconds in
            note(attribute.rawValue, seconds: seconds)
        }
    }

    /// The whole picture.
    public func whole(_ source: ImageSource) throws(FaceError) -> Image {
        let before = source.decodingTime
        defer { noteDecoding(of: source, since: before) }
        return try source.image()
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
        defer { note(name, seconds: DispatchTime.now().seconds(since: begun)) }
        return try stage()
    }

    /// Runs a stage that decodes as much of a picture as it needs, and takes the time of either.
    private func timed<Result>(
        _ name: String,
        on source: ImageSource,
        _ stage: () throws -> Result
    ) rethrows -> Result {
        let (begun, before) = (DispatchTime.now(), source.decodingTime)
        defer {
            let decoding = noteDecoding(of: source, since: before)
            note(name, seconds: DispatchTime.now().seconds(since: begun) - decoding)
        }
        return try stage()
    }

    /// Notes what was decoded of a picture since then, and returns the seconds it took.
    @discardableResult
    private func noteDecoding(of source: ImageSource, since before: Duration) -> Double {
        let seconds = (source.decodingTime - before) / .seconds(1)
        if seconds > 0 { note("decode", seconds: seconds) }
        return seconds
    }

    private func note(_ name: String, seconds: Double) {
        times[name, default: 0] += seconds * 1000
        metrics.stage(name, seconds: seconds)
    }
}

extension FaceError.Code {
    /// Whether a picture cannot be decoded: its data are damaged, of an unknown format, or too large.
    public var isAboutPicture: Bool {
        [.invalidImage, .unsupportedImageFormat, .imageTooLarge].contains(self)
    }
}
