// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List, fetch and check models.",
        discussion: """
            Models are fetched into FACEKIT_MODELS (by default ~/.cache/facekit), only when they are asked for here, \
            from FACEKIT_MODEL_MIRROR (a folder or an address) where it has them, otherwise from their publishers.
            """,
        subcommands: [
            ModelsListCommand.self, ModelsPullCommand.self, ModelsVerifyCommand.self, ModelsPathCommand.self,
        ]
    )
}
