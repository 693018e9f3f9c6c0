// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Foundation

/// The three stages of MTCNN: windows proposed on a pyramid of the picture, refined, and turned into faces.
struct MTCNNCascade: Sendable {
    /// Windows that go through a network in one run; it bounds the memory of a run.
    private static let batchSize = 256
    /// Windows that leave the first stage at most, the most confident ones; it bounds the time of the others.
    private static let maximumWindows = 10_000
    /// The proposal network sees windows of this side, in steps of `stride`.
    private static let cell = 12
    private static let stride = 2

    private let proposal: Stage
    private let refinement: Stage
    private let output: Stage

    init(proposal: LoadedModel, refinement: LoadedModel, output: LoadedModel) throws(FaceError) {
        self.proposal = try Stage(proposal, outputs: ["prob", "reg"])
        self.refinement = try Stage(refinement, outputs: ["prob", "reg"])
        self.output = try Stage(output, outputs: ["prob", "reg", "landmarks"])
    }

    /// Returns faces by falling confidence, in pixels of `image`.
    func detectFaces(
        in image: Image,
        configuration: MTCNNDetector.Configuration
    ) throws(FaceError) -> [FaceDetection] {
        let proposed = try proposedWindows(in: image, configuration: configuration)
        let refined = try refinedWindows(proposed, in: image, minimumConfidence: configuration.refinementConfidence)
        let faces = try outputFaces(refined, in: image, minimumConfidence: configuration.minimumConfidence)
        return NonMaximumSuppression(measure: .smallerArea, threshold: configuration.maximumOverlap)
            .keptIndices(of: faces.map(\.window.inclusiveBox), confidences: faces.map(\.window.confidence))
            .map { index in
                let (window, landmarks) = faces[index]
                return FaceDetection(
                    boundingBox: BoundingBox(
                        x: Float(window.left),
                        y: Float(window.top),
                        width: Float(window.right - window.left),
                        height: Float(window.bottom - window.top)
                    ),
                    landmarks: landmarks,
                    confidence: window.confidence
                )
            }
    }

    // MARK: Stages

    private func proposedWindows(
        in image: Image,
        configuration: MTCNNDetector.Configuration
    ) throws(FaceError) -> [MTCNNWindow] {
        let cell = Double(Self.cell)
        let firstScale = cell / Double(configuration.minimumFaceSize)
        var scale = firstScale
        var side = Double(min(image.width, image.height)) * firstScale
        var step = 0
        var windows: [(window: MTCNNWindow, regression: SIMD4<Float>)] = []
        while side >= cell {
            let onScale = try proposedWindows(
                in: image,
                scale: scale,
                minimumConfidence: configuration.proposalConfidence
            )
            windows += Self.suppressed(onScale, by: \.window, threshold: 0.5)
            side *= Double(configuration.scaleFactor)
            step += 1
            scale = firstScale * pow(Double(configuration.scaleFactor), Double(step))
        }
        return Self.suppressed(windows, by: \.window, threshold: 0.7)
            .map { $0.window.regressed(by: $0.regression, inclusive: false).squared().truncated() }
    }

    private func proposedWindows(
        in image: Image,
        scale: Double,
        minimumConfidence: Float
    ) throws(FaceError) -> [(window: MTCNNWindow, regression: SIMD4<Float>)] {
        let width = Int((Double(image.width) * scale).rounded(.up))
        let height = Int((Double(image.height) * scale).rounded(.up))
        let scaled = image.resized(width: width, height: height, method: .area)
        let results = try proposal.run(proposal.input.tensor(of: [scaled], width: width, height: height))
        // [1, 2, rows, columns] and [1, 4, rows, columns]
        let shape = results[0].shape
        guard shape.count == 4, shape[0] == 1, shape[1] == 2, results[1].shape == [1, 4, shape[2], shape[3]] else {
            throw proposal.model.unexpectedShape(results[1], of: "reg", wanted: [1, 4, height / 2 - 5, width / 2 - 5])
        }
        let (columns, plane) = (shape[3], shape[2] * shape[3])
        let (confidences, regressions) = (results[0].floats, results[1].floats)
        var windows: [(window: MTCNNWindow, regression: SIMD4<Float>)] = []
        for index in 0..<plane where confidences[plane + index] >= minimumConfidence {
            let (x, y) = (Self.stride * (index % columns), Self.stride * (index / columns))
            let window = MTCNNWindow(
                left: (Double(x + 1) / scale).rounded(.towardZero),
                top: (Double(y + 1) / scale).rounded(.towardZero),
                right: (Double(x + Self.cell) / scale).rounded(.towardZero),
                bottom: (Double(y + Self.cell) / scale).rounded(.towardZero),
                confidence: confidences[plane + index]
            )
            let regression = SIMD4(
                regressions[index],
                regressions[plane + index],
                regressions[2 * plane + index],
                regressions[3 * plane + index]
            )
            windows.append((window, regression))
        }
        return windows
    }

