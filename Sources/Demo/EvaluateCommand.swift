// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure accuracy on labelled pictures.",
        subcommands: [
            EvaluateLFWCommand.self, EvaluateDetectionCommand.self, EvaluateLandmarksCommand.self,
            EvaluatePoseCommand.self, EvaluateAttributesCommand.self,
        ]
    )
}
