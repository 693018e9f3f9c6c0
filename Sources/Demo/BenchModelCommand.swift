// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitInference
import Foundation

struct BenchModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Measure how long a network takes, and each kind of operator in it.",
        discussion: """
            The network runs on random numbers unless --input names a file. Loading, the first run, which plans and \
            packs the weights, and the runs after it are timed apart; the shares of the operators come from further \
            runs. With --serve nothing is timed until asked: the first line on standard output is a JSON object about \
            loading and memory, then each line on standard input that is a number of runs (an empty one stands for 1) \
            is answered with a line of their milliseconds, so that another program can let engines take turns.
            """
    )

    @Argument(help: "The network's file.")
    var file: String

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "An input's shape, once for each input in the network's order; needed where the file leaves it open"
                + " (a batch left open is 1).",
            valueName: "1x3x640x640"
        )
    )
    var shape: [TensorShape] = []

    @Option(help: ArgumentHelp("Threads that compute; 0 stands for all cores.", valueName: "n"))
    var threads = 1

    @Option(help: "The kernels' instruction-set level (default: the best of this processor).")
    var level: KernelLevel?

    @Option(help: "What computes.")
    var backend: Network.Backend = .fast

    @Flag(help: "Keep smaller weights at the price of speed.")
    var saveMemory = false

    @Option(help: ArgumentHelp("Timed runs.", valueName: "n"))
    var runs = 50

    @Option(help: ArgumentHelp("How many of the slowest steps to list.", valueName: "n"))
    var steps = 0

    @Option(help: ArgumentHelp("A file of the inputs' numbers: float32, little-endian, end to end.", valueName: "path"))
    var input: String?

    @Option(help: ArgumentHelp("Write the outputs' numbers to this file, in the form of --input.", valueName: "path"))
    var output: String?

    @Flag(help: "Wait for lines on standard input and time the runs they ask for.")
    var serve = false

    @OptionGroup var answer: OutputOptions

    func validate() throws {
        guard (0...ComputeOptions.maximumThreads).contains(threads) else {
            throw ValidationError("--threads is 0 (all cores) to \(ComputeOptions.maximumThreads), not \(threads)")
        }
        guard (1...Self.mostRuns).contains(runs) else {
            throw ValidationError("--runs is 1 to \(Self.mostRuns), not \(runs)")
        }
        guard steps >= 0 else { throw ValidationError("--steps is 0 or more, not \(steps)") }
    }

    func run() throws {
        var options = Network.Options(backend: backend, threads: threads, level: level)
        options.savesMemory = saveMemory
        let bench = try NetworkBench(
            file: file,
            options: options,
            shapes: shape.map(\.extents),
            inputFile: input
        )
        if let output { try bench.writeOutputs(to: output) }
        if serve {
            try serveLines(bench)
        } else {
            let message = BenchModelResponse(
                loading: bench.loading,
                milliseconds: try bench.time(runs: runs).sorted(),
                profile: try bench.profile(runs: min(runs, Self.mostProfiledRuns)),
                slowestSteps: steps
            )
            try answer.print(message) { message.text }
        }
    }

    private func serveLines(_ bench: NetworkBench) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Self.writeLine(String(decoding: try encoder.encode(bench.loading), as: UTF8.self))
        while let line = readLine() {
            let asked = line.trimmingCharacters(in: .whitespaces)
            guard let runs = asked.isEmpty ? 1 : Int(asked), (1...Self.mostRuns).contains(runs) else {
                throw BenchInputError(
                    description: "a line is a number of runs from 1 to \(Self.mostRuns), not \"\(asked)\""
                )
            }
            Self.writeLine(try bench.time(runs: runs).map { $0.formatted(digits: 5) }.joined(separator: " "))
        }
    }

    /// Writes at once: what is printed would wait in a buffer while the other program waits for it.
    private static func writeLine(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private static let mostRuns = 1_000_000
    /// Shares settle soon.
    private static let mostProfiledRuns = 20
}

extension KernelLevel: ExpressibleByArgument {}
extension Network.Backend: ExpressibleByArgument {}

/// A shape as it is written on the command line: extents joined by `x`.
struct TensorShape: ExpressibleByArgument, Equatable {
    /// At least 1 each, and together at most ``mostElements`` elements.
    let extents: [Int]

    static let mostElements = 1 << 28

    init?(argument: String) {
        var count = 1
        var extents: [Int] = []
        for part in argument.split(separator: "x", omittingEmptySubsequences: false) {
            guard let extent = Int(part), extent > 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= Self.mostElements else { return nil }
            count = product
            extents.append(extent)
        }
        self.extents = extents
    }
}
