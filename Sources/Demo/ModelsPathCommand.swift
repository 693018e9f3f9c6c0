// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

struct ModelsPathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path",
        abstract: "Print where the file of an installed model is."
    )

    @Argument(help: "The model.")
    var name: String

    @OptionGroup var location: ModelLocation

    func run() throws {
        print(try location.store.model(named: name).path)
    }
}
