// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// Runs the pipeline over encoded pictures and takes the time of each stage.
struct PipelineBench {
    /// The time of one run in milliseconds, all of it and by stage.
    struct Times: Codable {
        var decode = 0.0
        var detect = 0.0
        var align = 0.0
        var embed = 0.0
        var total: Double { decode + detect + align + embed }

        enum CodingKeys: String, CodingKey { case decode, detect, align, embed }

        static let stages: [(name: String, time: @Sendable (Times) -> Double)] = [
            ("decode", \.decode), ("detect", \.detect), ("align", \.align), ("embed", \.embed),
        ]
    }

    let pipeline: FacePipeline
    /// Whether pictures are decoded whole, even where less would do.
    let decodesWhole: Bool

    /// Takes a picture through the pipeline once.
    func run(_ bytes: [UInt8]) throws -> (faces: Int, times: Times) {
        let clock = ContinuousClock()
        var times = Times()
        let start = clock.now
        let source = try ImageSource(bytes)
        let opened = clock.now
        if decodesWhole { _ = try source.image() }
        let ready = clock.now
        let decodedBefore = source.decodingTime
        let detections = try pipeline.detector.detectFaces(in: source)
        let detected = clock.now
        let decodedForDetection = source.decodingTime
        let aligned = try pipeline.aligner.align(detections, in: source)
        let alignedAt = clock.now
        let decodedInAll = source.decodingTime
        let embeddings = try pipeline.embedder.embed(aligned)
        let end = clock.now
        // Decoding happens where a stage asks for pixels, and is taken out of that stage's time.
        times.decode = (opened - start + decodedInAll) / .milliseconds(1)
        times.detect = (detected - ready - (decodedForDetection - decodedBefore)) / .milliseconds(1)
        times.align = (alignedAt - detected - (decodedInAll - decodedForDetection)) / .milliseconds(1)
        times.embed = (end - alignedAt) / .milliseconds(1)
        return (embeddings.count, times)
    }
}