    private func refinedWindows(
        _ windows: [MTCNNWindow],
        in image: Image,
        minimumConfidence: Float
    ) throws(FaceError) -> [MTCNNWindow] {
        let passed = try evaluate(windows, in: image, by: refinement, minimumConfidence: minimumConfidence)
        return Self.suppressed(passed, by: \.window, threshold: 0.7)
            .map { $0.window.regressed(by: $0.regression, inclusive: true).squared().truncated() }
    }

    private func outputFaces(
        _ windows: [MTCNNWindow],
        in image: Image,
        minimumConfidence: Float
    ) throws(FaceError) -> [(window: MTCNNWindow, landmarks: Landmarks)] {
        try evaluate(windows, in: image, by: output, minimumConfidence: minimumConfidence).map { passed in
            let window = passed.window
            let points = (0..<5).map { index in
                Point(
                    x: Float(window.left + Double(passed.landmarks[index]) * (window.width + 1) - 1),
                    y: Float(window.top + Double(passed.landmarks[index + 5]) * (window.height + 1) - 1)
                )
            }
            return (window.regressed(by: passed.regression, inclusive: true), Landmarks(points: points))
        }
    }

    // MARK: What the stages share

    private struct Passed {
        var window: MTCNNWindow
        var regression: SIMD4<Float>
        /// Five x, then five y, in fractions of the window; empty for the refinement stage.
        var landmarks: [Float]
    }

    /// Shows all windows to a stage and returns those that pass, with what the stage says of them.
    private func evaluate(
        _ windows: [MTCNNWindow],
        in image: Image,
        by stage: Stage,
        minimumConfidence: Float
    ) throws(FaceError) -> [Passed] {
        let side = stage.input.width ?? 0
        let visible = windows.filter { $0.isVisible(in: image) }
        var passed: [Passed] = []
        for range in Batches(count: visible.count, maximum: Self.batchSize) {
            let batch = visible[range]
            var elements: [Float] = []
            elements.reserveCapacity(batch.count * 3 * side * side)
            for window in batch {
                image.appendPlanarFloats(
                    ofRegionX: Int(window.left) - 1,
                    y: Int(window.top) - 1,
                    width: Int(window.width) + 1,
                    height: Int(window.height) + 1,
                    outputWidth: side,
                    outputHeight: side,
                    normalization: stage.input.normalization,
                    to: &elements
                )
            }
            let results = try stage.run(Tensor(elements, shape: [batch.count, 3, side, side]))
            for (result, (name, extent)) in zip(results, zip(["prob", "reg", "landmarks"], [2, 4, 10])) {
                guard result.shape == [batch.count, extent] else {
                    throw stage.model.unexpectedShape(result, of: name, wanted: [batch.count, extent])
                }
            }
            let floats = results.map(\.floats)
            for (index, window) in batch.enumerated() where floats[0][index * 2 + 1] > minimumConfidence {
                var window = window
                window.confidence = floats[0][index * 2 + 1]
                let regression = SIMD4(
                    floats[1][index * 4],
                    floats[1][index * 4 + 1],
                    floats[1][index * 4 + 2],
                    floats[1][index * 4 + 3]
                )
                let landmarks = floats.count > 2 ? Array(floats[2][index * 10..<index * 10 + 10]) : []
                passed.append(Passed(window: window, regression: regression, landmarks: landmarks))
            }
        }
        return passed
    }

    private static func suppressed<Element>(
        _ elements: [Element],
        by window: (Element) -> MTCNNWindow,
        threshold: Float
    ) -> [Element] {
        let windows = elements.map(window)
        return NonMaximumSuppression(threshold: threshold, maximumCandidates: maximumWindows)
            .keptIndices(of: windows.map(\.inclusiveBox), confidences: windows.map(\.confidence))
            .map { elements[$0] }
    }

    /// One of the three networks with its input and where its outputs are.
    private struct Stage: Sendable {
        let model: LoadedModel
        let input: ModelInput
        private let outputs: [Int]

        init(_ model: LoadedModel, outputs names: [String]) throws(FaceError) {
            self.model = model
            input = try model.pictureInput
            outputs = try model.outputIndices(of: names)
        }

        func run(_ tensor: Tensor) throws(FaceError) -> [Tensor] {
            let results = try model.run(tensor)
            return outputs.map { results[$0] }
        }
    }
}
