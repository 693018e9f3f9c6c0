// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitModels

struct ModelsVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare installed models with the SHA-256 of their cards.",
        discussion: "The exit code is 1 when something is wrong with a model, or one that is named is not installed."
    )

    @Argument(help: "Models (default: all that are installed).")
    var names: [String] = []

    @OptionGroup var location: ModelLocation
    @OptionGroup var answer: OutputOptions

    func run() throws {
        let store = location.store
        var checks: [VerifyResponse.Check] = []
        for model in store.installedModels() where names.isEmpty {
            checks.append(.init(name: model.name, path: model.path) { () throws(FaceError) in try model.file.get() })
        }
        for name in names {
            checks.append(.init(name: name, path: nil) { () throws(FaceError) in try store.model(named: name) })
        }
        let response = VerifyResponse(models: checks)
        try answer.print(response) {
            checks.isEmpty
                ? "no models are installed"
                : checks.map { "\($0.name): \($0.error ?? ($0.verified ? "ok" : "ok, as it was when it came"))" }
                    .joined(separator: "\n")
        }
        if checks.contains(where: { $0.error != nil }) { throw ExitCode.failure }
    }
}

/// What `facekit models verify` answers.
private struct VerifyResponse: Encodable {
    struct Check: Encodable {
        var name: String
        var path: String?
        /// Whether the hash was known before the model came.
        var verified = true
        var error: String?

        init(name: String, path: String?, _ file: () throws(FaceError) -> ModelFile) {
            (self.name, self.path) = (name, path)
            do throws(FaceError) {
                let file = try file()
                self.path = file.path
                verified = file.card.origin?.isVerified ?? true
                try file.verify()
            } catch {
                self.error = "\(error)"
            }
        }
    }

    var models: [Check]
}
