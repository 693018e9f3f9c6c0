// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure accuracy on labelled pictures.",
        subcommands: [
            EvaluateLFWCommand.self, EvaluateIdentificationCommand.self, EvaluateDetectionCommand.self,
            EvaluateLandmarksCommand.self, EvaluatePoseCommand.self, EvaluateAttributesCommand.self,
        ]
    )
}
