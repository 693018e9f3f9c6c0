// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitInference
import FaceKitStore
import Foundation

struct GalleryBenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure how long a search takes among many faces, and what it finds.",
        discussion: """
            The faces are random directions. The probes are mates of some of them, each at a cosine of \
            --mate-similarity to its face. A mate is found when the search lists its face first. Above \
            \(mostKeptFaces) faces the vectors are not kept: those needed for the last stage are made again.

            With --serve nothing is timed until asked, so that another program can let indexes take turns on the same \
            vectors; each line on standard input is answered with a line of JSON: "add N" enrolls the next N vectors \
            of --vectors; "probes FILE" reads probes; "search METHOD TOP BATCH FIRST COUNT" searches for some of them, \
            BATCH at a time; "checkpoint" writes the index to --folder; "open" opens it again.
            """
    )

    @Option(
        name: .long,
        parsing: .singleValue,
        help: ArgumentHelp("Faces; may be given several times (default: 1000, 10000 and 100000).", valueName: "n")
    )
    var count: [Int] = []

    @Option(help: ArgumentHelp("Components of an embedding.", valueName: "d"))
    var dimension = 512

    @Option(help: ArgumentHelp("Searches that are timed.", valueName: "n"))
    var probes = 200

    @Option(help: ArgumentHelp("Faces that a search lists.", valueName: "k"))
    var top = 1

    @Option(help: ArgumentHelp("Cosine of a probe to its face.", valueName: "cosine"))
    var mateSimilarity: Float = 0.4

    @Option(help: ArgumentHelp("Threads that search; 0 stands for all cores.", valueName: "n"))
    var threads = 0

    @Option(help: "The instruction-set level (default: the best of this processor).")
    var level: KernelLevel?

    @Option(help: ArgumentHelp("Also write the index to this folder and open it again.", valueName: "path"))
    var folder: String?

    @Flag(help: "Wait for lines on standard input.")
    var serve = false

    @Option(
        help: ArgumentHelp("With --serve: a file of vectors, float32, little-endian, end to end.", valueName: "path")
    )
    var vectors: String?

    @Flag(help: "With --serve: keep the vectors in memory rather than reading them from the file.")
    var keepVectors = false

    @OptionGroup var answer: OutputOptions

    /// More would take several gigabytes.
    private static let mostKeptFaces = 1_000_000

    func validate() throws {
        guard (1...16_384).contains(dimension) else {
            throw ValidationError("--dimension is 1 to 16384, not \(dimension)")
        }
        guard count.allSatisfy({ (1...100_000_000).contains($0) }) else {
            throw ValidationError("--count is 1 to 100000000")
        }
        guard (1...100_000).contains(probes) else { throw ValidationError("--probes is 1 to 100000, not \(probes)") }
        guard top > 0 else { throw ValidationError("--top is 1 or more, not \(top)") }
        guard (-1...1).contains(mateSimilarity) else {
            throw ValidationError("--mate-similarity is -1 to 1, not \(mateSimilarity)")
        }
        guard (0...ComputeOptions.maximumThreads).contains(threads) else {
            throw ValidationError("--threads is 0 (all cores) to \(ComputeOptions.maximumThreads), not \(threads)")
        }
        guard serve == (vectors != nil) else { throw ValidationError("--serve and --vectors go together") }
    }

    func run() throws {
        var configuration = SearchIndex.Configuration(dimension: dimension, space: "benchmark")
        configuration.threads = threads
        configuration.level = level
        if serve, let vectors {
            try SearchBenchServer(configuration, vectors: vectors, keepsVectors: keepVectors, folder: folder).serve()
            return
        }
        let counts = count.isEmpty ? [1000, 10_000, 100_000] : count
        for (number, count) in counts.enumerated() {
            let bench = SearchBench(
                count: count,
                probes: min(probes, count),
                top: top,
                mateSimilarity: mateSimilarity,
                keepsVectors: count <= Self.mostKeptFaces
            )
            let result = try bench.run(configuration, folder: folder)
            try answer.print(result) { (number == 0 ? [SearchBench.Result.heading] : []).joined() + result.text }
        }
    }
}
