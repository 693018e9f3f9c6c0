// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser

struct GalleryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gallery",
        abstract: "Look into galleries, change, copy and mend them.",
        subcommands: [
            GalleryInfoCommand.self, GallerySubjectsCommand.self, GalleryFacesCommand.self, GalleryRenameCommand.self,
            GalleryDeleteCommand.self, GalleryExportCommand.self, GalleryImportCommand.self, GalleryBackupCommand.self,
            GalleryCompactCommand.self, GalleryRepairCommand.self, GalleryReembedCommand.self,
            GalleryBenchmarkCommand.self,
        ]
    )
}
