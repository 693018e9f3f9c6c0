// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Foundation

/// A loaded network with inputs to run it on.
struct NetworkBench {
    /// What loading took, and takes.
    struct Loading: Encodable {
        let file: String
        let backend: String
        /// `nil` on the reference back end.
        let level: String?
        let threads: Int
        let inputShapes: [[Int]]
        let outputShapes: [[Int]]
        /// Reading the file and optimising the graph.
        let loadMilliseconds: Double
        /// The first run, which plans and packs the weights.
        let firstRunMilliseconds: Double
        let weightBytes: Int
        let arenaBytes: Int
        /// Of the whole process.
        let peakResidentBytes: Int
    }

    /// A step of a run and how long it takes.
    struct Step: Encodable {
        let name: String
        let kind: String
        let milliseconds: Double
    }

    let loading: Loading
    private let network: Network
    private let inputs: [Tensor]
    private let firstOutputs: [Tensor]

    /// Loads a network and runs it once.
    ///
    /// - Parameters:
    ///   - file: The network's file.
    ///   - options: How to compute.
    ///   - shapes: The inputs' shapes in graph order; empty when the file has them.
    ///   - inputFile: The inputs' numbers; random ones when `nil`.
    /// - Throws: `ModelError`; ``BenchInputError`` when the shapes or the input file do not fit the network.
    init(file: String, options: Network.Options, shapes: [[Int]], inputFile: String?) throws {
        let clock = ContinuousClock()
        var network: Network?
        let loadTime = try clock.measure { network = try Network(contentsOf: file, options: options) }
        guard let network else { preconditionFailure("the network is there when reading did not throw") }
        let inputShapes = try Self.shapes(of: network, given: shapes)
        let inputs =
            try inputFile.map { try Self.tensors(from: $0, shapes: inputShapes) }
            ?? Self.randomTensors(inputShapes)
        var outputs: [Tensor] = []
        let firstRunTime = try clock.measure { outputs = try network.run(inputs) }
        let isFast = options.backend == .fast
        loading = Loading(
            file: file,
            backend: options.backend.rawValue,
            level: network.level?.rawValue,
            threads: isFast && options.threads == 0
                ? ProcessInfo.processInfo.activeProcessorCount : isFast ? options.threads : 1,
            inputShapes: inputShapes,
            outputShapes: outputs.map(\.shape),
            loadMilliseconds: loadTime / .milliseconds(1),
            firstRunMilliseconds: firstRunTime / .milliseconds(1),
            weightBytes: network.memory.weightBytes,
            arenaBytes: network.memory.arenaBytes,
            peakResidentBytes: Self.peakResidentBytes
        )
        self.network = network
        self.inputs = inputs
        firstOutputs = outputs
    }

    /// The milliseconds of each of `runs` runs in a row.
    func time(runs: Int) throws -> [Double] {
        let clock = ContinuousClock()
        return try (0..<runs).map { _ in
            try clock.measure { _ = try network.run(inputs) } / .milliseconds(1)
        }
    }

    /// The steps of one run, each with its median time of `runs` runs; empty on the reference back end.
    ///
    /// A step is short: one interruption would outweigh all else in a mean.
    func profile(runs: Int) throws -> [Step] {
        let profiles = try (0..<runs).map { _ in try network.profile(inputs) }
        return profiles[0].enumerated().map { index, step in
            let seconds = profiles.map { $0[index].seconds }.sorted()
            return Step(name: step.name, kind: step.kind, milliseconds: seconds[runs / 2] * 1000)
        }
    }

    /// Writes the outputs in graph order: float32, little-endian, end to end.
    func writeOutputs(to path: String) throws {
        var bytes = Data()
        for output in firstOutputs {
            let floats = output.dataType.isFloatingPoint ? output.floats : output.integers.map(Float.init)
            for float in floats { withUnsafeBytes(of: float.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        }
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    private static func shapes(of network: Network, given: [[Int]]) throws -> [[Int]] {
        guard given.isEmpty || given.count == network.inputs.count else {
            throw BenchInputError(
                description: "\(given.count) shapes were given, but the network has \(network.inputs.count) inputs"
            )
        }
        if !given.isEmpty { return given }
        return try network.inputs.map { port in
            let declared = port.shape ?? []
            let extents = declared.enumerated().compactMap { axis, extent in extent ?? (axis == 0 ? 1 : nil) }
            guard port.shape != nil, extents.count == declared.count else {
                let known = port.shape.map { $0.map { $0.map(String.init) ?? "?" }.joined(separator: "x") }
                throw BenchInputError(
                    description: "the file leaves the shape of input \(port.name) open (\(known ?? "any rank")):"
                        + " give one with --shape"
                )
            }
            return extents
        }
    }

    private static func tensors(from path: String, shapes: [[Int]]) throws -> [Tensor] {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let counts = shapes.map { $0.reduce(1, *) }
        let wanted = counts.reduce(0, +) * MemoryLayout<Float>.size
        guard bytes.count == wanted else {
            throw BenchInputError(description: "\(path) holds \(bytes.count) bytes, but the inputs take \(wanted)")
        }
        let floats = bytes.withUnsafeBytes { raw in
            (0..<bytes.count / MemoryLayout<Float>.size).map { index in
                let bits = raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Float>.size, as: UInt32.self)
                return Float(bitPattern: UInt32(littleEndian: bits))
            }
        }
        var start = 0
        return zip(shapes, counts).map { shape, count in
            defer { start += count }
            return Tensor(Array(floats[start..<start + count]), shape: shape)
        }
    }

    /// The same numbers at every call, evenly spread over -1...1.
    private static func randomTensors(_ shapes: [[Int]]) -> [Tensor] {
        var state: UInt64 = 1
        return shapes.map { shape in
            let floats = (0..<shape.reduce(1, *)).map { _ in
                // The constants of Knuth's MMIX generator; its high bits are the good ones.
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(state >> 40) / Float(1 << 23) - 1
            }
            return Tensor(floats, shape: shape)
        }
    }

    private static var peakResidentBytes: Int {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(RUSAGE_SELF.rawValue, &usage)
        #else
            getrusage(RUSAGE_SELF, &usage)
        #endif
        #if os(Linux)
            return usage.ru_maxrss * 1024
        #else
            return usage.ru_maxrss
        #endif
    }
}

/// What is wrong with the inputs that a network is to be measured on.
struct BenchInputError: Error, CustomStringConvertible {
    let description: String
}
