// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

struct ModelsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the models that are installed and those that can be fetched."
    )

    @Option(
        help: ArgumentHelp(
            "Only models of this task: \(ModelStore.taskFolders.joined(separator: ", ")).",
            valueName: "task"
        )
    )
    var task: String?

    @Flag(help: "Only models that are installed.")
    var installed = false

    @OptionGroup var location: ModelLocation
    @OptionGroup var answer: OutputOptions

    func validate() throws {
        if let task, !ModelStore.taskFolders.contains(task) {
            throw ValidationError("--task is one of \(ModelStore.taskFolders.joined(separator: ", ")), not \(task)")
        }
    }

    func run() throws {
        let catalogue = ModelCatalogue.standard
        var found: [String: ModelStore.InstalledModel] = [:]
        for model in location.store.installedModels() { found[model.name] = model }
        var models: [ModelsResponse.Model] = []
        for entry in catalogue.models {
            let name = ([entry.name] + entry.aliases).first { found[$0] != nil }
            models.append(.init(entry, in: catalogue, installed: name.flatMap { found.removeValue(forKey: $0) }))
        }
        models += found.values.sorted { $0.name < $1.name }.map(ModelsResponse.Model.init)
        models = models.filter { model in
            (task == nil || model.folder == task)
                && (!installed || model.state == .installed || model.state == .damaged)
        }
        let packs = installed || task != nil ? [] : catalogue.packs.map { ModelsResponse.Pack($0, in: catalogue) }
        let response = ModelsResponse(models: models, packs: packs)
        try answer.print(response) { response.table }
    }
}
