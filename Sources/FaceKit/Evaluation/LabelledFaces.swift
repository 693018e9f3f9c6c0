// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Pictures of one labelled face each, and what a stage finds in them.
public struct LabelledFaces<Label: Sendable>: Sendable {
    /// The folder that the files' names start from.
    public var folder: String
    /// The pictures with their labels.
    public var pictures: [(file: String, label: Label)]

    /// Creates a set.
    public init(folder: String, pictures: [(file: String, label: Label)]) {
        self.folder = folder
        self.pictures = pictures
    }

    /// What a stage says of the faces of a set.
    public struct Outcome<Finding: Sendable>: Sendable {
        /// The faces that were found, with label and finding.
        public let found: [(label: Label, finding: Finding)]
        /// How many pictures no face was found in.
        public let missing: Int
        /// What crops, network and decoding took on average for a face, in milliseconds.
        public let milliseconds: Double
    }

    /// Finds the face that each picture is of; `nil` where there is none.
    ///
    /// - Throws: What reading a picture or detecting throws, and `CancellationError`.
    public func detect(
        with detector: any Detector,
        workers: Int,
        isCancelled: @Sendable () -> Bool = { false }
    ) throws -> [FaceDetection?] {
        try ConcurrentWork.map(count: pictures.count, workers: workers, isCancelled: isCancelled) { index in
            let image = try Image(contentsOfFile: "\(folder)/\(pictures[index].file)")
            return try detector.detectFaces(in: image).mainFace(in: image)
        }
    }

    /// Runs a stage on the faces.
    ///
    /// - Parameters:
    ///   - stage: What is measured; with several workers its network should compute on one thread.
    ///   - detections: One for each picture.
    ///   - workers: Threads that work at the same time.
    ///   - isCancelled: Asked before each picture.
    ///   - progress: Called after each picture.
    /// - Returns: Labels and findings of the faces.
    /// - Throws: What reading a picture or the stage throws, and `CancellationError`.
    /// - Precondition: There are as many detections as pictures.
    public func outcome<Finding: Sendable>(
        of stage: any FaceAnalyzer<Finding>,
        on detections: [FaceDetection?],
        workers: Int,
        isCancelled: @Sendable () -> Bool = { false },
        progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) throws -> Outcome<Finding> {
        precondition(detections.count == pictures.count, "every picture needs its detection")
        let results = try ConcurrentWork.map(
            count: pictures.count,
            workers: workers,
            isCancelled: isCancelled,
            progress: { progress($0, pictures.count) },
            { index -> (finding: Finding, seconds: Double)? in
                guard let detection = detections[index] else { return nil }
                let image = try Image(contentsOfFile: "\(folder)/\(pictures[index].file)")
                let start = ContinuousClock.now
                let findings = try stage.findings(for: FaceViews(of: [detection], in: image))
                let duration = start.duration(to: .now)
                guard let finding = findings.first else { return nil }
                return (finding, duration / .seconds(1))
            }
        )
        var found: [(Label, Finding)] = []
        var times: [Double] = []
        for (picture, result) in zip(pictures, results) {
            guard let result else { continue }
            found.append((picture.label, result.finding))
            times.append(result.seconds)
        }
        // The median, for the first picture pays for planning the network.
        let median = times.isEmpty ? 0 : times.sorted()[times.count / 2]
        return Outcome(found: found, missing: results.count - found.count, milliseconds: median * 1000)
    }
}
