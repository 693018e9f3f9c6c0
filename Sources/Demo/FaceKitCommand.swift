// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser

struct FaceKitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "facekit",
        abstract: "Finds, compares and identifies faces in pictures.",
        discussion: """
            Models are looked for in FACEKIT_MODELS (by default ~/.cache/facekit), then in FACEKIT_MODEL_MIRROR where \
            that is a folder; "facekit models pull NAME" fetches them. The exit code is 0 on success, 1 when something could not be done, 64 when the command \
            line was not understood.
            """,
        version: version,
        subcommands: [
            DetectCommand.self,
            AlignCommand.self,
            AnalyzeCommand.self,
            FuseCommand.self,
            CompareCommand.self,
            EmbedCommand.self,
            EnrollCommand.self,
            IdentifyCommand.self,
            GalleryCommand.self,
            ServeCommand.self,
            KeysCommand.self,
            AdminCommand.self,
            EvaluateCommand.self,
            InfoCommand.self,
            ModelsCommand.self,
            BenchCommand.self,
        ]
    )

    /// The version of the package.
    static let version = "0.1.0"
}
