// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitModels

struct ModelsPullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetch models, or all models of a pack, and check them.",
        discussion: """
            Models that are there and whole are left alone. A download that was interrupted goes on where it stopped. \
            The names are those of "facekit models list", or those of models that only the mirror has; mtcnn stands for \
            its three networks.
            """
    )

    @Argument(help: "Models or packs.")
    var names: [String]

    @Flag(help: "Also fetch models whose SHA-256 nobody has published, which cannot be checked.")
    var unverified = false

    @OptionGroup var location: ModelLocation
    @OptionGroup var answer: OutputOptions

    func run() async throws {
        var configuration = ModelInstaller.Configuration()
        configuration.mirror = try location.mirror
        configuration.licensePolicy = location.licensePolicy
        configuration.acceptsUnverified = unverified
        let installer = ModelInstaller(folder: location.cache, configuration: configuration)
        let progress = DownloadProgress()
        let installations: [ModelInstaller.Installation]
        do {
            installations = try await installer.install(names.flatMap(Self.models)) { progress.show($0) }
            progress.clear()
        } catch {
            progress.clear()
            throw error
        }
        let response = PullResponse(models: installations.map(PullResponse.Model.init))
        try answer.print(response) {
            response.models.map { model in
                let state = model.wasInstalled ? "already there" : "from \(model.source ?? "")"
                return "\(model.name): \(model.path) (\(state)\(model.verified ? "" : ", not verified"))"
            }.joined(separator: "\n")
        }
    }

    /// What a name of the command line stands for.
    private static func models(_ name: String) -> [String] {
        name == DetectorName.mtcnn.rawValue ? MTCNNDetector.modelNames : [name]
    }
}

/// What `facekit models pull` answers.
private struct PullResponse: Encodable {
    struct Model: Encodable {
        var name: String
        var path: String
        var wasInstalled: Bool
        var source: String?
        var verified: Bool

        enum CodingKeys: String, CodingKey {
            case name, path, source, verified
            case wasInstalled = "was_installed"
        }

        init(_ installation: ModelInstaller.Installation) {
            name = installation.name
            path = installation.path
            wasInstalled = installation.wasInstalled
            source = installation.source
            verified = installation.isVerified
        }
    }

    var models: [Model]
}

/// Tells people on standard error how far a download is, and what did not go straight.
private final class DownloadProgress: Sendable {
    private let line = ProgressLine(counting: "")

    func show(_ event: ModelInstaller.Event) {
        switch event {
        case .progress(let file, let bytes, let total):
            let megabytes = (Double(bytes) / 1_000_000).formatted(digits: 1)
            let of = total.map { " of \((Double($0) / 1_000_000).formatted(digits: 1))" } ?? ""
            line.show("\(file): \(megabytes)\(of) MB", share: total.map { bytes * 1000 / max($0, 1) } ?? bytes >> 20)
        case .waiting(let file):
            line.clear()
            StandardError.note("another process is fetching \(file); waiting for it")
        case .detour(let text):
            line.clear()
            StandardError.note(text)
        }
    }

    func clear() { line.clear() }
}
