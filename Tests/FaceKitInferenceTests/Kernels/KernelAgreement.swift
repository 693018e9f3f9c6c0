// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Testing

/// Compares passes, planner and kernels with what the reference computed.
enum KernelAgreement {
    /// Numbers of 16 significant bits show where the terms of a sum cancel, which those of random networks do.
    static func tolerance(_ level: KernelLevel) -> Double { level == .amx ? 3e-4 : 1e-4 }

    struct Configuration: Sendable {
        var level: KernelLevel
        var threads: Int

        static let all = KernelLevel.available.flatMap { level in
            [1, 2].map { Configuration(level: level, threads: $0) }
        }
    }

    /// Records an issue, with the graph, for the first configuration whose outputs differ.
    static func expect(
        _ sketch: GraphSketch,
        _ label: String,
        _ sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for configuration in Configuration.all {
            if let difference = difference(sketch, configuration) {
                Issue.record(
                    "\(label), \(configuration.level), \(configuration.threads) threads: \(difference)\n\(sketch)",
                    sourceLocation: sourceLocation
                )
                return
            }
        }
    }

    /// What is wrong, `nil` when nothing is.
    static func difference(_ sketch: GraphSketch, _ configuration: Configuration) -> String? {
        do {
            var options = Network.Options(threads: configuration.threads, level: configuration.level)
            // The layers are small, and should be cut all the same.
            options.leastSharedCycles = 0
            let network = try Network(sketch.graph, options: options)
            // Twice: the second run meets an arena that the first has left its values in.
            for _ in 0..<2 {
                let outputs = try network.run(sketch.inputs)
                if let found = compare(outputs, sketch.expected, tolerance(configuration.level)) { return found }
            }
            return try differenceWithOtherBatch(sketch, network, tolerance(configuration.level))
        } catch {
            return "\(error)"
        }
    }

    /// A second plan of the same network, where the batch is left open.
    private static func differenceWithOtherBatch(
        _ sketch: GraphSketch,
        _ network: Network,
        _ tolerance: Double
    ) throws -> String? {
        guard network.inputs.contains(where: { $0.shape?.first == .some(nil) }) else { return nil }
        let inputs = zip(sketch.inputs, network.inputs).map { tensor, port in
            guard port.shape?.first == .some(nil) else { return tensor }
            return Tensor(tensor.floats + tensor.floats, shape: [2 * tensor.shape[0]] + tensor.shape.dropFirst())
        }
        let named = Dictionary(uniqueKeysWithValues: zip(sketch.graph.inputs, inputs))
        // Not every graph takes every batch: shapes may be written into it.
        guard let expected = try? ReferenceExecutor(sketch.graph).run(named) else { return nil }
        return compare(try network.run(inputs), expected, tolerance).map { "with twice the batch, \($0)" }
    }

    private static func compare(_ outputs: [Tensor], _ expected: [Tensor], _ tolerance: Double) -> String? {
        guard outputs.count == expected.count else { return "\(outputs.count) outputs instead of \(expected.count)" }
        for (index, (output, wanted)) in zip(outputs, expected).enumerated() {
            let difference = TensorDifference(output, wanted)
            if !(difference.largest <= tolerance) { return "output \(index): \(difference)" }
        }
        return nil
    }
}
