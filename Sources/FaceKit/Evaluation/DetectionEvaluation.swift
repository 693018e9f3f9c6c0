// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Measures a detector on annotated pictures.
public struct DetectionEvaluation: Sendable {
    /// What is measured.
    ///
    /// It should compute with one thread, because pictures are handled in parallel, and return unsure faces too, because
    /// average precision weighs them by their confidence.
    public let detector: any Detector
    /// Pictures that are handled at the same time, at least 1.
    public let workers: Int

    /// Creates an evaluation.
    public init(detector: any Detector, workers: Int = 1) {
        self.detector = detector
        self.workers = workers
    }

    /// Runs the evaluation and blocks until it is done.
    ///
    /// - Parameters:
    ///   - annotations: Which pictures to search and what is in them.
    ///   - folder: Where the pictures are.
    ///   - isCancelled: Asked before each picture; once true, `CancellationError` is thrown.
    ///   - progress: Called after each picture with the numbers of pictures done and of all, by one thread at a time.
    /// - Returns: Average precision by face height.
    /// - Throws: The error of the first picture that cannot be read or searched.
    public func accuracy(
        on annotations: DetectionAnnotations,
        in folder: String,
        isCancelled: @Sendable () -> Bool = { false },
        progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) throws -> DetectionAccuracy {
        let detections = try detections(on: annotations, in: folder, isCancelled: isCancelled, progress: progress)
        return DetectionAccuracy(of: detections, on: annotations)
    }

    /// Returns what the detector finds in each picture; see
    /// ``accuracy(on:in:isCancelled:progress:)``.
    ///
    /// - Throws: The error of the first picture that cannot be read or searched.
    public func detections(
        on annotations: DetectionAnnotations,
        in folder: String,
        isCancelled: @Sendable () -> Bool = { false },
        progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) throws -> [[FaceDetection]] {
        let pictures = annotations.pictures
        return try ConcurrentWork.map(
            count: pictures.count,
            workers: workers,
            isCancelled: isCancelled,
            progress: { progress($0, pictures.count) },
            { index in try detector.detectFaces(in: ImageSource(contentsOfFile: "\(folder)/\(pictures[index].file)")) }
        )
    }
}
