// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitHTTP
import Foundation

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show the processor's kernels, the libraries and the installed models."
    )

    @OptionGroup var models: ModelOptions
    @OptionGroup var answer: OutputOptions

    func run() throws {
        let store = models.store
        let response = InfoResponse(
            version: FaceKitCommand.version,
            processor: .init(
                architecture: BuildFacts.architecture,
                cores: ProcessInfo.processInfo.activeProcessorCount,
                kernels: BuildFacts.kernels,
                availableKernels: BuildFacts.availableKernels
            ),
            libraries: BuildFacts.libraries.map { .init(name: $0.name, version: $0.version) },
            modelFolders: store.folders,
            models: store.installedModels().map(Self.message)
        )
        try answer.print(response) { Self.text(response) }
    }

    private static func message(_ model: ModelStore.InstalledModel) -> InfoResponse.Model {
        switch model.card {
        case .success(let card):
            .init(name: model.name, path: model.path, task: card.task, license: card.license, bytes: card.bytes)
        case .failure(let error):
            .init(name: model.name, path: model.path, error: "\(error)")
        }
    }

    private static func text(_ response: InfoResponse) -> String {
        var lines = ["FaceKit \(response.version)"]
        let processor = response.processor
        lines.append(
            "processor  \(processor.architecture), \(processor.cores) cores, kernels \(processor.kernels)"
                + " (it can run \(processor.availableKernels.joined(separator: ", ")))"
        )
        lines += response.libraries.map { "library    \($0.name) \($0.version)" }
        lines += response.modelFolders.map { "models in  \($0)" }
        lines += response.models.map { model in
            "model      \(model.name): \(model.error ?? "\(model.task ?? ""), \(model.license ?? "")")"
        }
        return lines.joined(separator: "\n")
    }
}
