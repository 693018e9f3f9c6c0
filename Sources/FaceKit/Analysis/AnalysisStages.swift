// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Which stages an analysis has, each one chosen by the type that does it; `nil` leaves one out.
public struct AnalysisStages: Sendable {
    /// The stages by name.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case landmarks
        case pose
        case age
        case gender
        case mask
        case expression
        case liveness
        case eyes
        case sharpness
        case quality
    }

    /// Finds dense landmarks.
    public var landmarks: (any FaceAnalyzer<DenseLandmarks>)?
    /// Estimates the head pose.
    public var pose: (any FaceAnalyzer<HeadPose>)?
    /// Estimates the age.
    public var age: (any FaceAnalyzer<AgeEstimate>)?
    /// Tells women from men.
    public var gender: (any FaceAnalyzer<Judgement<Gender>>)?
    /// Tells masks.
    public var mask: (any FaceAnalyzer<Judgement<MaskState>>)?
    /// Tells the expression.
    public var expression: (any FaceAnalyzer<Judgement<FacialExpression>>)?
    /// Tells faces in person from pictures of faces.
    public var liveness: (any FaceAnalyzer<Judgement<Liveness>>)?
    /// Tells open from closed eyes.
    public var eyes: (any FaceAnalyzer<EyeStates>)?
    /// Measures how sharp the face is.
    public var sharpness: (any FaceAnalyzer<Double>)?
    /// Judges the picture.
    public var quality: (any FaceAnalyzer<FaceQuality>)?

    /// Creates an analysis without a stage.
    public init() {}

    /// Analyses faces that were found before, with the stages that there are.
    ///
    /// Blocks the calling thread for the whole computation; servers call it on a thread pool.
    ///
    /// - Parameters:
    ///   - detections: The faces.
    ///   - image: The picture they are in.
    ///   - measure: Called after each stage with its name and the time it took for all faces. Crops and networks that
    ///     several stages share count for the first.
    /// - Returns: One analysis for each face, in the same order.
    /// - Throws: What a stage throws.
    public func analyze(
        _ detections: [FaceDetection],
        in image: Image,
        measure: (Kind, Duration) -> Void = { _, _ in }
    ) throws -> [FaceAnalysis] {
        let views = FaceViews(of: detections, in: image)
        var analyses = detections.map(FaceAnalysis.init(detection:))
        guard !detections.isEmpty else { return analyses }

        func add<Finding: Sendable>(
            _ stage: (any FaceAnalyzer<Finding>)?,
            _ kind: Kind,
            to property: WritableKeyPath<FaceAnalysis, Finding?>
        ) throws {
            guard let stage else { return }
            let start = ContinuousClock.now
            let findings = try stage.findings(for: views)
            guard findings.count == analyses.count else {
                throw FaceError(
                    .invalidModel,
                    "the stage \(stage.name) told of \(findings.count) faces where there are \(analyses.count)"
                )
            }
            for index in findings.indices { analyses[index][keyPath: property] = findings[index] }
            measure(kind, start.duration(to: .now))
        }

        try add(landmarks, .landmarks, to: \.landmarks)
        try add(pose, .pose, to: \.pose)
        try add(age, .age, to: \.age)
        try add(gender, .gender, to: \.gender)
        try add(mask, .mask, to: \.mask)
        try add(expression, .expression, to: \.expression)
        try add(liveness, .liveness, to: \.liveness)
        try add(eyes, .eyes, to: \.eyes)
        try add(sharpness, .sharpness, to: \.sharpness)
        try add(quality, .quality, to: \.quality)
        return analyses
    }

    /// The stages that there are, with the names of what does them.
    public var names: [(kind: Kind, name: String)] {
        let all: [(Kind, String?)] = [
            (.landmarks, landmarks?.name), (.pose, pose?.name), (.age, age?.name), (.gender, gender?.name),
            (.mask, mask?.name), (.expression, expression?.name), (.liveness, liveness?.name), (.eyes, eyes?.name),
            (.sharpness, sharpness?.name), (.quality, quality?.name),
        ]
        return all.compactMap { kind, name in name.map { (kind, $0) } }
    }
}
