// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser

@main
struct FaceKitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "facekit", subcommands: [BenchCommand.self])
}
