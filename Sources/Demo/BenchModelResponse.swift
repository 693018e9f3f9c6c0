// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What `bench model` answers.
struct BenchModelResponse: Encodable {
    /// All steps of one kind of operator.
    struct Kind: Encodable {
        let kind: String
        let steps: Int
        let milliseconds: Double
        /// Of the time of all steps, in 0...1.
        let share: Double
    }

    let loading: NetworkBench.Loading
    let runs: Int
    let medianMilliseconds: Double
    let minimumMilliseconds: Double
    /// By falling time.
    let operators: [Kind]
    /// By falling time.
    let slowestSteps: [NetworkBench.Step]

    /// - Parameters:
    ///   - loading: What loading took.
    ///   - milliseconds: Of each run, rising; at least one.
    ///   - profile: The steps of a run in their order.
    ///   - slowestSteps: How many steps to list.
    init(loading: NetworkBench.Loading, milliseconds: [Double], profile: [NetworkBench.Step], slowestSteps: Int) {
        self.loading = loading
        runs = milliseconds.count
        let middle = milliseconds.count / 2
        medianMilliseconds =
            milliseconds.count % 2 == 1
            ? milliseconds[middle] : (milliseconds[middle - 1] + milliseconds[middle]) / 2
        minimumMilliseconds = milliseconds[0]
        let whole = profile.reduce(0) { $0 + $1.milliseconds }
        operators = Dictionary(grouping: profile, by: \.kind)
            .map { kind, steps in
                let milliseconds = steps.reduce(0) { $0 + $1.milliseconds }
                return Kind(
                    kind: kind,
                    steps: steps.count,
                    milliseconds: milliseconds,
                    share: whole > 0 ? milliseconds / whole : 0
                )
            }
            .sorted { ($1.milliseconds, $0.kind) < ($0.milliseconds, $1.kind) }
        self.slowestSteps = Array(profile.sorted { $0.milliseconds > $1.milliseconds }.prefix(slowestSteps))
    }

    /// The answer for people.
    var text: String {
        let shapes = loading.inputShapes.map { $0.map(String.init).joined(separator: "x") }.joined(separator: ", ")
        let how = [loading.backend, loading.level].compactMap(\.self).joined(separator: ", ")
        var lines = [
            "\(loading.file): \(shapes); \(how); \(loading.threads) threads",
            "median     \(medianMilliseconds.formatted(digits: 3)) ms of \(runs) runs",
            "minimum    \(minimumMilliseconds.formatted(digits: 3)) ms",
            "load       \(loading.loadMilliseconds.formatted(digits: 1)) ms, first run"
                + " \(loading.firstRunMilliseconds.formatted(digits: 1)) ms",
            "memory     \(Self.megabytes(loading.weightBytes)) of weights, \(Self.megabytes(loading.arenaBytes)) of"
                + " arena; the process at most \(Self.megabytes(loading.peakResidentBytes))",
        ]
        lines += operators.map { kind in
            Self.column((kind.share * 100).formatted(digits: 1), width: 7) + " % "
                + Self.column(kind.milliseconds.formatted(digits: 3), width: 9) + " ms "
                + Self.column("\(kind.steps)", width: 4) + " × \(kind.kind)"
        }
        lines += slowestSteps.map { step in
            Self.column(step.milliseconds.formatted(digits: 3), width: 9) + " ms  \(step.kind)  \(step.name)"
        }
        return lines.joined(separator: "\n")
    }

    private static func megabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e6).formatted(digits: 1)) MB" }

    private static func column(_ text: String, width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
