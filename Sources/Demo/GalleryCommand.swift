// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser

struct GalleryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gallery",
        abstract: "Work with enrolled faces.",
        subcommands: [GalleryBenchmarkCommand.self]
    )
}
