// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure speed.",
        subcommands: [BenchModelCommand.self, BenchBlendCommand.self]
    )
}
