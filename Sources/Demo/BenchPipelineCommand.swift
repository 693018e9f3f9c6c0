// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct BenchPipelineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipeline",
        abstract: "Measure how long pictures take from their bytes to embeddings, and each stage's share.",
        discussion: """
            Pictures are read before the clock starts; each run decodes, detects, aligns and embeds. The first run of a \
            picture plans the networks and is not counted. With --serve nothing is timed until asked: the first line on \
            standard output is a JSON object, then each line on standard input that is the number of a picture, from 0, \
            is answered with a line about one run, so that another program can take turns with this one.
            """
    )

    @Argument(help: "Pictures.")
    var pictures: [String]

    @Option(help: ArgumentHelp("Timed runs of each picture.", valueName: "n"))
    var runs = 20

    @Flag(help: "Decode pictures whole, even where a smaller picture is enough.")
    var whole = false

    @Flag(help: "Wait for lines on standard input and time the runs they ask for.")
    var serve = false

    @OptionGroup var detector: DetectorOptions
    @OptionGroup var embedder: EmbedderOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if pictures.isEmpty { throw ValidationError("no picture was named") }
        guard (1...Self.mostRuns).contains(runs) else {
            throw ValidationError("--runs is 1 to \(Self.mostRuns), not \(runs)")
        }
    }

    private static let mostRuns = 100_000

    func run() throws {
        let store = models.store
        let bench = PipelineBench(
            pipeline: FacePipeline(
                detector: try detector.makeDetector(models: store, compute: models.compute),
                embedder: try embedder.makeEmbedder(models: store, compute: models.compute)
            ),
            decodesWhole: whole
        )
        let files = try pictures.map { file in
            let source = try ImageSource(contentsOfFile: file)
            return Measured(file: file, width: source.width, height: source.height, bytes: try Self.bytes(of: file))
        }
        if serve {
            try serveLines(bench, files)
        } else {
            let results = try files.map { try measure($0, by: bench) }
            try answer.print(Answer(threads: models.threadCount, pictures: results)) {
                results.map(\.text).joined(separator: "\n")
            }
        }
    }

    /// A picture to be measured.
    private struct Measured {
        let file: String
        let width: Int
        let height: Int
        let bytes: [UInt8]
    }

    private func measure(_ picture: Measured, by bench: PipelineBench) throws -> Result {
        let faces = try bench.run(picture.bytes).faces
        let times = try (0..<runs).map { _ in try bench.run(picture.bytes).times }
        func median(_ time: (PipelineBench.Times) -> Double) -> Double {
            let sorted = times.map(time).sorted()
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
        let stages = PipelineBench.Times.stages.map { (name: $0.name, milliseconds: median($0.time)) }
        let whole = stages.reduce(0) { $0 + $1.milliseconds }
        return Result(
            file: picture.file,
            width: picture.width,
            height: picture.height,
            faces: faces,
            runs: runs,
            medianMilliseconds: median(\.total),
            stages: stages.map {
                .init(name: $0.name, milliseconds: $0.milliseconds, share: whole > 0 ? $0.milliseconds / whole : 0)
            }
        )
    }

    private func serveLines(_ bench: PipelineBench, _ files: [Measured]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func write(_ message: some Encodable) throws {
            FileHandle.standardOutput.write(try encoder.encode(message) + Data("\n".utf8))
        }
        try write(Ready(threads: models.threadCount, pictures: files.count))
        while let line = readLine() {
            let asked = line.trimmingCharacters(in: .whitespaces)
            guard let index = Int(asked), files.indices.contains(index) else {
                throw BenchInputError(
                    description: "a line is the number of a picture from 0 to \(files.count - 1), not \"\(asked)\""
                )
            }
            let (faces, times) = try bench.run(files[index].bytes)
            try write(Turn(faces: faces, milliseconds: times.total, stages: times))
        }
    }

    private struct Ready: Encodable {
        let threads: Int
        let pictures: Int
    }

    private struct Turn: Encodable {
        let faces: Int
        let milliseconds: Double
        let stages: PipelineBench.Times
    }

    private struct Answer: Encodable {
        let threads: Int
        let pictures: [Result]
    }

    /// What was measured of one picture.
    private struct Result: Encodable {
        struct Stage: Encodable {
            let name: String
            /// The median over the runs.
            let milliseconds: Double
            /// Of the sum of all stages, in 0...1.
            let share: Double
        }

        let file: String
        let width: Int
        let height: Int
        let faces: Int
        let runs: Int
        let medianMilliseconds: Double
        let stages: [Stage]

        var text: String {
            let heading =
                "\(file): \(width)×\(height), \(faces) faces, median \(medianMilliseconds.formatted(digits: 2)) ms"
                + " of \(runs) runs"
            let lines = stages.map { stage in
                "  \(stage.name.padding(toLength: 8, withPad: " ", startingAt: 0))"
                    + "\(stage.milliseconds.formatted(digits: 2)) ms"
                    + "  \((stage.share * 100).formatted(digits: 1)) %"
            }
            return ([heading] + lines).joined(separator: "\n")
        }
    }

    private static func bytes(of file: String) throws -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw FaceError(.fileUnreadable, "\(file) cannot be read", cause: error)
        }
    }
}
